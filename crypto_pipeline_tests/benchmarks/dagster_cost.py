"""The same load as a Dagster run, as `backfill` does it, with the cost of Dagster printed apart.

What belongs here: the run as a program of its own, and the figures. What does not: the load alone
(`loading.py`), which is measured beside it, and timing single events (`event_cost.py`).
With DAGSTER_EVENT_BATCH_SIZE=0 in the environment Dagster writes each event by itself.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from dagster import DagsterEventType, DagsterInstance

from crypto_pipeline.cli.runs import Ended, prepared_home, run_load
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Series
from crypto_pipeline_tests.benchmarks.event_cost import EventCost, measure
from crypto_pipeline_tests.benchmarks.figures import Figure
from crypto_pipeline_tests.benchmarks.loading import load_command, load_options, mirror_settings
from crypto_pipeline_tests.benchmarks.make_archive import Archive
from crypto_pipeline_tests.benchmarks.mirror import serving
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json

GOAL = 12_960_000 / 180
"""Bars a second that a run as a whole has to land at the least."""


def run(archive: Archive, folder: Path) -> list[Figure]:
    """Load the archive once as a run of Dagster, into a fresh home.

    Raises:
        RuntimeError: the run failed.
    """
    home = folder / "dagster-home"
    shutil.rmtree(home, ignore_errors=True)
    env = {"CRYPTO_CONFIG": "", "DAGSTER_HOME": str(home / "dagster")}
    with serving(archive.root) as mirror:
        taken = run_for_json(load_command(__name__, mirror, home, archive), env=env)
    shutil.rmtree(home)
    return [
        Figure("dagster", "the load as a Dagster run, checks included", taken.rate, "bars/s"),
        Figure("dagster", "the whole run", taken.seconds, "s", archive.rows / GOAL, at_most=True),
        *(Figure("dagster", f"of it {part}", value, "s") for part, value in taken.parts.items()),
        *_event_figures(taken.counts),
        Figure("dagster", "peak memory", taken.peak_rss_mb, "MiB"),
    ]


def _event_figures(counts: Mapping[str, float]) -> list[Figure]:
    """The event log's part, and what one event of a partition takes of it."""
    figures = [
        Figure("dagster", f"event log, {name}", value, "s" if name.endswith("time") else "events")
        for name, value in counts.items()
    ]
    for kind in ("wall time", "CPU time"):
        each = 1000 * counts[f"partition events, {kind}"] / counts["partition events"]
        figures.append(Figure("dagster", f"event log, {kind} of a partition event", each, "ms"))
    return figures


def main() -> None:
    """Run what the arguments name; timed from the start of the run to its end."""
    options = load_options()
    settings = mirror_settings(options.mirror, options.home, options.symbols, options.start)
    serieses = [Series(parse_symbol("binance", s), Interval.M1) for s in options.symbols]
    landed_at: list[float] = []
    Path(options.home, "dagster").mkdir(parents=True)
    with prepared_home(settings, serieses) as instance:
        cost = measure(instance)
        start, cpu_start = time.perf_counter(), time.process_time()
        ended = run_load(
            settings,
            instance,
            serieses,
            (options.start, options.end),
            on_progress=lambda _: landed_at.append(time.time()),
        )
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        steps = _steps(instance, ended.run_id)
    figures = Run(
        bars=_rows(ended),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        parts=_parts(seconds, landed_at[-1], steps),
        counts=_counts(cost),
    )
    print(json.dumps(asdict(figures)))


def _counts(cost: EventCost) -> dict[str, float]:
    counts: dict[str, float] = {}
    for name, part in (("partition events", cost.partitions), ("other events", cost.others)):
        took = {f"{name}, wall time": part.seconds, f"{name}, CPU time": part.cpu_seconds}
        counts |= {name: part.events, **took}
    return counts


def _rows(ended: Ended) -> int:
    if not ended.success:
        sys.exit("\n".join(ended.errors))
    return sum(report.written.inserted for report in ended.reports)


def _steps(instance: DagsterInstance, run_id: str) -> list[tuple[float, float]]:
    """Start and end of the run's steps, in seconds since the epoch: the load, then its checks."""
    starts = instance.all_logs(run_id, of_type=DagsterEventType.STEP_START)
    ends = instance.all_logs(run_id, of_type=DagsterEventType.STEP_SUCCESS)
    times = zip([e.timestamp for e in starts], [e.timestamp for e in ends], strict=True)
    return sorted(times)


def _parts(seconds: float, landed_at: float, steps: list[tuple[float, float]]) -> dict[str, float]:
    """Where the time went: events are what the load's step does after its last commit."""
    (load_start, load_end), *checks = steps
    parts = {
        "load, to the last commit": landed_at - load_start,
        "events of materialisations": load_end - landed_at,
        "checks and their events": sum(end - start for start, end in checks),
    }
    return parts | {"definitions and start": seconds - sum(parts.values())}


if __name__ == "__main__":
    main()
