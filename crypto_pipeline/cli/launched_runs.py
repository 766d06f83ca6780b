"""The runs that the daemon launched: what becomes of them, while `up` runs and when it ends.

What belongs here: following, ending and closing them. What does not: runs of a terminal's own
process (`cli/runs.py`): they go on without `up`.

Dagster leaves a launched run behind when its daemon ends: the run goes on in a process that nobody
sees, without a keeper and, in a demo, without its exchange. So `up` cancels them as it stops.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.tags import GRPC_INFO_TAG

LOCATION = "crypto_pipeline"
"""The code location's name, as in workspace.yaml: Dagster tells schedules and runs apart by it."""

CANCEL_SECONDS = 30.0
POLL_SECONDS = 0.3
UNDER_WAY = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
LIMIT = 100

WORDS = {
    DagsterRunStatus.QUEUED: "waits",
    DagsterRunStatus.STARTED: "started",
    DagsterRunStatus.SUCCESS: "succeeded",
    DagsterRunStatus.FAILURE: "failed",
    DagsterRunStatus.CANCELED: "was canceled",
}


class News:
    """What happened to the runs of an instance since it was last asked."""

    def __init__(self, instance: DagsterInstance) -> None:
        self._instance = instance
        self._since = datetime.now(UTC)
        self._known: dict[str, DagsterRunStatus] = {}

    def lines(self) -> list[str]:
        """A line for each run that entered another state, the oldest first."""
        # Dagster stamps a change before it commits it: look a little further back than last time.
        since, self._since = self._since - timedelta(seconds=5), datetime.now(UTC)
        changed = self._instance.get_run_records(RunsFilter(updated_after=since), limit=LIMIT)
        return [line for record in reversed(changed) if (line := self._line(record))]

    def _line(self, record: RunRecord) -> str | None:
        run = record.dagster_run
        if self._known.get(run.run_id) == run.status or run.status not in WORDS:
            return None
        self._known[run.run_id] = run.status
        at = record.update_timestamp.replace(tzinfo=UTC)
        return f"{at:%H:%M:%S}Z run {run.run_id[:8]} {run.job_name} {WORDS[run.status]}"


def launched(instance: DagsterInstance) -> list[DagsterRun]:
    """The runs under way that a daemon or a web interface of ours launched."""
    runs = instance.get_runs(RunsFilter(statuses=UNDER_WAY), limit=LIMIT)
    return [run for run in runs if GRPC_INFO_TAG in run.tags and _location(run) == LOCATION]


def cancel(instance: DagsterInstance, runs: list[DagsterRun]) -> None:
    """Ask each run to stop, as the web interface would, and wait until all have."""
    for run in runs:
        instance.run_launcher.terminate(run.run_id)
    deadline = time.monotonic() + CANCEL_SECONDS
    while _unfinished(instance, runs) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def close(instance: DagsterInstance, runs: list[DagsterRun]) -> None:
    """Report as canceled those that did not say so themselves; their processes are gone."""
    for run in _unfinished(instance, runs):
        instance.report_run_canceled(run, "`up` was stopped, and ended this run's process with it.")


def waiting(instance: DagsterInstance) -> int:
    """How many runs wait in the queue, for the next daemon."""
    return instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.QUEUED]))


def _unfinished(instance: DagsterInstance, runs: list[DagsterRun]) -> list[DagsterRun]:
    now = [instance.get_run_by_id(run.run_id) for run in runs]
    return [run for run in now if run is not None and not run.is_finished]


def _location(run: DagsterRun) -> str | None:
    origin = run.remote_job_origin
    return origin.repository_origin.code_location_origin.location_name if origin else None
