"""Bybit's bars of mark price, index price and premium."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crypto_pipeline.simulator.bybit.categories import INTERVALS
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import NOW_MS, ask_bybit, result

MINUTE = 60_000
KINDS = ["mark", "index", "premium-index"]
Rows = list[list[str]]


def bars(running: SimulatorProcess, kind: str, **query: object) -> Rows:
    asked = {"symbol": "ETHUSDT", "interval": "1", **query}
    found: Rows = result(running, f"market/{kind}-price-kline", **asked)["list"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_rows_of_five_newest_first(synthetic: SimulatorProcess, kind: str) -> None:
    rows = bars(synthetic, kind, limit=3)

    assert [int(row[0]) for row in rows] == [NOW_MS - 30_000 - n * MINUTE for n in range(3)]
    assert {len(row) for row in rows} == {5}
    assert all(Decimal(row[3]) <= Decimal(row[1]) <= Decimal(row[2]) for row in rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interval", list(INTERVALS))
def test_marks_open_where_the_bar_before_closed(
    synthetic: SimulatorProcess, kind: str, interval: str
) -> None:
    newer, older = bars(synthetic, kind, interval=interval, limit=2)

    assert newer[1] == older[4]


@pytest.mark.parametrize("interval", ["5", "60", "720", "D", "W"])
def test_longer_marks_hold_the_shorter(synthetic: SimulatorProcess, interval: str) -> None:
    running, whole = bars(synthetic, "mark", interval=interval, limit=2)
    start, end = int(whole[0]), int(running[0]) - 1
    parts: Rows = []
    while start <= end:
        parts += bars(
            synthetic, "mark", start=start, end=min(end, start + 999 * MINUTE), limit=1000
        )
        start += 1000 * MINUTE
    parts.sort(key=lambda row: int(row[0]))

    assert Decimal(whole[2]) == max(Decimal(row[2]) for row in parts)
    assert Decimal(whole[3]) == min(Decimal(row[3]) for row in parts)
    assert (whole[1], whole[4]) == (parts[0][1], parts[-1][4])


def test_the_open_bar_ends_with_the_tickers_mark(synthetic: SimulatorProcess) -> None:
    [ticker] = result(synthetic, "market/tickers", category="linear", symbol="ETHUSDT")["list"]
    mark, index = (bars(synthetic, kind, limit=1)[0][4] for kind in ("mark", "index"))

    assert Decimal(mark) == Decimal(ticker["markPrice"])
    assert Decimal(index) == Decimal(ticker["indexPrice"])


def test_premiums_have_six_digits(synthetic: SimulatorProcess) -> None:
    rows = bars(synthetic, "premium-index", limit=100)

    assert {len(text.partition(".")[2]) for row in rows for text in row[1:]} == {6}


def test_marks_given_bounds_include_both(synthetic: SimulatorProcess) -> None:
    start = 1_694_484_000_000  # in a halt
    rows = bars(synthetic, "mark", start=start, end=start + 2 * MINUTE)

    assert [int(row[0]) for row in rows] == [start + n * MINUTE for n in (2, 1, 0)]
    assert bars(synthetic, "mark", start=start, limit=2) == rows[1:]
    assert bars(synthetic, "mark", start=start, end=start - 1) == []


def test_marks_of_spot_are_refused(synthetic: SimulatorProcess) -> None:
    asked = {"category": "spot", "symbol": "ETHUSDT", "interval": "1"}
    envelope = ask_bybit(synthetic, "market/mark-price-kline", **asked)

    assert envelope["retMsg"] == "params error: Category is invalid"
