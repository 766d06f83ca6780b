"""Trades from archive files to table: daily files of the simulator's Binance, on a mirror.

What belongs here: making the files once, the goal, the measurement. What does not: the load as a
program (`trade_loading.py`).
"""

from __future__ import annotations

import shutil
import urllib.request
from datetime import timedelta
from pathlib import Path

from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline.domain.intervals import DAY
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.settings import load_settings
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline_tests.benchmarks.dense_trades import ROWS, make_dense
from crypto_pipeline_tests.benchmarks.figures import Figure
from crypto_pipeline_tests.benchmarks.mirror import serving
from crypto_pipeline_tests.benchmarks.trade_loading import END, SYMBOLS, load_in_process, series

DAYS, DENSE_DAYS = 8, 4
RATE_GOAL = 1_000_000
MEMORY_GOAL = 1024
FILE_WAIT = 120.0


def run(folder: Path) -> list[Figure]:
    """Load some days of trades of some symbols.

    Raises:
        RuntimeError: the load failed.
    """
    root, dense_root = folder / "trades", folder / "trades-dense"
    _make(root)
    make_dense(dense_root, [(END - timedelta(days=n + 1)).date() for n in range(DENSE_DAYS)])
    with serving(root) as mirror:
        taken = load_in_process(mirror, _fresh(folder), days=DAYS)
    with serving(dense_root) as mirror:
        dense = load_in_process(mirror, _fresh(folder), days=DENSE_DAYS, symbols=SYMBOLS[:1])
    _fresh(folder)
    return [
        Figure("trades", "from files to DuckLake, raw kept", taken.rate, "rows/s", RATE_GOAL),
        Figure("trades", "processor time", taken.cpu_seconds / taken.bars * 1e6, "µs/row"),
        Figure("trades", "peak memory", taken.peak_rss_mb, "MiB", MEMORY_GOAL, at_most=True),
        Figure("trades", f"days of {ROWS:,} rows", dense.rate, "rows/s", RATE_GOAL),
        Figure("trades", "peak memory there", dense.peak_rss_mb, "MiB", MEMORY_GOAL, at_most=True),
    ]


def _fresh(folder: Path) -> Path:
    home = folder / "trades-home"
    shutil.rmtree(home, ignore_errors=True)
    return home


def _make(root: Path) -> None:
    """Fetch the files, with their checksums, that are not there from an earlier run."""
    now = (END + DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    with simulator_process("--now", now) as exchange:
        venue = find_sources(load_settings(simulator_url=exchange)).venue("binance")
        for each in series():
            for number in range(DAYS):
                day = (END - timedelta(days=number + 1)).date()
                file = venue.archive_file(each, Cut.DAILY, day)
                for url in (file.url, file.checksum_url or file.url):
                    _fetch(url, root / url.removeprefix(f"{venue.endpoints.archive}/"))


def _fetch(url: str, path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(url, timeout=FILE_WAIT) as answer:  # noqa: S310 our simulator's own address
        path.write_bytes(answer.read())
