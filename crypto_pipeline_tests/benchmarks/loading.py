"""One load of the mirror into a fresh home by crypto_pipeline, in a process of its own.

What belongs here: the contestant, as a program that prints what it took, and the call that runs it.
What does not: who else runs, how often, and what the figures should be (`history.py`).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from crypto_pipeline.domain.gaps import span_of_days
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load, Pace
from crypto_pipeline.history.reports import raise_failed
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.benchmarks.make_archive import Archive
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json


def load_in_process(mirror: str, home: Path, archive: Archive) -> Run:
    """Run `main` below in a new process: all symbols and days of an archive into `home`.

    Raises:
        RuntimeError: the load failed; the text holds what it printed.
    """
    return run_for_json(load_command(__name__, mirror, home, archive), env={"CRYPTO_CONFIG": ""})


def load_command(module: str, mirror: str, home: Path, archive: Archive) -> list[str]:
    """The command line of a module that reads `load_options`."""
    command = [sys.executable, "-m", module, "--mirror", mirror, "--home", str(home)]
    return [*command, "--start", f"{archive.start}", "--end", f"{archive.end}", *archive.symbols]


def load_options() -> argparse.Namespace:
    """What to load and where: mirror, home, start, end (exclusive), symbols."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--start", required=True, type=date.fromisoformat)
    parser.add_argument("--end", required=True, type=date.fromisoformat, help="exclusive")
    parser.add_argument("symbols", nargs="+")
    return parser.parse_args()


def mirror_settings(mirror: str, home: Path, symbols: Sequence[str], start: date) -> Settings:
    """Settings whose Binance is the mirror and whose symbols are the archive's."""
    binance = {
        "archive_url": mirror,
        "rest_urls": {"spot": mirror, "perp": mirror},
        "symbols": list(symbols),
    }
    return load_settings(home=home, history_start=start, venues={"binance": binance})


def main() -> None:
    """Load what the arguments name; imports and start-up are not timed, as for the others."""
    options = load_options()
    settings = mirror_settings(options.mirror, options.home, options.symbols, options.start)
    start, cpu_start = time.perf_counter(), time.process_time()
    rows = _load(settings, options.start, options.end)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    run = Run(bars=rows, seconds=seconds, cpu_seconds=cpu_seconds, peak_rss_mb=peak)
    print(json.dumps(asdict(run)))


def _load(settings: Settings, start: date, end: date) -> int:
    prepare_lake(settings.home)
    symbols = settings.venues["binance"].symbols
    load = Load(
        settings.home,
        find_sources(settings).venue("binance"),
        [Series(parse_symbol("binance", symbol), Interval.M1) for symbol in symbols],
        span_of_days(start, end),
        now=datetime.now(UTC),
        pace=Pace(downloads=settings.downloads, commit_rows=settings.commit_rows),
    )
    reports = list(load.reports())
    raise_failed(reports)
    return sum(report.written.inserted for report in reports)


if __name__ == "__main__":
    main()
