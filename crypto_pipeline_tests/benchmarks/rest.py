"""REST to table against the simulator: at the venue's limit, and with limits off beside ccxt.

What belongs here: rounds, processor time, ratios. What does not: how any of them loads. The
simulator plays Binance in a process of its own, so a load's processor time is its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline_tests.benchmarks.figures import Figure
from crypto_pipeline_tests.benchmarks.rest_loading import ccxt_in_process, load_in_process

NOW = "2026-09-20T12:00:00Z"
LIMIT = 50_000
"""1m bars a second that Binance's 6000 weights a minute allow: 1000 for a weight of 2."""
LIMIT_GOAL = 0.95
CORE_GOAL = 0.45
MEMORY_GOAL = 1024
FREQTRADE = 5.6 / 4.3
"""What freqtrade takes over REST, six columns into feather, as a multiple of ccxt's plain loop: µs
a bar of either, measured beside one another."""


def run(folder: Path) -> list[Figure]:
    """Load over REST with limits on, with limits off, and with ccxt's plain loop.

    Raises:
        RuntimeError: a contestant failed.
    """
    home = folder / "rest-home"
    with simulator_process("--now", NOW) as exchange:
        limited = load_in_process(exchange, _fresh(home), symbols=20, days=250)
    with simulator_process("--now", NOW, "--no-limits") as exchange:
        free = load_in_process(exchange, _fresh(home), symbols=20, days=90)
        plain = ccxt_in_process(exchange, symbols=20, days=30)
    _fresh(home)
    memory = max(limited.peak_rss_mb, free.peak_rss_mb)
    cpu, peer = free.cpu_seconds / free.bars * 1e6, plain.cpu_seconds / plain.bars * 1e6
    return [
        Figure("rest", "bars at the limit, all columns stored", limited.rate, "bars/s"),
        Figure("rest", "of what the limit allows", limited.rate / LIMIT, "x", LIMIT_GOAL),
        Figure(
            "rest",
            "share of a core there",
            limited.cpu_seconds / limited.seconds,
            "x",
            CORE_GOAL,
            at_most=True,
        ),
        Figure("rest", "peak memory", memory, "MiB", MEMORY_GOAL, at_most=True),
        Figure("rest", "bars with limits off, all columns stored", free.rate, "bars/s"),
        Figure("rest", "ccxt fetch_ohlcv, six columns, not stored", plain.rate, "bars/s"),
        Figure("rest", "processor time", cpu, "µs/bar"),
        Figure("rest", "processor time of ccxt's loop", peer, "µs/bar"),
        Figure("rest", "of ccxt's; freqtrade's", cpu / peer, "x", FREQTRADE, at_most=True),
    ]


def _fresh(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    return path
