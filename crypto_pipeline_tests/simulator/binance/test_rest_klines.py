"""Binance's REST as simulated: paging, the open candle, errors, limits."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, ask, simulator

SPOT, PERP, DATA = "api.binance.com", "fapi.binance.com", "data-api.binance.vision"
START = 1_677_628_800_000  # 2023-03-01T00:00Z
MINUTE = 60_000
NOW = 1_739_190_870_000  # 2025-02-10T12:34:30Z


def klines(running: SimulatorProcess, query: str, host: str = SPOT) -> Any:
    path = "/fapi/v1/klines" if host == PERP else "/api/v3/klines"
    return running.get(host, f"{path}?symbol=BTCUSDT&interval=1m{query}").json()


def test_klines_given_only_start_are_the_oldest_from_it(synthetic: SimulatorProcess) -> None:
    rows = klines(synthetic, f"&startTime={START}&limit=3")

    assert [row[0] for row in rows] == [START, START + MINUTE, START + 2 * MINUTE]


def test_klines_given_a_start_off_the_grid_begin_at_the_next_bar(
    synthetic: SimulatorProcess,
) -> None:
    assert klines(synthetic, f"&startTime={START + 1}&limit=1")[0][0] == START + MINUTE


def test_klines_given_only_end_are_the_newest_up_to_it(synthetic: SimulatorProcess) -> None:
    rows = klines(synthetic, f"&endTime={START}&limit=2")

    assert [row[0] for row in rows] == [START - MINUTE, START]


def test_klines_given_both_bounds_include_both(synthetic: SimulatorProcess) -> None:
    rows = klines(synthetic, f"&startTime={START}&endTime={START + 2 * MINUTE}")

    assert [row[0] for row in rows] == [START, START + MINUTE, START + 2 * MINUTE]


@pytest.mark.parametrize(
    ("host", "query", "rows"),
    [
        (SPOT, "", 500),
        (SPOT, "&limit=5000", 1000),
        (PERP, "", 500),
        (PERP, "&limit=5000", 1500),
        (DATA, "&limit=7", 7),
    ],
)
def test_klines_given_a_limit_are_clipped_silently(
    synthetic: SimulatorProcess, host: str, query: str, rows: int
) -> None:
    assert len(klines(synthetic, query, host)) == rows
    assert len(klines(synthetic, f"&startTime={START}&endTime={NOW}{query}", host)) == rows


def test_klines_given_no_times_end_with_the_open_candle(synthetic: SimulatorProcess) -> None:
    last = klines(synthetic, "")[-1]

    assert last[0] == NOW - 30_000
    assert last[6] == last[0] + MINUTE - 1 > NOW


def test_klines_given_the_minute_ends_close_the_candle(synthetic: SimulatorProcess) -> None:
    begun = klines(synthetic, "&limit=1")[0]
    synthetic.set_clock("2025-02-10T12:40:00Z")
    ended = klines(synthetic, f"&startTime={begun[0]}&limit=1")[0]

    assert ended[:2] == begun[:2]
    assert Decimal(begun[5]) < Decimal(ended[5])


@pytest.mark.parametrize(
    "query", ["&startTime=2000&endTime=1000", "&endTime=1", f"&startTime={NOW}"]
)
def test_klines_given_a_span_without_bars_are_empty(
    synthetic: SimulatorProcess, query: str
) -> None:
    assert klines(synthetic, query) == []


def test_klines_given_a_row_have_the_documented_types(synthetic: SimulatorProcess) -> None:
    row = klines(synthetic, "&limit=1")[0]

    kinds = [int, str, str, str, str, str, int, str, int, str, str, str]
    assert [type(value) for value in row] == kinds
    assert row[11] == "0"


def test_klines_given_microseconds_asked_are_in_microseconds(synthetic: SimulatorProcess) -> None:
    assert klines(synthetic, f"&startTime={START * 1000}&limit=1")[0][0] == START


def test_times_given_the_microsecond_header_are_in_microseconds(
    synthetic: SimulatorProcess,
) -> None:
    headers = {"X-MBX-TIME-UNIT": "MICROSECOND"}
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={START}&limit=1"
    [row] = ask(synthetic.endpoints[SPOT] + path, headers=headers).json()
    time = ask(f"{synthetic.endpoints[SPOT]}/api/v3/time", headers=headers).json()

    assert (row[0], row[6]) == (START * 1000, (START + MINUTE) * 1000 - 1)
    assert time == {"serverTime": NOW * 1000}


@pytest.mark.parametrize(("host", "folder"), [(SPOT, "spot"), (PERP, "futures/um")])
def test_hours_given_the_minutes_are_their_sum_in_rest_and_archive(
    synthetic: SimulatorProcess, host: str, folder: str
) -> None:
    path = "/fapi/v1/klines" if host == PERP else "/api/v3/klines"
    window = f"startTime={START}&endTime={START + 24 * 60 * MINUTE - 1}&limit=1000"
    hours = synthetic.get(host, f"{path}?symbol=AVAXUSDT&interval=1h&{window}").json()
    name = f"/data/{folder}/daily/klines/AVAXUSDT/1m/AVAXUSDT-1m-2023-03-01.zip"

    content = synthetic.get("data.binance.vision", name).body
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    minutes = [line.split(",") for line in lines if line[0].isdigit()]

    assert [as_numbers(hour) for hour in hours] == [
        summed(list(minutes[first : first + 60])) for first in range(0, 1440, 60)
    ]


def as_numbers(row: list[Any]) -> list[Decimal]:
    return [Decimal(value) for value in (*row[:6], *row[7:11])]


def summed(rows: list[list[str]]) -> list[Decimal]:
    traded = [row for row in rows if row[8] != "0"] or rows[-1:]
    opening = Decimal(rows[0][0])
    columns = [[Decimal(value) for value in column] for column in zip(*traded, strict=True)]
    prices = [columns[1][0], max(columns[2]), min(columns[3]), columns[4][-1]]
    return [opening, *prices, *(sum(columns[n], Decimal(0)) for n in (5, 7, 8, 9, 10))]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("interval=1m", -1102, "'symbol' was not sent"),
        ("symbol=BTCUSDT", -1102, "'interval' was not sent"),
        ("symbol=NONEUSDT&interval=1m", -1121, "Invalid symbol."),
        ("symbol=btcusdt&interval=1m", -1100, "Illegal characters found in parameter 'symbol'"),
        ("symbol=BTCUSDT&interval=7m", -1120, "Invalid interval."),
        ("symbol=BTCUSDT&interval=1m&limit=0", -1130, "'limit' is not valid"),
        ("symbol=BTCUSDT&interval=1m&limit=ten", -1100, "parameter 'limit'"),
        ("symbol=BTCUSDT&interval=1m&startTime=now", -1100, "parameter 'startTime'"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v3/klines", "/fapi/v1/klines"])
def test_klines_given_a_bad_parameter_name_it(
    synthetic: SimulatorProcess, path: str, query: str, code: int, said: str
) -> None:
    reply = synthetic.get(SPOT if "api/v3" in path else PERP, f"{path}?{query}")

    assert reply.status == 400
    assert reply.json()["code"] == code
    assert said in reply.json()["msg"]


@pytest.mark.parametrize(
    ("limit", "weight"), [(99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10)]
)
def test_weight_given_a_perp_limit_is_the_documented_one(
    synthetic: SimulatorProcess, limit: int, weight: int
) -> None:
    before = synthetic.counters()[PERP]["weights"]
    reply = synthetic.get(PERP, f"/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit={limit}")

    assert synthetic.counters()[PERP]["weights"] - before == weight
    assert int(reply.headers["x-mbx-used-weight-1m"]) == before + weight


def test_limit_given_too_much_weight_is_429_then_418() -> None:
    with simulator(seed=7, hurry=0.01) as running:
        statuses = [running.get(SPOT, "/api/v3/exchangeInfo").status for _ in range(312)]
        banned = running.get(SPOT, "/api/v3/ping")
        counters = running.counters()[SPOT]

    assert statuses == [200] * 300 + [429] * 10 + [418] * 2
    assert banned.status == 418
    assert banned.json()["code"] == -1003
    assert 0 < int(banned.headers["retry-after"]) <= 121
    assert counters["violations"] == 13


def test_time_given_the_clock_stands_is_its_time(synthetic: SimulatorProcess) -> None:
    assert synthetic.get(SPOT, "/api/v3/time").json() == {"serverTime": NOW}
    assert synthetic.get(PERP, "/fapi/v1/time").json() == {"serverTime": NOW}
    assert synthetic.get(SPOT, "/api/v3/ping").json() == {}


def test_exchange_info_given_one_symbol_tells_tick_and_lot(synthetic: SimulatorProcess) -> None:
    info = synthetic.get(SPOT, "/api/v3/exchangeInfo?symbol=BTCUSDT").json()
    [symbol] = info["symbols"]

    filters = {item["filterType"]: item for item in symbol["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"


def test_path_given_none_of_the_host_is_404(synthetic: SimulatorProcess) -> None:
    assert synthetic.get(SPOT, "/fapi/v1/ping").status == 404


@pytest.mark.real_data
def test_recorded_klines_given_a_day_are_the_archive_rows(
    recorded: SimulatorProcess, real_data: Path
) -> None:
    name = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-01.zip"
    with zipfile.ZipFile(real_data / "data.binance.vision" / name) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    end = START + 1439 * MINUTE

    first = klines(recorded, f"&startTime={START}&endTime={end}&limit=1000")
    rest = klines(recorded, f"&startTime={first[-1][0] + 1}&endTime={end}&limit=1000")

    assert [[str(value) for value in row] for row in first + rest] == [
        line.split(",") for line in lines
    ]


@pytest.mark.real_data
def test_recorded_klines_given_a_hole_skip_it(recorded: SimulatorProcess) -> None:
    last_before = 1_678_838_340_000  # 2023-03-14T23:59Z; the next file is 2023-04-04
    after = 1_680_566_400_000
    oldest = klines(recorded, f"&startTime={last_before}&limit=2")
    newest = klines(recorded, f"&endTime={after}&limit=2")

    assert [row[0] for row in oldest] == [row[0] for row in newest] == [last_before, after]


@pytest.mark.real_data
def test_recorded_klines_given_a_microsecond_file_are_in_milliseconds(
    recorded: SimulatorProcess,
) -> None:
    path = "/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime=1735689600000&limit=1"
    [row] = recorded.get(SPOT, path).json()

    assert (row[0], row[1], row[6]) == (1735689600000, "93576.00000000", 1735693199999)


@pytest.mark.real_data
def test_recorded_exchange_info_given_the_folders_lists_their_symbols(
    recorded: SimulatorProcess,
) -> None:
    spot = recorded.get(SPOT, "/api/v3/exchangeInfo").json()["symbols"]
    perp = recorded.get(PERP, "/fapi/v1/exchangeInfo").json()["symbols"]

    assert [symbol["symbol"] for symbol in spot] == ["BTCUSDT", "ETHUSDT"]
    assert [symbol["symbol"] for symbol in perp] == ["AVAXUSDT", "NEARUSDT"]
    assert perp[0]["filters"][0]["tickSize"] == "0.001"
