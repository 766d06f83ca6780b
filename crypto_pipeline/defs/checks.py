"""Asset checks of klines: gaps and sanity, two of each asset, from the verdicts that are kept.

What belongs here: showing a judgement in Dagster. What does not: judging (`history/checks.py`).
None blocks: a day that must not reach the marts is kept out by its verdict.
"""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    MetadataValue,
    ResourceParam,
    TableRecord,
    multi_asset_check,
)

from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import alive
from crypto_pipeline.defs.partitions import days_of
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.checks import GAPS, SANITY, SEVERITY, Judgement, judge

DESCRIPTIONS = {
    GAPS: "Every bar of the loaded days is there; shows the runs that are not.",
    SANITY: "Every kline is possible: prices in order and above zero, volumes not negative, taker "
    "volume within volume, average price within low and high. Shows the klines that are not.",
}


def kline_checks(exchange: str, serieses: Sequence[Series]) -> AssetChecksDefinition:
    """The checks of all kline assets of one exchange, judged by one step."""
    by_key = {
        AssetCheckKey(asset_key(series), check): (series, check)
        for series in serieses
        for check in SEVERITY
    }

    @multi_asset_check(
        name=f"{exchange}_kline_checks",
        specs=[
            AssetCheckSpec(key.name, asset=key.asset_key, description=DESCRIPTIONS[key.name])
            for key in by_key
        ],
        can_subset=True,
    )
    def check(
        context: AssetCheckExecutionContext, history: ResourceParam[History]
    ) -> Iterator[AssetCheckResult]:
        selected = {key: by_key[key] for key in context.selected_asset_check_keys}
        judgements = _judge(context, history, [series for series, _ in selected.values()])
        for key, (series, name) in selected.items():
            yield _result(key, judgements[series, name])

    return check


def _judge(
    context: AssetCheckExecutionContext, history: History, serieses: Sequence[Series]
) -> dict[tuple[Series, str], Judgement]:
    """Judge the run's days; all that are loaded where the run names none."""
    start, end = days_of(context.run.tags) or (None, None)
    with alive(context, history, "checks of klines") as home:
        return judge(
            home,
            list(dict.fromkeys(serieses)),
            start=start,
            end=end,
            run_id=context.run.run_id,
            now=history.clock().now(),
        )


def _result(key: AssetCheckKey, judgement: Judgement) -> AssetCheckResult:
    blocking = SEVERITY[judgement.check] == "blocking"
    return AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=judgement.passed,
        severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
        metadata={
            "rows_failed": judgement.rows_failed,
            "days_failed": judgement.days_failed,
            "days_judged": judgement.days_judged,
            "failing_rows": MetadataValue.table(
                [TableRecord({k: _cell(v) for k, v in row.items()}) for row in judgement.failing]
            )
            if judgement.failing
            else MetadataValue.text("none"),
        },
    )


def _cell(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
