"""Bybit's REST bars: pages, bounds, order, every interval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crypto_pipeline.simulator.bybit.categories import INTERVALS
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import NOW_MS, ask_bybit, result

START = 1_677_628_800_000  # 2023-03-01T00:00Z
MINUTE = 60_000
OPEN = NOW_MS - 30_000


def klines(running: SimulatorProcess, **query: object) -> list[list[str]]:
    asked = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", **query}
    rows: list[list[str]] = result(running, "market/kline", **asked)["list"]
    return rows


def openings(running: SimulatorProcess, **query: object) -> list[int]:
    return [int(row[0]) for row in klines(running, **query)]


def test_klines_given_both_bounds_include_both_newest_first(synthetic: SimulatorProcess) -> None:
    found = openings(synthetic, start=START, end=START + 2 * MINUTE)

    assert found == [START + 2 * MINUTE, START + MINUTE, START]


def test_klines_given_only_start_are_the_first_from_it(synthetic: SimulatorProcess) -> None:
    found = openings(synthetic, start=START, limit=3)

    assert found == [START + 2 * MINUTE, START + MINUTE, START]


def test_klines_given_only_end_are_the_last_up_to_it(synthetic: SimulatorProcess) -> None:
    assert openings(synthetic, end=START, limit=2) == [START, START - MINUTE]


def test_klines_given_more_than_a_page_between_bounds_are_the_newest(
    synthetic: SimulatorProcess,
) -> None:
    found = openings(synthetic, start=START, end=START + 99 * MINUTE, limit=2)

    assert found == [START + 99 * MINUTE, START + 98 * MINUTE]


def test_klines_given_no_times_begin_with_the_open_bar(synthetic: SimulatorProcess) -> None:
    assert openings(synthetic)[0] == OPEN


@pytest.mark.parametrize(("limit", "rows"), [(None, 200), (5000, 1000), (7, 7), (0, 200)])
def test_klines_given_a_limit_are_clipped_silently(
    synthetic: SimulatorProcess, limit: int | None, rows: int
) -> None:
    assert len(klines(synthetic, **({} if limit is None else {"limit": limit}))) == rows


@pytest.mark.parametrize("bounds", [{"start": 2, "end": 1}, {"end": 1}, {"start": NOW_MS + MINUTE}])
def test_klines_given_a_span_without_bars_are_empty(
    synthetic: SimulatorProcess, bounds: dict[str, int]
) -> None:
    assert klines(synthetic, **bounds) == []


def test_klines_given_no_category_are_linear(synthetic: SimulatorProcess) -> None:
    found = result(synthetic, "market/kline", symbol="BTCUSDT", interval="1", limit=1)

    assert found["category"] == "linear"
    assert found["list"] == klines(synthetic, limit=1)


@pytest.mark.parametrize("name", ["spot", "linear"])
@pytest.mark.parametrize("interval", list(INTERVALS))
def test_klines_given_an_interval_hold_its_minutes(
    synthetic: SimulatorProcess, name: str, interval: str
) -> None:
    asked = {"category": name, "symbol": "ETHUSDT"}
    first, second = klines(synthetic, **asked, interval=interval, limit=2)[::-1]
    days = klines(synthetic, **asked, interval="D", start=first[0], end=int(second[0]) - 1)
    parts = (
        days
        if interval in ("D", "W", "M")
        else klines(synthetic, **asked, start=first[0], end=int(second[0]) - 1, limit=1000)
    )

    assert first[1:] == together(parts[::-1])


def together(rows: list[list[str]]) -> list[str]:
    """What ascending bars make together, as Bybit writes numbers."""
    high = max(rows, key=lambda row: Decimal(row[2]))[2]
    low = min(rows, key=lambda row: Decimal(row[3]))[3]
    sums = [sum((Decimal(row[at]) for row in rows), Decimal(0)) for at in (5, 6)]
    return [rows[0][1], high, low, rows[-1][4], *(f"{each.normalize():f}" for each in sums)]


@pytest.mark.parametrize("weekday", [0])
def test_weeks_open_on_monday(synthetic: SimulatorProcess, weekday: int) -> None:
    opening = openings(synthetic, interval="W", limit=1)[0]

    assert (opening // 86_400_000 + 3) % 7 == weekday


def test_klines_given_a_halt_have_no_rows_in_it(synthetic: SimulatorProcess) -> None:
    begun, over = 1_694_484_000_000, 1_694_486_400_000  # 2023-09-12T02:00Z to 02:40Z
    found = openings(synthetic, start=begun - MINUTE, end=over)

    assert found == [over, begun - MINUTE]


def test_klines_given_a_minute_without_trade_are_flat(synthetic: SimulatorProcess) -> None:
    rows = klines(synthetic, category="spot", symbol="ANKRUSDT", limit=1000)
    quiet = next(at for at, row in enumerate(rows) if row[5] == "0")

    assert rows[quiet][1:5] == [rows[quiet + 1][4]] * 4
    assert rows[quiet][5:] == ["0", "0"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"symbol": "NOPE"}, "params error: symbol invalid"),
        ({"symbol": "btcusdt"}, "params error: symbol invalid"),
        ({"symbol": "NOPE", "category": "spot"}, "Not supported symbols"),
        ({"category": "nope"}, "params error: Category is invalid"),
        ({"interval": "7"}, "Invalid period!"),
        ({"interval": ""}, "Invalid period!"),
        ({"start": "soon"}, "params error: start invalid"),
        ({"limit": "1e3"}, "params error: limit invalid"),
        ({"end": "9" * 40}, "params error: end invalid"),
    ],
)
def test_klines_given_a_wrong_parameter_are_refused(
    synthetic: SimulatorProcess, query: dict[str, Any], message: str
) -> None:
    asked = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", **query}
    envelope = ask_bybit(synthetic, "market/kline", **asked)

    assert (envelope["retCode"], envelope["retMsg"]) == (10001, message)
    assert envelope["result"] == {}


@pytest.mark.parametrize("start", [-1, 0, 10**17])
@pytest.mark.parametrize("interval", ["1", "W", "M"])
def test_klines_given_any_instant_answer(
    synthetic: SimulatorProcess, start: int, interval: str
) -> None:
    assert len(klines(synthetic, start=start, interval=interval, limit=2)) in (0, 2)
