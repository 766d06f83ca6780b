"""Dagster runs of this process: a load of klines, a build of the marts.

What belongs here: preparing a home, starting a run in this process and reading its end. What does
not: asking for it or showing it (`cli/backfill.py`, `cli/demo.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from dagster import DagsterEvent, DagsterInstance, DagsterRunStatus, ExecuteInProcessResult

from crypto_pipeline.cli.instance import prepare_instance
from crypto_pipeline.cli.terminal import notes
from crypto_pipeline.clock import SystemClock
from crypto_pipeline.defs.automation import MARTS, history_job_name
from crypto_pipeline.defs.build import (
    build_definitions,
    history_definitions,
    moment_definitions,
)
from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.instruments import instruments_job_name
from crypto_pipeline.defs.liveness import close_dead_runs
from crypto_pipeline.defs.partitions import range_tags
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Progress
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.history.selection import configured_series
from crypto_pipeline.history.universe import extend_universe
from crypto_pipeline.lake.keeper import keeping
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own lines stay off the terminal: they are in its event log, for the UI."""


@dataclass(slots=True)
class Ended:
    """How a run ended.

    Attributes:
        reports: each series' outcome, for a load.
        errors: why it failed, in words; empty where it did not.
    """

    run_id: str
    success: bool
    reports: list[SeriesReport] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def prepared_home(settings: Settings, serieses: Sequence[Series]) -> Iterator[DagsterInstance]:
    """A home that runs can start on: its origin, lake, universe, Dagster instance and keeper.

    Raises:
        OriginError: the home holds data of another origin than these sources have.
    """
    home = settings.home
    claim(home, find_sources(settings).origin)
    prepare_lake(home)
    extend_universe(home, [*configured_series(settings), *serieses])
    prepare_instance(home)
    with keeping(home), DagsterInstance.get() as instance:
        for run_id in close_dead_runs(instance, home, now=SystemClock().now()):
            notes.print(f"run {run_id} had died; it is closed as failed")
        yield instance


def run_load(
    settings: Settings,
    instance: DagsterInstance,
    serieses: Sequence[Series],
    days: tuple[date, date],
    *,
    on_progress: Callable[[Progress], None],
    only_missing: bool = False,
) -> Ended:
    """Load series of one exchange over the days [first, end) as one run of this process."""
    reports: list[SeriesReport] = []
    history = History(
        settings,
        attended=True,
        only_missing=only_missing,
        on_progress=Summed(on_progress, len(serieses)),
        on_report=reports.append,
    )
    exchange = serieses[0].instrument.exchange
    definitions = history_definitions(settings, resources={"history": history})
    result = definitions.resolve_job_def(history_job_name(exchange)).execute_in_process(
        instance=instance,
        asset_selection=[asset_key(series) for series in serieses],
        tags=range_tags(*days),
        run_config=_QUIET,
        raise_on_error=False,
    )
    return Ended(result.run_id, result.success, reports, _errors(instance, result))


class Summed:
    """The loads of one run, one for each kind, told as one."""

    def __init__(self, tell: Callable[[Progress], None], total: int) -> None:
        self._tell, self._total = tell, total
        self._loads: dict[Kind, Progress] = {}

    def __call__(self, kind: Kind, now: Progress) -> None:
        """Take a word from the load of a kind."""
        self._loads[kind] = now
        rows = sum(load.rows for load in self._loads.values())
        finished = sum(load.finished for load in self._loads.values())
        self._tell(Progress(rows, finished, self._total, now.limit_use))


def run_marts(settings: Settings, instance: DagsterInstance, days: tuple[date, date]) -> Ended:
    """Build the marts for the days [first, end) as one run of this process."""
    history = History(settings, attended=True)
    definitions = build_definitions(settings, resources={"history": history})
    result = definitions.resolve_job_def(MARTS).execute_in_process(
        instance=instance, tags=range_tags(*days), run_config=_QUIET, raise_on_error=False
    )
    return Ended(result.run_id, result.success, errors=_errors(instance, result))


def run_look(settings: Settings, instance: DagsterInstance, exchange: str) -> Ended:
    """Look at what one exchange lists as one run of this process."""
    history = History(settings, attended=True)
    definitions = moment_definitions(settings, resources={"history": history})
    result = definitions.resolve_job_def(instruments_job_name(exchange)).execute_in_process(
        instance=instance, run_config=_QUIET, raise_on_error=False
    )
    return Ended(result.run_id, result.success, errors=_errors(instance, result))


def _errors(instance: DagsterInstance, result: ExecuteInProcessResult) -> list[str]:
    """What the failed steps said, or what Dagster says of the run.

    Raises:
        KeyboardInterrupt: the run was interrupted, and is recorded as cancelled.
    """
    if result.success:
        return []
    run = instance.get_run_by_id(result.run_id)
    if run is not None and run.status is DagsterRunStatus.CANCELED:
        raise KeyboardInterrupt
    found = [_said(event) for event in result.get_step_failure_events()]
    return found or [f"the run ended as {result.dagster_run.status.value}"]


def _said(event: DagsterEvent) -> str:
    """What a step said, or what went wrong at first: Dagster wraps it in an error of its own."""
    failure, error = event.step_failure_data.user_failure_data, event.step_failure_data.error
    if failure is not None and failure.description:
        return failure.description
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "a step failed"
