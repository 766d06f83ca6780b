"""Jobs, and what starts them without a person: the daily load, dbt after each load, dead runs.

What belongs here: jobs, schedules, sensors. What does not: the work they start.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from dagster import (
    AssetKey,
    AssetSelection,
    DagsterRun,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    ResourceParam,
    RunRequest,
    RunStatusSensorContext,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    in_process_executor,
    run_status_sensor,
    schedule,
    sensor,
)

from crypto_pipeline.clock import SystemClock
from crypto_pipeline.defs.history import is_kline_key
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import close_dead_runs
from crypto_pipeline.defs.partitions import days_of, range_tags

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )

DAILY = "10 0 * * *"
"""Ten past midnight UTC: yesterday's last bar is closed, and its daily file may be there."""

MARTS = "marts"
"""The group of all dbt models, and the job that builds them."""


def history_job_name(exchange: str) -> str:
    """The job that loads one exchange's history."""
    return f"{exchange}_history"


def history_job(exchange: str, keys: Sequence[AssetKey]) -> "Job":
    """All that has a past of one exchange, and its checks, in the run's own process."""
    return define_asset_job(
        history_job_name(exchange),
        selection=AssetSelection.assets(*keys),
        executor_def=in_process_executor,
        description=f"Loads the history of {exchange} for the chosen days and checks it.",
    )


def marts_job() -> "Job":
    """All dbt models."""
    return define_asset_job(
        MARTS,
        selection=AssetSelection.groups(MARTS),
        executor_def=in_process_executor,
        description="Builds and tests the derived tables with dbt for the chosen days.",
    )


def daily_schedule(exchange: str, keys: Sequence[AssetKey]) -> ScheduleDefinition:
    """Loads yesterday of these assets, whole, after midnight UTC."""

    @schedule(
        name=f"{exchange}_daily",
        cron_schedule=DAILY,
        job_name=history_job_name(exchange),
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
    )
    def load_yesterday(context: ScheduleEvaluationContext) -> RunRequest:
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date()
        day = yesterday.isoformat()
        return RunRequest(run_key=day, partition_key=day, asset_selection=keys)

    return load_yesterday


def marts_sensors(marts: "Job") -> list[SensorDefinition]:
    """Start dbt for a load's days when the load ends, well or not: what landed is derived."""
    return [
        _marts_after(status, marts)
        for status in (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE)
    ]


def _marts_after(status: DagsterRunStatus, marts: "Job") -> SensorDefinition:
    # A selection in the UI is no job of ours, and a backfill at a terminal names no code location:
    # every run is looked at, and those that loaded klines are taken.
    @run_status_sensor(
        name=f"marts_after_{status.value.lower()}",
        run_status=status,
        monitor_all_code_locations=True,
        request_job=marts,
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
    )
    def start(context: RunStatusSensorContext) -> RunRequest | SkipReason:
        run = context.dagster_run
        days = days_of(run.tags)
        if days is None or not loads_klines(run):
            return SkipReason(f"{run.job_name} loaded no days of klines")
        return RunRequest(run_key=context.dagster_run.run_id, tags=range_tags(*days))

    return start


def loads_klines(run: DagsterRun) -> bool:
    """Whether a run loads klines: a whole history job, or a selection with an asset of klines."""
    if run.asset_selection is None:
        return run.job_name.endswith(history_job_name(""))
    return any(is_kline_key(key) for key in run.asset_selection)


def dead_runs_sensor() -> SensorDefinition:
    """Closes runs whose process was killed, so that none stays started for ever."""

    @sensor(
        name="dead_runs",
        minimum_interval_seconds=30,
        default_status=DefaultSensorStatus.RUNNING,
    )
    # Dagster writes down the system's time, whatever clock the market has.
    def look(context: SensorEvaluationContext, history: ResourceParam[History]) -> SkipReason:
        home = history.current_settings().home
        closed = close_dead_runs(context.instance, home, now=SystemClock().now())
        return SkipReason(f"closed {', '.join(closed)}" if closed else "no dead run")

    return look
