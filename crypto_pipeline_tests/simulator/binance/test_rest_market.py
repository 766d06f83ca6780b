"""Binance's REST beside klines and trades: symbols, books, tickers, funding, limits, errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crypto_pipeline.simulator.binance.dialects import INTERVALS
from crypto_pipeline_tests.simulated import simulator
from crypto_pipeline_tests.simulator.binance.market_of import API, FAPI, world

NOW = 1_739_190_870_000_000
NOW_MS = NOW // 1000
HOUR_MS = 3_600_000
HALTED = 1_679_662_800_000_000
"""2023-03-24T13:00Z, µs: nothing of spot traded."""


def get(url: str, at: int = NOW) -> Any:
    return world().json(API if "/api/" in url else FAPI, url, at)


def refused(url: str) -> tuple[int, Any]:
    answer = world().ask(API if "/api/" in url else FAPI, url, NOW)
    return answer.status, json.loads(answer.body)


def status_of(symbol: str, at: int, root: str = "/api/v3") -> str | None:
    symbols = get(f"{root}/exchangeInfo", at)["symbols"]
    return next((each["status"] for each in symbols if each["symbol"] == symbol), None)


@pytest.mark.parametrize("interval", list(INTERVALS))
def test_klines_given_each_interval_are_on_its_grid(interval: str) -> None:
    rows = get(f"/api/v3/klines?symbol=BTCUSDT&interval={interval}&limit=3")

    assert len(rows) == 3
    assert rows[1][0] == rows[0][6] + 1
    assert rows[2][0] <= NOW_MS <= rows[2][6]


def test_klines_given_a_month_end_with_its_last_day() -> None:
    row = get("/api/v3/klines?symbol=BTCUSDT&interval=1M&endTime=1706745599999&limit=1")[0]

    assert datetime.fromtimestamp((row[6] + 1) / 1000, UTC) == datetime(2024, 2, 1, tzinfo=UTC)


def test_perp_klines_given_seconds_are_refused() -> None:
    url = "/fapi/v1/klines?symbol=BTCUSDT&interval=1s"

    assert refused(url) == (400, {"code": -1120, "msg": "Invalid interval."})


@pytest.mark.parametrize(
    ("zone", "hour"), [("8", 16), ("-1:00", 1), ("05:45", 18.25), ("0", 0), ("+14:00", 10)]
)
def test_klines_given_a_time_zone_begin_at_its_midnight(zone: str, hour: float) -> None:
    zone = zone.replace("+", "%2B")
    row = get(f"/api/v3/klines?symbol=BTCUSDT&interval=1d&limit=1&timeZone={zone}")[0]

    assert row[0] % (24 * HOUR_MS) == hour * HOUR_MS


@pytest.mark.parametrize("zone", ["15", "-13:00", "x", "1:75", ""])
def test_klines_given_a_wrong_time_zone_are_refused(zone: str) -> None:
    url = f"/api/v3/klines?symbol=BTCUSDT&interval=1d&timeZone={zone or '+'}"

    assert refused(url)[1]["code"] == -1130


def test_continuous_klines_given_the_pair_are_the_perpetuals() -> None:
    query = "interval=1h&limit=5"
    pair = f"/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=PERPETUAL&{query}"

    assert get(pair) == get(f"/fapi/v1/klines?symbol=BTCUSDT&{query}")


@pytest.mark.parametrize(
    ("symbol", "at", "status"),
    [
        ("BTCUSDT", NOW, "TRADING"),
        ("BTCUSDT", HALTED, "HALT"),
        ("LUNAUSDT", NOW, "BREAK"),
        ("TIAUSDT", HALTED, None),
        ("币安人生USDT", 1_765_000_000_000_000, "TRADING"),
    ],
)
def test_symbols_given_an_instant_have_their_status(
    symbol: str, at: int, status: str | None
) -> None:
    assert status_of(symbol, at) == status


def test_symbol_given_it_is_not_listed_yet_is_invalid() -> None:
    answer = world().ask(API, "/api/v3/depth?symbol=TIAUSDT", HALTED)

    assert json.loads(answer.body) == {"code": -1121, "msg": "Invalid symbol."}


def test_symbols_given_a_list_are_those() -> None:
    found = get('/api/v3/exchangeInfo?symbols=["ETHUSDT","BTCUSDT"]')["symbols"]

    assert [each["symbol"] for each in found] == ["ETHUSDT", "BTCUSDT"]


def test_symbols_given_a_status_are_those_that_have_it() -> None:
    broken = get("/api/v3/exchangeInfo?symbolStatus=BREAK")["symbols"]

    assert [each["symbol"] for each in broken] == ["LUNAUSDT", "XMRUSDT"]
    assert get("/api/v3/exchangeInfo?permissions=LEVERAGED")["symbols"] == []
    assert len(get('/api/v3/exchangeInfo?permissions=["SPOT","MARGIN"]')["symbols"]) > 50


def test_symbols_given_no_permission_sets_are_wanted_leave_them_empty() -> None:
    url = "/api/v3/exchangeInfo?symbol=BTCUSDT"

    assert get(url)["symbols"][0]["permissionSets"] == [["SPOT"]]
    assert get(f"{url}&showPermissionSets=false")["symbols"][0]["permissionSets"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=BTCUSDT&symbolStatus=TRADING", -1128),
        ("symbol=BTCUSDT&permissions=SPOT", -1128),
        ('symbol=BTCUSDT&symbols=["ETHUSDT"]', -1128),
        ("symbolStatus=SLEEPING", -1130),
    ],
)
def test_symbols_given_filters_that_do_not_go_together_are_refused(query: str, code: int) -> None:
    assert refused(f"/api/v3/exchangeInfo?{query}")[1]["code"] == code


@pytest.mark.parametrize("symbols", ["[", "{}", "[1]", '"BTCUSDT"'])
def test_symbols_given_no_list_are_illegal(symbols: str) -> None:
    assert refused(f"/api/v3/exchangeInfo?symbols={symbols}")[1]["code"] == -1100


@pytest.mark.parametrize(
    ("limit", "levels", "weight"),
    [("", 100, 5), ("&limit=1", 1, 5), ("&limit=500", 500, 25), ("&limit=9999", 5000, 250)],
)
def test_spot_depth_given_a_limit_has_its_levels_and_weight(
    limit: str, levels: int, weight: int
) -> None:
    answer = world().ask(API, f"/api/v3/depth?symbol=BTCUSDT{limit}", NOW)
    book = json.loads(answer.body)

    assert (len(book["bids"]), len(book["asks"]), answer.weight) == (levels, levels, weight)
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])


@pytest.mark.parametrize(("limit", "weight"), [(5, 2), (50, 2), (100, 5), (500, 10), (1000, 20)])
def test_perp_depth_given_a_limit_has_its_levels_and_weight(limit: int, weight: int) -> None:
    answer = world().ask(FAPI, f"/fapi/v1/depth?symbol=BTCUSDT&limit={limit}", NOW)

    assert len(json.loads(answer.body)["bids"]) == limit
    assert answer.weight == weight


def test_perp_depth_given_another_limit_is_refused() -> None:
    assert refused("/fapi/v1/depth?symbol=BTCUSDT&limit=7") == (
        400,
        {"code": -4021, "msg": "7 is not valid depth limit."},
    )


def test_depth_given_a_delisted_symbol_is_empty() -> None:
    book = get("/api/v3/depth?symbol=LUNAUSDT")

    assert (book["bids"], book["asks"]) == ([], [])


def test_tickers_given_a_delisted_symbol_stand_at_its_last_price() -> None:
    day = get("/api/v3/ticker/24hr?symbol=LUNAUSDT")
    last = get("/api/v3/trades?symbol=LUNAUSDT&limit=1")[0]["price"]

    assert (day["lastPrice"], day["count"], day["firstId"]) == (last, 0, -1)
    assert get("/api/v3/ticker/price?symbol=LUNAUSDT")["price"] == last
    assert get("/api/v3/avgPrice?symbol=LUNAUSDT")["price"] == last


def test_tickers_given_a_symbol_that_has_not_traded_are_zero() -> None:
    just_listed = 1_698_762_601_000_000
    day = get("/api/v3/ticker/24hr?symbol=TIAUSDT", just_listed)

    assert (day["lastPrice"], day["count"]) == ("0.00000000", 0)


def test_tickers_given_no_symbol_are_of_all_that_trade() -> None:
    listed = [
        each["symbol"]
        for each in get("/api/v3/exchangeInfo")["symbols"]
        if each["status"] == "TRADING"
    ]

    for path in ("price", "bookTicker"):
        assert [each["symbol"] for each in get(f"/api/v3/ticker/{path}")] == listed


def test_funding_given_no_times_is_the_newest_200_ascending() -> None:
    rows = get("/fapi/v1/fundingRate?symbol=BTCUSDT")
    times = [row["fundingTime"] for row in rows]

    assert len(rows) == 200
    assert times == sorted(times)
    assert 0 <= NOW_MS - times[-1] < 8 * HOUR_MS
    assert all(0 <= time % (8 * HOUR_MS) <= 17 for time in times)


def test_funding_given_a_start_is_from_it_up_to_the_limit() -> None:
    start = 1_700_006_400_000
    rows = get(f"/fapi/v1/fundingRate?symbol=SUIUSDT&startTime={start}&limit=3")
    settled = [row["fundingTime"] // 1000 * 1000 for row in rows]

    assert settled == [start, start + 4 * HOUR_MS, start + 8 * HOUR_MS]


def test_funding_given_pages_holds_each_settlement_once() -> None:
    start, end, times = 1_700_000_000_000, 1_703_000_000_000, list[int]()
    while True:
        query = f"symbol=BTCUSDT&startTime={start}&endTime={end}&limit=30"
        page = get(f"/fapi/v1/fundingRate?{query}")
        times += [row["fundingTime"] for row in page]
        if len(page) < 30:
            break
        start = times[-1] + 1

    grid = {time // 1000 // 28_800 for time in times}
    assert len(times) == len(grid) == max(grid) - min(grid) + 1


@pytest.mark.parametrize(("at", "told"), [(HALTED, 1), (NOW, 0)])
def test_system_status_given_a_halt_of_everything_is_maintenance(at: int, told: int) -> None:
    assert world().json(API, "/sapi/v1/system/status", at)["status"] == told


def test_funding_given_all_symbols_is_a_page_of_them() -> None:
    rows = get("/fapi/v1/fundingRate?limit=50")

    assert len(rows) == 50
    assert len({row["symbol"] for row in rows}) > 20


def test_funding_info_given_the_symbols_lists_other_intervals_alone() -> None:
    hours = {row["symbol"]: row["fundingIntervalHours"] for row in get("/fapi/v1/fundingInfo")}

    assert hours["SUIUSDT"] == 4
    assert "BTCUSDT" not in hours


def test_premium_given_a_symbol_names_the_next_settlement() -> None:
    premium = get("/fapi/v1/premiumIndex?symbol=BTCUSDT")

    assert premium["nextFundingTime"] == 1_739_203_200_000
    assert premium["time"] == NOW_MS
    assert len(get("/fapi/v1/premiumIndex")) > 20


def test_funding_limit_given_501_requests_is_429() -> None:
    with simulator(seed=7, hurry=0.01) as running:
        path = "/fapi/v1/fundingInfo"
        statuses = [running.get(FAPI, path).status for _ in range(501)]
        told = running.get(FAPI, "/fapi/v1/ping").headers["x-mbx-used-weight-1m"]

    assert statuses == [200] * 500 + [429]
    assert told == "1"


@pytest.mark.parametrize("url", ["/api/v3/nothing", "/api/v1/klines", "/fapi/v3/time", "/api/v3/"])
def test_path_given_it_is_unknown_is_404_as_html(url: str) -> None:
    answer = world().ask(API if "/api/" in url else FAPI, url, NOW)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html"


def test_host_given_coin_margined_lists_nothing() -> None:
    info = world().json("dapi.binance.com", "/dapi/v1/exchangeInfo", NOW)

    assert info["symbols"] == []


def test_status_given_spot_is_normal() -> None:
    assert world().json(API, "/sapi/v1/system/status", NOW) == {"status": 0, "msg": "normal"}
