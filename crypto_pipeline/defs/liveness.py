"""Telling a run that died from one that works: each step's process holds a lock while it works.

A run that Dagster calls started and for which no process holds a lock is dead: its process was
killed and could not say so. What belongs here: the lock, finding dead runs, closing them. What does
not: when that is looked for (`defs/automation.py`, the cli).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from dagster import (
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Failure,
    RunRecord,
    RunsFilter,
)

from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.errors import CryptoPipelineError
from crypto_pipeline.lake.locks import hold, is_held
from crypto_pipeline.logs import bind_run

GRACE = timedelta(seconds=60)
"""How long a run may have no working process: before its first step, or between two."""

WORKING = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


class Context(Protocol):
    """What asset and check contexts have in common."""

    @property
    def run(self) -> DagsterRun:
        """The run that a step is part of."""

    @property
    def instance(self) -> DagsterInstance:
        """Where Dagster keeps it."""


@contextmanager
def alive(context: Context, history: History, purpose: str) -> Iterator[Path]:
    """Say for the length of the block that this process works for a run; gives the run's home.

    Dagster takes an interrupt that nobody asked it for as a failure. Where a person sits at the
    terminal, Ctrl-C is the asking, and the run ends as cancelled.

    Raises:
        Failure: an error of ours ended the block; Dagster shows its words in place of its own.
    """
    home, run_id = history.current_settings().home, context.run.run_id
    bind_run(run_id)
    path = _locks(home) / f"{run_id}.{os.getpid()}.lock"
    try:
        with hold(path, wait=5, purpose=purpose):
            yield home
    except CryptoPipelineError as error:
        raise Failure(str(error)) from error
    except (KeyboardInterrupt, DagsterExecutionInterruptedError):
        if history.attended:
            context.instance.report_run_canceling(context.run)
        raise
    finally:
        path.unlink(missing_ok=True)
        _last_step(home, run_id).touch()


def close_dead_runs(instance: DagsterInstance, home: Path, *, now: datetime) -> list[str]:
    """Report each dead run as failed.

    A run whose lock file lies there with nobody holding it was killed in a step and is dead at
    once; one without a lock file is given GRACE since its last sign of life.

    Returns:
        The ids of the runs that were closed.
    """
    closed = []
    for run in dead_runs(instance, home, now=now):
        instance.report_run_failed(
            run,
            "the process of this run ended without a word (killed, or the machine went down). "
            "What it had committed is whole; run the same days again for the rest.",
        )
        _forget(home, run.run_id)
        closed.append(run.run_id)
    return closed


def dead_runs(instance: DagsterInstance, home: Path, *, now: datetime) -> list[DagsterRun]:
    """The runs that Dagster calls started and for which no process works."""
    records = instance.get_run_records(RunsFilter(statuses=WORKING), limit=100)
    return [record.dagster_run for record in records if _is_dead(record, home, now)]


def _is_dead(record: RunRecord, home: Path, now: datetime) -> bool:
    locks = list(_locks(home).glob(f"{record.dagster_run.run_id}.*.lock"))
    if locks:
        return not any(is_held(lock) for lock in locks)
    signs = [record.update_timestamp.replace(tzinfo=UTC)]
    with contextlib.suppress(FileNotFoundError):
        ended = _last_step(home, record.dagster_run.run_id).stat().st_mtime
        signs.append(datetime.fromtimestamp(ended, UTC))
    return now - max(signs) > GRACE


def _forget(home: Path, run_id: str) -> None:
    for path in _locks(home).glob(f"{run_id}.*"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _last_step(home: Path, run_id: str) -> Path:
    """A file whose time of change is when a step of this run last ended."""
    return _locks(home) / f"{run_id}.ended"


def _locks(home: Path) -> Path:
    return home / "run" / "runs"
