"""Dagster's own state: which folder it is in, and how Dagster runs there.

What belongs here: DAGSTER_HOME and the dagster.yaml of a home. What does not: starting anything on
it (`cli/runs.py`, `cli/up.py`). A folder that a person chose through DAGSTER_HOME is used as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from crypto_pipeline.errors import UsageError

VARIABLE = "DAGSTER_HOME"
BATCH_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_EVENTS = 500
"""Events of one asset's partitions that Dagster hands to its event log at once."""

CONFIG = """\
# Written once by crypto-pipeline; yours to change. Remove it to get the packaged text again.
telemetry:
  enabled: false
nux:
  enabled: false

# Dagster's own event log in SQLite, in its own place, with a batch of events in one transaction.
event_log_storage:
  module: crypto_pipeline.defs.event_log
  class: BatchedEventLogStorage

# An interrupted load is repeated by the person or the schedule, for the same days.
run_retries:
  enabled: false

# Each exchange's history is a pool, and dbt is one: one run of each at a time. The limits apply to
# runs that wait in the queue; `crypto-pipeline backfill` runs in its own process.
concurrency:
  pools:
    granularity: run
    default_limit: 1
  runs:
    max_concurrent_runs: 12
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1

# A run that never gets to start, or never obeys a stop, is closed.
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 180
  poll_interval_seconds: 30

# What sensors found not worth a run is kept for a day.
retention:
  sensor:
    purge_after_days: {skipped: 1}
"""


def prepare_instance(home: Path) -> Path:
    """Make sure that Dagster has a folder, and that this process and its children use it.

    Args:
        home: CRYPTO_HOME; its `dagster` folder and dagster.yaml are made where they are absent.

    Returns:
        The folder: DAGSTER_HOME where it was set, else the home's.

    Raises:
        UsageError: DAGSTER_HOME is set to what is no folder, or the home cannot be written.
    """
    own = home.absolute() / "dagster"
    chosen = chosen_folder(home)
    if chosen is not None:
        return chosen
    try:
        own.mkdir(parents=True, exist_ok=True)
        _write_once(own / "dagster.yaml", CONFIG)
    except OSError as error:
        raise UsageError(
            f"{own} cannot be written: {error.strerror}. Set CRYPTO_HOME to a folder that can."
        ) from error
    os.environ[VARIABLE] = str(own)
    os.environ.setdefault(BATCH_VARIABLE, str(BATCH_EVENTS))
    return own


def chosen_folder(home: Path) -> Path | None:
    """The folder that DAGSTER_HOME names, where it is another than this home's own.

    Raises:
        UsageError: it is no folder, or not an absolute path.
    """
    named = os.environ.get(VARIABLE, "")
    if not named or Path(named) == home.absolute() / "dagster":
        return None
    if not Path(named).is_absolute():
        raise UsageError(
            f"{VARIABLE} is '{named}', which is not an absolute path; give one, or unset it to "
            f"keep Dagster's state in CRYPTO_HOME"
        )
    if not Path(named).is_dir():
        raise UsageError(
            f"{VARIABLE} is '{named}', which is no folder; make it, or unset the variable to keep "
            f"Dagster's state in CRYPTO_HOME"
        )
    return Path(named)


def _write_once(path: Path, text: str) -> None:
    """Write a file that is not there yet; whole, also where two processes do so at once."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
