"""Archive to table over HTTP: crypto_pipeline and freqtrade in turns, on one mirror, in one run.

What belongs here: rounds, medians, the ratio. What does not: how either of them loads.
crypto_pipeline verifies sha256 and keeps every column; freqtrade does neither.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from crypto_pipeline_tests.benchmarks import freqtrade
from crypto_pipeline_tests.benchmarks.figures import Figure
from crypto_pipeline_tests.benchmarks.loading import load_in_process
from crypto_pipeline_tests.benchmarks.make_archive import Archive
from crypto_pipeline_tests.benchmarks.mirror import serving
from crypto_pipeline_tests.benchmarks.running import Run
from crypto_pipeline_tests.clients.environments import interpreter

RATE_GOAL = 400_000
RATIO_GOAL = 1.4
MEMORY_GOAL = 1024
"""MiB, for 13M rows; fewer rows must not need more."""


def run(archive: Archive, folder: Path, *, rounds: int) -> list[Figure]:
    """Load the archive `rounds` times with each contestant, in turns.

    Args:
        archive: what the mirror serves and both load.
        folder: scratch space; homes are made fresh in it, and removed.
        rounds: of which the median counts.

    Raises:
        RuntimeError: a contestant failed.
    """
    python = interpreter("freqtrade")
    ours, theirs = list[Run](), list[Run]()
    with serving(archive.root) as mirror:
        for number in range(1, rounds + 1):
            ours.append(load_in_process(mirror, _fresh(folder / "home"), archive))
            _say(number, "crypto_pipeline", ours[-1])
            theirs.append(freqtrade.download(mirror, _fresh(folder / "freqtrade"), archive, python))
            _say(number, "freqtrade", theirs[-1])
    for name in ("home", "freqtrade"):
        _fresh(folder / name)
    return _figures(ours, theirs)


def _figures(ours: list[Run], theirs: list[Run]) -> list[Figure]:
    rate, peer = (median(run.rate for run in runs) for runs in (ours, theirs))
    memory = max(run.peak_rss_mb for run in ours)
    cpu, peer_cpu = (
        median(run.cpu_seconds / run.bars * 1e6 for run in runs) for runs in (ours, theirs)
    )
    return [
        Figure("history", "archive to DuckLake, sha256, all columns", rate, "bars/s", RATE_GOAL),
        Figure("history", "freqtrade download-data, feather, 6 columns", peer, "bars/s"),
        Figure("history", "crypto_pipeline / freqtrade", rate / peer, "x", RATIO_GOAL),
        Figure("history", "peak memory", memory, "MiB", MEMORY_GOAL, at_most=True),
        Figure("history", "processor time", cpu, "µs/bar"),
        Figure("history", "processor time of freqtrade", peer_cpu, "µs/bar"),
    ]


def _fresh(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    return path


def _say(number: int, name: str, run: Run) -> None:
    print(
        f"  round {number}: {name} {run.rate:,.0f} bars/s, {run.seconds:.1f} s, "
        f"{run.peak_rss_mb:,.0f} MiB",
        flush=True,
    )
