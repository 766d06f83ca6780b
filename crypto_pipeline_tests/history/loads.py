"""Loads for these tests: from a running simulator into a home, with quick retries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.loads import Load, Pace
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

ARCHIVE, SPOT, FUTURES = "data.binance.vision", "api.binance.com", "fapi.binance.com"
BTC_ID, ETH_ID = "cryptopair_binance_btcusdt", "cryptopair_binance_ethusdt"
PACE = Pace()
NOW = datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC)


def quick() -> Patience:
    """Retries that hardly wait."""
    return Patience(wait_initial=0.01, wait_max=0.05)


def series(symbol: str, interval: str = "1h") -> Series:
    """A series of Binance."""
    return Series(parse_symbol("binance", symbol), parse_interval(interval))


def binance(market: SimulatorProcess) -> Binance:
    """Binance as the simulator plays it."""
    rest = {"spot": [market.endpoints[SPOT]], "perp": [market.endpoints[FUTURES]]}
    return Binance(Endpoints(market.endpoints[ARCHIVE], rest, timeout=5))


def at(text: str) -> datetime:
    """An instant in UTC, from an ISO date or time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def loading(
    home: Path,
    market: SimulatorProcess,
    serieses: Sequence[Series],
    start: str,
    end: str,
    *,
    now: datetime = NOW,
    pace: Pace = PACE,
) -> Load:
    """A load that has not begun."""
    span = Span(at(start), at(end))
    return Load(home, binance(market), serieses, span, now=now, pace=pace, patience=quick())


def load(
    home: Path,
    market: SimulatorProcess,
    serieses: Sequence[Series],
    start: str,
    end: str,
    *,
    now: datetime = NOW,
    pace: Pace = PACE,
) -> list[SeriesReport]:
    """Load and give the reports in the order of the series."""
    run = loading(home, market, serieses, start, end, now=now, pace=pace)
    reports = {report.series: report for report in run.reports()}
    return [reports[one] for one in serieses]


def refusals(home: Path) -> list[tuple[str, str]]:
    """File name and reason of each source that was refused."""
    found = rows(
        home,
        "SELECT parse_filename(url), reason FROM market.source_files WHERE status = 'refused' "
        "ORDER BY url",
    )
    return [(str(name), str(reason)) for name, reason in found]


def sources(home: Path) -> dict[str, int]:
    """Rows of klines by source."""
    found = rows(home, "SELECT source, count(*) FROM market.klines GROUP BY source")
    return {str(source): int(str(count)) for source, count in found}


def asked(market: SimulatorProcess, host: str = ARCHIVE) -> dict[str, int]:
    """Requests of a host so far, by the last part of their path."""
    paths = market.counters()[host]["paths"]
    return {path.rpartition("/")[2]: count for path, count in paths.items()}
