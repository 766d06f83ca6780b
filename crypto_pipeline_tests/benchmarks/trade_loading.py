"""One load of trades from a mirror's files into a fresh home, in a process of its own.

What belongs here: the load as a program that prints what it took. What does not: the files and the
goal (`trades.py`).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import DAY
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load, Pace
from crypto_pipeline.history.reports import raise_failed
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline_tests.benchmarks.loading import mirror_settings
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json

SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT")
END = datetime(2026, 9, 19, tzinfo=UTC)


def series(symbols: Sequence[str] = SYMBOLS) -> list[Series]:
    """What is loaded."""
    return [Series(parse_symbol("binance", symbol), kind=Kind.TRADES) for symbol in symbols]


def load_in_process(mirror: str, home: Path, *, days: int, symbols: Sequence[str] = SYMBOLS) -> Run:
    """Load the last days before END; the rate is of rows.

    Raises:
        RuntimeError: the load failed.
    """
    command = [sys.executable, "-m", __name__, mirror, str(home), str(days), *symbols]
    return run_for_json(command, env={"CRYPTO_CONFIG": ""})


def main() -> None:
    """Load what the arguments name; imports and start-up are not timed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mirror")
    parser.add_argument("home", type=Path)
    parser.add_argument("days", type=int)
    parser.add_argument("symbols", nargs="+")
    options = parser.parse_args()
    span = Span(END - timedelta(days=options.days), END)
    settings = mirror_settings(options.mirror, options.home, options.symbols, span.start.date())
    venue = find_sources(settings).venue("binance")
    prepare_lake(settings.home)
    pace = Pace(downloads=settings.downloads, commit_rows=settings.commit_rows)
    start, cpu_start = time.perf_counter(), time.process_time()
    load = Load(settings.home, venue, series(options.symbols), span, now=END + DAY, pace=pace)
    reports = list(load.reports())
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    raise_failed(reports)
    run = Run(
        bars=sum(report.written.inserted for report in reports),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    main()
