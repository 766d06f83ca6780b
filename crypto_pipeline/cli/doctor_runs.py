"""What `doctor` finds out about Dagster: where its state is, and runs that are dead.

What belongs here: looking. What does not: closing dead runs, which `up` and `backfill` do as they
start (`defs/liveness.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import DagsterInstance

from crypto_pipeline.cli.doctor_checks import Finding, Level
from crypto_pipeline.cli.instance import VARIABLE, chosen_folder
from crypto_pipeline.defs.liveness import dead_runs
from crypto_pipeline.errors import CryptoPipelineError
from crypto_pipeline.settings import Settings


def check_runs(settings: Settings) -> Iterator[Finding]:
    """Whether Dagster's folder is usable, and which of its runs died without a word."""
    try:
        chosen = chosen_folder(settings.home)
    except CryptoPipelineError as error:
        yield Finding("runs", Level.FAIL, str(error), "see the message")
        return
    folder = chosen or settings.home / "dagster"
    if chosen is not None:
        yield Finding("dagster", Level.OK, f"{chosen} ({VARIABLE} is set)")
    if not (folder / "dagster.yaml").is_file():
        yield Finding("runs", Level.OK, "none yet")
        return
    with DagsterInstance.from_config(str(folder)) as instance:
        dead = dead_runs(instance, settings.home, now=datetime.now(UTC))
    for run in dead:
        advice = "up, backfill and the dead_runs sensor close it; then run its days again"
        yield Finding("runs", Level.WARN, f"{run.job_name} {run.run_id} died", advice)
    if not dead:
        yield Finding("runs", Level.OK, "no dead run")
