"""Coinbase loaded whole: minutes without a trade are told from missing ones, days are proven."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crypto_pipeline.domain.gaps import span_of_days
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.loads import Load, Pace
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.coinbase import Coinbase
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, endpoints_at

QUIET = parse_symbol("coinbase", "DOGE/USD")
"""A coin of which some ten thousand trades are made a day."""


def load(
    home: Path, market: SimulatorProcess, series: Series, day: date, end: date
) -> SeriesReport:
    """Load days of one series."""
    venue = Coinbase(endpoints_at(market, "coinbase"))
    patience = Patience(wait_initial=0.01, wait_max=0.05)
    span = span_of_days(day, end)
    (report,) = Load(home, venue, [series], span, now=NOW, pace=Pace(), patience=patience).reports()
    return report


def test_load_given_an_outage_counts_its_minutes_as_without_a_trade(
    lake: Path, market: SimulatorProcess
) -> None:
    outage = date(2023, 3, 4)

    report = load(lake, market, Series(QUIET, Interval.M1), outage, date(2023, 3, 5))

    counted = report.days[outage]
    found = rows(
        lake, "SELECT count(*), count(volume_base), count(volume_quote) FROM market.klines"
    )
    assert (report.missing, report.failures, counted.missing) == ([], [], 0)
    assert counted.no_trade >= 85
    assert counted.present + counted.no_trade == counted.expected == 1440
    assert found == [(counted.present, counted.present, 0)]


def test_load_given_a_day_of_trades_proves_it_by_ids_and_agrees_with_its_candle(
    lake: Path, market: SimulatorProcess
) -> None:
    day, end = date(2025, 2, 8), date(2025, 2, 9)

    report = load(lake, market, Series(QUIET, kind=Kind.TRADES), day, end)
    load(lake, market, Series(QUIET, Interval.D1), day, end)

    (traded,) = rows(
        lake,
        "SELECT arg_min(price, trade_seq), max(price), min(price), arg_max(price, trade_seq), "
        "round(sum(amount), 6), max(trade_seq) - min(trade_seq) + 1 - count(*) FROM market.trades",
    )
    (candle,) = rows(
        lake, "SELECT open, high, low, close, round(volume_base, 6), 0 FROM market.klines"
    )
    assert report.days[day].proven is True
    assert traded == candle


def test_load_given_days_before_the_first_trade_has_none_and_says_why(
    lake: Path, market: SimulatorProcess
) -> None:
    day = date(2012, 1, 1)

    report = load(lake, market, Series(QUIET, Interval.H1), day, date(2012, 1, 2))

    assert report.days[day].present == report.days[day].missing == 0
    assert report.days[day].not_listed == 24
