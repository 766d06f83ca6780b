"""Binance's streams: books that follow REST's, bars that close once, trades that add up."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from crypto_pipeline.simulator.binance.dialects import MERGED_FROM, PERP, SPOT, Dialect
from crypto_pipeline_tests.simulator.binance.market_of import (
    API,
    FAPI,
    MINUTE,
    SECOND,
    frames,
    perp_frames,
    world,
)

START = 1_739_190_870_000_000
"""2025-02-10T12:34:30Z, µs."""
HALT = 1_679_657_760_000_000
"""2023-03-24T11:36Z: spot stood still until 14:00Z."""


def told(stream: str, start: int, end: int, dialect: Dialect) -> list[Any]:
    return frames(stream, start, end) if dialect is SPOT else perp_frames(stream, start, end)


def depth(dialect: Dialect, at: int, limit: int = 1000) -> Any:
    host, root = (API, "/api/v3") if dialect is SPOT else (FAPI, "/fapi/v1")
    return world().json(host, f"{root}/depth?symbol=BTCUSDT&limit={limit}", at)


def sides(levels: Any) -> list[dict[str, str]]:
    return [dict(levels["bids"]), dict(levels["asks"])]


def applied(book: list[dict[str, str]], frame: Any) -> None:
    for side, changes in zip(book, (frame["b"], frame["a"]), strict=True):
        for price, amount in changes:
            if Decimal(amount):
                side[price] = amount
            else:
                side.pop(price, None)


def best(book: list[dict[str, str]], count: int) -> list[list[tuple[str, str]]]:
    bids, asks = (sorted(side.items(), key=lambda level: Decimal(level[0])) for side in book)
    return [bids[::-1][:count], asks[:count]]


@pytest.mark.parametrize("dialect", [SPOT, PERP])
@pytest.mark.parametrize("speed", ["@100ms", ""])
def test_diffs_given_a_snapshot_keep_the_book_of_rest(dialect: Dialect, speed: str) -> None:
    snapshot = depth(dialect, START + 1_234_567)
    book, last = sides(snapshot), snapshot["lastUpdateId"]
    events = told(f"btcusdt@depth{speed}", START, START + 20 * SECOND, dialect)
    fresh = [event for event in events if event["u"] > last]

    assert fresh[0]["U"] <= last + 1 <= fresh[0]["u"]
    for event in fresh:
        applied(book, event)
    then = depth(dialect, START + 20 * SECOND)
    assert then["lastUpdateId"] == fresh[-1]["u"]
    assert best(book, 900) == best(sides(then), 900)


@pytest.mark.parametrize("speed", ["@100ms", ""])
def test_diffs_given_a_snapshot_of_a_halt_keep_the_book_after_it(speed: str) -> None:
    stop = HALT + 144 * MINUTE
    snapshot = depth(SPOT, HALT + 20 * MINUTE)
    book, last = sides(snapshot), snapshot["lastUpdateId"]
    for event in frames(f"btcusdt@depth{speed}", HALT - 5 * SECOND, stop + 3 * SECOND):
        if event["u"] > last:
            assert event["U"] <= last + 1
            applied(book, event)
            last = event["u"]

    assert best(book, 500) == best(sides(depth(SPOT, stop + 3 * SECOND)), 500)


@pytest.mark.parametrize("stream", ["depth", "depth@100ms"])
def test_spot_ids_given_successive_diffs_follow_each_other(stream: str) -> None:
    events = frames(f"btcusdt@{stream}", START, START + 10 * SECOND)

    assert all(later["U"] == event["u"] + 1 for event, later in pairwise(events))


@pytest.mark.parametrize("stream", ["depth", "depth@100ms", "depth@500ms", "depth5", "depth20"])
def test_perp_ids_given_successive_diffs_chain(stream: str) -> None:
    events = perp_frames(f"btcusdt@{stream}", START, START + 10 * SECOND)

    assert all(later["pu"] == event["u"] for event, later in pairwise(events))
    assert all(event["pu"] < event["U"] <= event["u"] for event in events)


def test_diffs_given_another_moment_of_subscribing_are_the_same() -> None:
    early = frames("btcusdt@depth@100ms", START, START + 5 * SECOND)
    late = frames("btcusdt@depth@100ms", START + 2 * SECOND, START + 5 * SECOND)

    assert early[-len(late) :] == late


def test_partial_book_given_a_moment_is_that_of_rest() -> None:
    [frame] = frames("btcusdt@depth5@100ms", START, START + 100_000)

    assert frame == depth(SPOT, START + 100_000, 5)


def test_best_given_a_moment_is_that_of_rest_and_counts_on_its_ids() -> None:
    [frame] = frames("btcusdt@bookTicker", START, START + 100_000)
    book = depth(SPOT, START + 100_000, 1)

    assert frame["u"] == book["lastUpdateId"]
    assert [[frame["b"], frame["B"]]] == book["bids"]
    assert [[frame["a"], frame["A"]]] == book["asks"]


@pytest.mark.parametrize(("dialect", "every"), [(SPOT, 2000), (PERP, 250)])
def test_klines_given_two_minutes_close_each_bar_once(dialect: Dialect, every: int) -> None:
    events = told("btcusdt@kline_1m", START, START + 2 * MINUTE, dialect)
    closed = [event for event in events if event["k"]["x"]]

    assert [event["k"]["T"] + 1 for event in closed] == [event["E"] for event in closed]
    assert [event["k"]["t"] for event in closed] == [1_739_190_840_000, 1_739_190_900_000]
    assert all(event["E"] % every == 0 for event in events)


def test_klines_given_no_trade_tell_the_closed_flat_bar_alone() -> None:
    events = frames("roseusdt@kline_1m", START - 150 * SECOND, START - 90 * SECOND)
    [closed] = [event for event in events if event["k"]["x"]]

    assert [event["k"]["n"] for event in events] == [0]
    assert (closed["k"]["f"], closed["k"]["L"], closed["k"]["v"]) == (-1, -1, "0.00000000")


def test_klines_given_seconds_are_all_closed() -> None:
    events = frames("btcusdt@kline_1s", START, START + 10 * SECOND)

    assert [event["k"]["x"] for event in events] == [True] * 10


def test_klines_given_the_zone_of_hong_kong_begin_at_its_midnight() -> None:
    event = frames("btcusdt@kline_1d@+08:00", START, START + 2 * SECOND)[0]

    assert event["k"]["t"] == 1_739_116_800_000
    assert event["k"]["i"] == "1d"


@pytest.mark.parametrize("dialect", [SPOT, PERP])
def test_trades_given_a_minute_add_up_to_its_bar(dialect: Dialect) -> None:
    start = START + 30 * SECOND
    trades = told("btcusdt@trade", start - 1, start + MINUTE - 1, dialect)
    [bar] = [
        event["k"]
        for event in told("btcusdt@kline_1m", start, start + MINUTE, dialect)
        if event["k"]["x"]
    ]

    prices = [Decimal(trade["p"]) for trade in trades]
    assert [prices[0], max(prices), min(prices), prices[-1]] == [
        Decimal(bar[key]) for key in "ohlc"
    ]
    assert sum(Decimal(trade["q"]) for trade in trades) == Decimal(bar["v"])
    assert sum(Decimal(trade["q"]) * Decimal(trade["p"]) for trade in trades) == Decimal(bar["q"])
    assert [trade["t"] for trade in trades] == list(range(bar["f"], bar["L"] + 1))
    assert bar["n"] == len(trades)


def test_aggregates_given_the_trades_are_their_sums() -> None:
    aggregates = frames("btcusdt@aggTrade", START, START + 20 * SECOND)
    trades = {trade["t"]: trade for trade in frames("btcusdt@trade", START, START + 20 * SECOND)}

    for each in aggregates:
        parts = [trades[number] for number in range(each["f"], each["l"] + 1)]
        assert {(part["p"], part["m"], part["T"]) for part in parts} == {
            (each["p"], each["m"], each["T"])
        }
        assert sum(Decimal(part["q"]) for part in parts) == Decimal(each["q"])
    assert all(later["a"] == each["a"] + 1 for each, later in pairwise(aggregates))


def test_aggregates_given_a_perpetual_are_told_each_100_ms() -> None:
    aggregates = perp_frames("btcusdt@aggTrade", START, START + 20 * SECOND)

    assert all(each["E"] % 100 == 0 and 0 <= each["E"] - each["T"] < 101 for each in aggregates)


@pytest.mark.parametrize("stream", ["trade", "bookTicker", "depth@100ms", "depth5", "kline_1m"])
def test_streams_given_a_halt_are_silent(stream: str) -> None:
    assert frames(f"btcusdt@{stream}", HALT + MINUTE, HALT + 3 * MINUTE) == []


def test_diffs_given_a_halt_between_follow_each_other() -> None:
    stop = HALT + 144 * MINUTE
    before = frames("btcusdt@depth@100ms", HALT - SECOND, HALT - 1)
    across = frames("btcusdt@depth@100ms", HALT - SECOND, stop + SECOND)

    assert across[: len(before)] == before
    assert across[len(before)]["U"] == before[-1]["u"] + 1


@pytest.mark.parametrize(
    ("stream", "fields"),
    [
        ("btcusdt@aggTrade", {"nq", "st"}),
        ("btcusdt@depth@100ms", {"ps", "st"}),
        ("btcusdt@bookTicker", {"ps", "st"}),
        ("btcusdt@markPrice@1s", {"ap", "st"}),
    ],
)
def test_perp_frames_given_the_merger_have_its_fields(stream: str, fields: set[str]) -> None:
    before, after = (
        set(perp_frames(stream, start, start + 5 * SECOND)[0])
        for start in (START, MERGED_FROM + MINUTE)
    )

    assert after - before == fields


def test_time_unit_given_microseconds_carries_them() -> None:
    coarse = frames("btcusdt@trade", START, START + SECOND)
    fine = frames("btcusdt@trade", START, START + SECOND, per_ms=1000)

    assert [each["T"] // 1000 for each in fine] == [each["T"] for each in coarse]
    assert any(each["T"] % 1000 for each in fine)


def test_streams_given_a_coin_without_ascii_name_it() -> None:
    start = 1_765_000_000_000_000
    [event] = frames("币安人生usdt@depth5@100ms", start, start + 100_000)
    ticker = frames("币安人生usdt@miniTicker", start, start + SECOND)[0]

    assert event["bids"]
    assert ticker["s"] == "币安人生USDT"


def test_day_tickers_given_rest_agree() -> None:
    at = START + SECOND
    [event] = frames("btcusdt@ticker", START, at)
    told_by_rest = world().json(API, "/api/v3/ticker/24hr?symbol=BTCUSDT", at)

    names = {"o": "openPrice", "h": "highPrice", "l": "lowPrice", "c": "lastPrice", "v": "volume"}
    names |= {
        "q": "quoteVolume",
        "n": "count",
        "F": "firstId",
        "L": "lastId",
        "P": "priceChangePercent",
    }
    names |= {"x": "prevClosePrice", "w": "weightedAvgPrice", "p": "priceChange", "Q": "lastQty"}
    assert {key: event[key] for key in names} == {
        key: told_by_rest[name] for key, name in names.items()
    }
