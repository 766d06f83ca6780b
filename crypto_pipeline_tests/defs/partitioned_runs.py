"""Real runs of a small partitioned job, in instances with either event log.

What belongs here: the instances, the job, and its run as a program of its own. What does not: what
a test expects of them (`test_event_log.py`).
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import yaml
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetSelection,
    AssetSpec,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
    MaterializeResult,
    define_asset_job,
    multi_asset,
)

from crypto_pipeline.cli.instance import CONFIG
from crypto_pipeline.defs.partitions import range_tags

KEYS = [AssetKey(["small", name]) for name in ("a", "b", "c")]
CHECKS = [AssetCheckSpec("filled", asset=key) for key in KEYS]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DAYS = ("2024-01-01", "2024-01-11")
"""Ten days, the last one exclusive."""


def write_config(folder: Path, *, batched: bool) -> Path:
    """A folder with the packaged dagster.yaml, or with one of before it named an event log."""
    config = yaml.safe_load(CONFIG)
    if not batched:
        del config["event_log_storage"]
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def small_job(fault: Callable[[], None]) -> JobDefinition:
    """Three assets of days in one step, each with one check, and an observation of the first.

    Args:
        fault: called when the first asset is done.
    """

    @multi_asset(
        specs=[AssetSpec(key, partitions_def=DailyPartitionsDefinition(DAYS[0])) for key in KEYS],
        check_specs=CHECKS,
        backfill_policy=BackfillPolicy.single_run(),
    )
    def load(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
        context.log_event(AssetObservation(KEYS[0], metadata={"seen": 1}))
        for key in KEYS:
            context.log.info(f"loading {key.path[-1]}")
            if key == KEYS[1]:
                fault()
            judged = AssetCheckResult(passed=key != KEYS[2], check_name="filled", asset_key=key)
            yield MaterializeResult(asset_key=key, metadata={"rows": 3}, check_results=[judged])

    job = define_asset_job("small", AssetSelection.all())
    return Definitions([load], jobs=[job]).resolve_job_def("small")


def no_fault() -> None:
    """Let the run go on."""


def run_small(
    instance: DagsterInstance,
    run_id: str,
    days: tuple[str, str] = DAYS,
    *,
    fault: Callable[[], None] = no_fault,
) -> ExecuteInProcessResult:
    """One run of the small job over the days [first, end)."""
    first, end = (date.fromisoformat(day) for day in days)
    return small_job(fault).execute_in_process(
        instance=instance,
        run_id=run_id,
        tags=range_tags(first, end),
        run_config=QUIET,
        raise_on_error=False,
    )


def main() -> None:
    """Run once in the folder, under the id and over the days that the arguments name."""
    folder, run_id, first, end = sys.argv[1:]
    with DagsterInstance.from_config(folder) as instance:
        sys.exit(0 if run_small(instance, run_id, (first, end)).success else 1)


if __name__ == "__main__":
    main()
