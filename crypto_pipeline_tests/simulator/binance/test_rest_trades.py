"""Trades on Binance's REST: paging by id and time, look-back, keys."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from crypto_pipeline_tests.simulator.binance.market_of import API, FAPI, SECOND, world

NOW = 1_739_190_870_000_000
"""2025-02-10T12:34:30Z, µs."""
HOUR_MS = 3_600_000
NOW_MS = NOW // 1000


def spot(path: str, query: str = "") -> Any:
    return world().json(API, f"/api/v3/{path}?symbol=BTCUSDT{query}", NOW)


def perp(path: str, query: str = "") -> Any:
    return world().json(FAPI, f"/fapi/v1/{path}?symbol=BTCUSDT{query}", NOW)


def error(host: str, url: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    answer = world().ask(host, url, NOW, headers)
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(("query", "rows"), [("", 500), ("&limit=3", 3), ("&limit=5000", 1000)])
@pytest.mark.parametrize("path", ["aggTrades", "trades", "historicalTrades"])
def test_trades_given_no_place_are_the_newest(path: str, query: str, rows: int) -> None:
    key, time = ("a", "T") if path == "aggTrades" else ("id", "time")
    found = spot(path, query)

    ids = [each[key] for each in found]
    assert ids == list(range(ids[-1] - rows + 1, ids[-1] + 1))
    assert all(each[time] <= NOW_MS for each in found)
    assert spot(path, "&limit=1")[0] == found[-1]


def test_aggregates_given_an_id_begin_with_it_however_old() -> None:
    assert [each["a"] for each in spot("aggTrades", "&fromId=1&limit=3")] == [1, 2, 3]
    assert spot("aggTrades", "&fromId=0&limit=2")[0]["a"] == 1
    assert spot("aggTrades", f"&fromId={10**15}") == []


def test_aggregates_given_ids_as_cursor_page_without_gap() -> None:
    first = spot("aggTrades", "&fromId=500&limit=1000")
    second = spot("aggTrades", f"&fromId={first[-1]['a'] + 1}&limit=10")

    assert second[0]["f"] == first[-1]["l"] + 1


@pytest.mark.parametrize("window", [HOUR_MS, 24 * HOUR_MS])
def test_spot_aggregates_given_times_hold_both_bounds(window: int) -> None:
    start = NOW_MS - 30 * 24 * HOUR_MS
    exact = spot("aggTrades", f"&startTime={start}&endTime={start + window}&limit=1000")
    first = exact[0]

    assert len(exact) == 1000
    assert all(start <= each["T"] <= start + window for each in exact)
    alone = spot("aggTrades", f"&startTime={first['T']}&endTime={first['T']}")
    assert alone[0] == first


def test_spot_aggregates_given_only_an_end_are_the_newest_up_to_it() -> None:
    end = NOW_MS - HOUR_MS
    found = spot("aggTrades", f"&endTime={end}&limit=5")

    assert len(found) == 5
    assert 0 <= end - found[-1]["T"] < 60_000


def test_perp_aggregates_given_more_than_48_hours_are_gone() -> None:
    oldest = perp("aggTrades", "&fromId=1&limit=1")[0]
    old = NOW_MS - 50 * HOUR_MS

    assert 0 <= oldest["T"] - (NOW_MS - 48 * HOUR_MS) < 10_000
    assert perp("aggTrades", f"&startTime={old}&endTime={old + HOUR_MS - 1}") == []


def test_perp_aggregates_given_more_than_an_hour_are_refused() -> None:
    window = f"startTime={NOW_MS - 2 * HOUR_MS}&endTime={NOW_MS}"
    refused = error(FAPI, f"/fapi/v1/aggTrades?symbol=BTCUSDT&{window}")

    assert refused == (
        400,
        {"code": -1127, "msg": "More than 1 hours between startTime and endTime."},
    )


@pytest.mark.parametrize("host", [API, FAPI])
def test_aggregates_given_an_id_and_a_time_are_refused(host: str) -> None:
    root = "/api/v3" if host == API else "/fapi/v1"
    refused = error(host, f"{root}/aggTrades?symbol=BTCUSDT&fromId=1&startTime={NOW_MS}")

    assert refused[1]["code"] == -1128


def test_single_trades_given_their_value_multiply_to_it() -> None:
    for each in [*spot("trades", "&limit=20"), *perp("trades", "&limit=20")]:
        assert Decimal(each["price"]) * Decimal(each["qty"]) == Decimal(each["quoteQty"])


def test_spot_history_given_an_id_begins_with_it() -> None:
    assert [each["id"] for each in spot("historicalTrades", "&fromId=7&limit=3")] == [7, 8, 9]


def test_perp_history_given_no_key_is_401_and_with_one_a_month_long() -> None:
    url = "/fapi/v1/historicalTrades?symbol=BTCUSDT&fromId=1&limit=1"
    keyed = world().ask(FAPI, url, NOW, {"x-mbx-apikey": "k" * 64})
    month_ago = NOW_MS - 30 * 24 * HOUR_MS

    assert error(FAPI, url) == (401, {"code": -2014, "msg": "API-key format invalid."})
    assert keyed.weight == 200
    assert 0 <= json.loads(keyed.body)[0]["time"] - month_ago < 10_000


def test_times_given_the_microsecond_header_are_finer() -> None:
    path, header = "/api/v3/trades?symbol=BTCUSDT&limit=3", {"X-MBX-TIME-UNIT": "MICROSECOND"}
    fine = json.loads(world().ask(API, path, NOW, header).body)

    assert [each["time"] // 1000 for each in fine] == [
        each["time"] for each in spot("trades", "&limit=3")
    ]


def test_trades_given_a_second_is_over_are_those_before_it() -> None:
    newest = world().json(API, "/api/v3/trades?symbol=BTCUSDT&limit=1", NOW + 2 * SECOND)[0]

    assert newest["id"] > spot("trades", "&limit=1")[0]["id"]
    assert newest["time"] < NOW_MS + 2000
