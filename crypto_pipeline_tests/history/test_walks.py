"""Trades over REST, by id: a page that is empty in the midst of them is no end."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.history.loads import NOW, at, quick
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

SPAN = Span(at("2025-02-10T12:20"), at("2025-02-10T12:30"))
"""Of the running day, of which no archive has a file."""

FORWARD = Series(parse_symbol("binance", "BTC/USDT"), kind=Kind.TRADES)
AGGREGATED = Series(parse_symbol("binance", "BTC/USDT:USDT"), kind=Kind.AGG_TRADES)
BACKWARD = Series(parse_symbol("okx", "BTC/USDT"), kind=Kind.TRADES)
BISECTED = Series(parse_symbol("coinbase", "BTC/USD"), kind=Kind.TRADES)

EMPTY = {
    FORWARD: ("/historicalTrades$", []),
    AGGREGATED: ("/aggTrades$", []),
    BACKWARD: ("/history-trades$", {"code": "0", "msg": "", "data": []}),
}


def load(home: Path, market: SimulatorProcess, series: Series) -> SeriesReport:
    settings = load_settings(home=str(home), simulator_url=market.url)
    venue = find_sources(settings).venue(series.instrument.exchange)
    (report,) = Load(home, venue, [series], SPAN, now=NOW, patience=quick()).reports()
    return report


def ids(home: Path, series: Series) -> list[int]:
    column = "agg_id" if series is AGGREGATED else "trade_seq"
    found = rows(home, f"SELECT {column} FROM market.{series.kind.value} ORDER BY 1")  # noqa: S608 ours
    return [int(str(row[0])) for row in found]


@pytest.mark.parametrize("series", [FORWARD, AGGREGATED, BACKWARD, BISECTED], ids=str)
def test_load_given_trades_over_rest_has_each_id_of_the_span(
    synthetic: SimulatorProcess, lake: Path, series: Series
) -> None:
    report = load(lake, synthetic, series)
    found = ids(lake, series)

    assert report.error is None
    assert len(found) > 100
    assert found == list(range(found[0], found[-1] + 1))


@pytest.mark.parametrize("series", list(EMPTY), ids=str)
def test_load_given_an_empty_page_among_trades_fails_and_keeps_those_before_it(
    synthetic: SimulatorProcess, lake: Path, series: Series
) -> None:
    path, body = EMPTY[series]
    rule = {"kind": "status", "status": 200, "body": body, "path": path, "after": 2, "times": 1}
    synthetic.post_faults([rule])

    failed = load(lake, synthetic, series)
    kept = len(ids(lake, series))
    mended = load(lake, synthetic, series)

    assert "got no trade, expected those" in str(failed.error)
    assert mended.error is None
    assert 0 < kept < kept + mended.written.inserted == len(ids(lake, series))
