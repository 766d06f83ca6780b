"""Days that a home holds whole: a load of what is missing leaves them, and asks for the others."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import DAY, Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.holdings import as_spans, days_left, held_days
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.history.loads import NOW, at, quick
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

START = at("2025-02-08")
DAYS = [date(2025, 2, 8), date(2025, 2, 9)]
SPAN = Span(START, START + 2 * DAY)
COUNTS = "SELECT * EXCLUDE (loaded_at) FROM market.coverage ORDER BY ALL"

BARS = Series(parse_symbol("coinbase", "SOL/USD"), Interval.M1)
FILES_ONLY = [
    Series(parse_symbol("bybit", "BTC/USDT:USDT"), kind=Kind.TRADES),
    Series(parse_symbol("binance", "BTC/USDT:USDT"), kind=Kind.TRADES),
]


def held(home: Path, series: Series) -> dict[Series, set[date]]:
    with connect_read_only(home) as session:
        return held_days(session, [series], SPAN)


def load_missing(home: Path, market: SimulatorProcess, series: Series) -> SeriesReport:
    venue = find_sources(load_settings(home=str(home), simulator_url=market.url)).venue(
        series.instrument.exchange
    )
    spans = as_spans(held(home, series))
    load = Load(home, venue, [series], SPAN, now=NOW, held=spans, patience=quick())
    (report,) = load.reports()
    return report


@pytest.mark.parametrize("series", FILES_ONLY, ids=str)
def test_held_given_trades_of_a_day_that_no_source_gave_asks_for_it_again(
    synthetic: SimulatorProcess, lake: Path, series: Series
) -> None:
    synthetic.post_faults([{"kind": "missing", "path": rf"BTCUSDT.*{DAYS[0]}"}])
    failed = load_missing(lake, synthetic, series)
    left_then = days_left(held(lake, series), SPAN, NOW)
    synthetic.post_faults([])
    mended = load_missing(lake, synthetic, series)

    assert failed.error is not None
    assert left_then == 1
    assert mended.error is None
    assert mended.written.inserted == rows_of(lake, DAYS[0]) > 0
    assert held(lake, series)[series] == set(DAYS)


def rows_of(home: Path, day: date) -> int:
    (found,) = rows(home, f"SELECT count(*) FROM market.trades WHERE ts_event::DATE = '{day}'")  # noqa: S608 ours
    return int(str(found[0]))


def test_held_given_bars_that_the_exchange_leaves_out_keeps_what_explains_them(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    first = load_missing(lake, synthetic, BARS)
    counts = rows(lake, COUNTS)
    again = load_missing(lake, synthetic, BARS)

    assert first.explained == again.explained > 0
    assert again.error is None
    assert again.written.rows == 0
    assert rows(lake, COUNTS) == counts


def test_held_given_a_day_still_running_is_not_held(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    synthetic.set_clock((START + timedelta(hours=30)).isoformat())
    load_missing(lake, synthetic, BARS)

    assert held(lake, BARS)[BARS] == {DAYS[0]}
