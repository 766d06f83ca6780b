"""Bybit's other REST paths: instruments, trades, books, tickers, funding, time, status."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import (
    API,
    NOW_MS,
    ask_bybit,
    result,
)

HOUR = 3_600_000


def test_time_is_the_simulators(synthetic: SimulatorProcess) -> None:
    envelope = ask_bybit(synthetic, "market/time")

    nanoseconds = f"{NOW_MS}000000"
    assert envelope["result"] == {"timeSecond": str(NOW_MS // 1000), "timeNano": nanoseconds}
    assert (envelope["retMsg"], envelope["retExtInfo"], envelope["time"]) == ("OK", {}, NOW_MS)


def test_bytick_answers_as_bybit(synthetic: SimulatorProcess) -> None:
    there = synthetic.get("api.bytick.com", "/v5/market/time").json()

    assert there == ask_bybit(synthetic, "market/time")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2023-09-11T03:00:00Z", "scheduled"),
        ("2023-09-12T02:20:00Z", "ongoing"),
        ("2023-09-12T02:40:00Z", "completed"),
    ],
)
def test_status_tells_of_the_halt(synthetic: SimulatorProcess, now: str, state: str) -> None:
    synthetic.set_clock(now)

    assert [each["state"] for each in result(synthetic, "system/status")["list"]] == [state]
    assert result(synthetic, "system/status", state="nope")["list"] == []


def test_instruments_of_spot_are_one_page(synthetic: SimulatorProcess) -> None:
    found = result(synthetic, "market/instruments-info", category="spot", limit=1)

    assert len(found["list"]) > 50
    assert "nextPageCursor" not in found


def test_instruments_of_linear_page_by_cursor(synthetic: SimulatorProcess) -> None:
    asked = {"category": "linear", "limit": 7}
    whole = result(synthetic, "market/instruments-info", category="linear")
    page = result(synthetic, "market/instruments-info", **asked)
    rows, pages = page["list"], 1
    while page["nextPageCursor"] and pages < 10:
        cursor = page["nextPageCursor"]
        page = result(synthetic, "market/instruments-info", **asked, cursor=cursor)
        rows, pages = rows + page["list"], pages + 1

    assert (rows, whole["nextPageCursor"]) == (whole["list"], "")
    assert pages == -(-len(rows) // 7)


def test_a_cursor_that_is_encoded_twice_is_refused(synthetic: SimulatorProcess) -> None:
    asked = {"category": "linear", "limit": 7}
    cursor = result(synthetic, "market/instruments-info", **asked)["nextPageCursor"]

    answer = ask_bybit(synthetic, "market/instruments-info", **asked, cursor=quote(cursor))

    assert (answer["retCode"], answer["retMsg"]) == (10001, "params error: cursor invalid")


def test_a_cursor_is_url_encoded(synthetic: SimulatorProcess) -> None:
    page = result(synthetic, "market/instruments-info", category="linear", limit=2)

    assert page["nextPageCursor"] == "first%3D1000PEPEUSDT%26last%3DADAUSDT"


@pytest.mark.parametrize("query", [{"status": "PreLaunch"}, {"baseCoin": "NOPE"}])
def test_instruments_given_what_is_not_there_are_empty(
    synthetic: SimulatorProcess, query: dict[str, str]
) -> None:
    found = result(synthetic, "market/instruments-info", category="linear", **query)

    assert found == {"category": "linear", "list": [], "nextPageCursor": ""}


@pytest.mark.parametrize("name", ["inverse", "option"])
def test_instruments_of_other_categories_are_empty(synthetic: SimulatorProcess, name: str) -> None:
    assert result(synthetic, "market/instruments-info", category=name)["list"] == []


def test_an_unknown_symbol_is_empty_on_spot_and_an_error_on_linear(
    synthetic: SimulatorProcess,
) -> None:
    spot = ask_bybit(synthetic, "market/instruments-info", category="spot", symbol="NOPE")
    linear = ask_bybit(synthetic, "market/instruments-info", category="linear", symbol="NOPE")

    assert (spot["retCode"], spot["result"]) == (0, {"category": "spot", "list": []})
    assert (linear["retCode"], linear["retMsg"]) == (10001, "params error: symbol invalid")
    assert linear["result"] == {"category": "", "list": [], "nextPageCursor": ""}


def test_a_delisted_pair_is_gone_but_its_bars_are_not(synthetic: SimulatorProcess) -> None:
    listed = result(synthetic, "market/instruments-info", category="spot", symbol="LUNAUSDT")
    book = ask_bybit(synthetic, "market/orderbook", category="spot", symbol="LUNAUSDT")
    bars = result(
        synthetic, "market/kline", category="spot", symbol="LUNAUSDT", interval="D", limit=1
    )

    assert (listed["list"], book["retCode"]) == ([], 10001)
    assert bars["list"][0][0] == "1652400000000"  # 2022-05-13


def test_a_pair_is_unknown_before_it_is_listed(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2023-07-24T08:59:59Z")
    before = ask_bybit(synthetic, "market/recent-trade", category="spot", symbol="WLDUSDT")
    synthetic.set_clock("2023-07-24T09:00:00Z")
    after = ask_bybit(synthetic, "market/recent-trade", category="spot", symbol="WLDUSDT")

    assert (before["retCode"], after["retCode"]) == (10001, 0)


@pytest.mark.parametrize(
    ("name", "limit", "rows"),
    [("spot", 1000, 60), ("spot", 3, 3), ("linear", 5000, 1000), ("linear", "", 500)],
)
def test_trades_are_the_newest_first(
    synthetic: SimulatorProcess, name: str, limit: object, rows: int
) -> None:
    asked = {"category": name, "symbol": "BTCUSDT", "limit": limit}
    found = result(synthetic, "market/recent-trade", **asked)["list"]
    times = [int(trade["time"]) for trade in found]

    assert len(found) == rows
    assert times == sorted(times, reverse=True)
    assert times[0] < NOW_MS
    assert {trade["side"] for trade in found} <= {"Buy", "Sell"}


def test_ids_are_numbers_on_spot_and_uuids_on_linear(synthetic: SimulatorProcess) -> None:
    asked = {"symbol": "BTCUSDT", "limit": 60}
    spot = result(synthetic, "market/recent-trade", category="spot", **asked)["list"]
    linear = result(synthetic, "market/recent-trade", category="linear", **asked)["list"]
    numbers = [int(trade["execId"]) for trade in spot]

    assert numbers == sorted(set(numbers), reverse=True)
    assert {UUID(trade["execId"]).version for trade in linear} == {5}
    assert len({trade["execId"] for trade in linear}) == 60


@pytest.mark.parametrize(
    ("name", "limit", "rows"),
    [("spot", "", 1), ("linear", "", 25), ("spot", 1000, 1000), ("linear", 2000, 1000)],
)
def test_books_are_sorted_and_as_deep_as_asked(
    synthetic: SimulatorProcess, name: str, limit: object, rows: int
) -> None:
    asked = {"category": name, "symbol": "ETHUSDT", "limit": limit}
    book = result(synthetic, "market/orderbook", **asked)
    bids, asks = ([Decimal(price) for price, _ in book[side]] for side in "ba")

    assert (len(bids), len(asks)) == (rows, rows)
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert book["cts"] <= book["ts"] <= NOW_MS


def test_the_full_book_is_of_spot_alone(synthetic: SimulatorProcess) -> None:
    asked = {"symbol": "BTCUSDT"}
    spot = result(synthetic, "market/full_orderbook", category="spot", **asked)
    linear = ask_bybit(synthetic, "market/full_orderbook", category="linear", **asked)

    assert (len(spot["b"]), len(spot["a"]), linear["retCode"]) == (10_000, 10_000, 10001)


@pytest.mark.parametrize("name", ["spot", "linear"])
def test_tickers_agree_with_bars_books_and_trades(synthetic: SimulatorProcess, name: str) -> None:
    asked = {"category": name, "symbol": "SOLUSDT"}
    [ticker] = result(synthetic, "market/tickers", **asked)["list"]
    bars = result(synthetic, "market/kline", **asked, interval="1", limit=1000)["list"]
    begun = NOW_MS - 30_000 - 24 * HOUR
    bars += result(
        synthetic, "market/kline", **asked, interval="1", start=begun, end=bars[-1][0], limit=1000
    )["list"][1:]
    book = result(synthetic, "market/orderbook", **asked, limit=1)
    volume = sum(Decimal(bar[5]) for bar in bars)

    assert Decimal(ticker["volume24h"]) == volume
    assert Decimal(ticker["highPrice24h"]) == max(Decimal(bar[2]) for bar in bars)
    assert Decimal(ticker["lastPrice"]) == Decimal(bars[0][4])
    assert Decimal(ticker["bid1Price"]) == Decimal(book["b"][0][0])


def test_tickers_given_no_symbol_are_of_all_that_trade(synthetic: SimulatorProcess) -> None:
    for name in ("spot", "linear"):
        instruments = result(synthetic, "market/instruments-info", category=name)["list"]
        found = result(synthetic, "market/tickers", category=name)["list"]

        assert [row["symbol"] for row in found] == [row["symbol"] for row in instruments]


def fundings(running: SimulatorProcess, **query: object) -> list[int]:
    asked = {"category": "linear", "symbol": "BTCUSDT", **query}
    rows = result(running, "market/funding/history", **asked)["list"]
    return [int(row["fundingRateTimestamp"]) for row in rows]


def test_fundings_are_the_newest_first(synthetic: SimulatorProcess) -> None:
    last = NOW_MS // (8 * HOUR) * 8 * HOUR

    assert fundings(synthetic, limit=3) == [last, last - 8 * HOUR, last - 16 * HOUR]
    assert len(fundings(synthetic)) == 200


def test_fundings_given_bounds_include_both(synthetic: SimulatorProcess) -> None:
    end = NOW_MS // (8 * HOUR) * 8 * HOUR - 80 * HOUR
    both = fundings(synthetic, startTime=end - 8 * HOUR, endTime=end)

    assert both == [end, end - 8 * HOUR]
    assert fundings(synthetic, endTime=end, limit=1) == [end]


def test_fundings_given_only_a_start_are_refused(synthetic: SimulatorProcess) -> None:
    asked = {"category": "linear", "symbol": "BTCUSDT", "startTime": 1}

    assert ask_bybit(synthetic, "market/funding/history", **asked)["retCode"] == 10001


def test_fundings_of_spot_are_refused(synthetic: SimulatorProcess) -> None:
    envelope = ask_bybit(synthetic, "market/funding/history", category="spot", symbol="BTCUSDT")

    assert (envelope["retCode"], envelope["retMsg"]) == (10001, "Illegal category")


def test_the_interval_of_fundings_is_the_instruments(synthetic: SimulatorProcess) -> None:
    asked = {"category": "linear", "symbol": "SUIUSDT"}
    [instrument] = result(synthetic, "market/instruments-info", **asked)["list"]
    last, before = fundings(synthetic, **asked, limit=2)

    assert last - before == instrument["fundingInterval"] * 60_000 == 4 * HOUR


def test_an_unknown_path_is_an_error_with_http_200(synthetic: SimulatorProcess) -> None:
    reply = synthetic.get(API, "/v5/market/nope")

    assert (reply.status, reply.json()["retCode"]) == (200, 10017)
    assert synthetic.get(API, "/nope").status == 404
