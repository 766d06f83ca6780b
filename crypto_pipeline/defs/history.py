"""Kline assets: one for each exchange, instrument type, symbol and interval; one step loads many.

What belongs here: asset specs, and the step that turns a run's selection into one load. What does
not: loading (`history/klines.py`).
"""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    DailyPartitionsDefinition,
    Failure,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
    multi_asset,
)

from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import alive
from crypto_pipeline.defs.partitions import days_of
from crypto_pipeline.domain.gaps import span_of_days
from crypto_pipeline.errors import LoadError
from crypto_pipeline.history.klines import KlineLoad
from crypto_pipeline.history.reports import SeriesReport, raise_failed
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.venues.venue import Series


def kline_key(series: Series) -> AssetKey:
    """`binance/spot/btc_usdt/kline_1m`."""
    instrument = series.instrument
    kind = f"kline_{series.interval.value}"
    return AssetKey(
        [instrument.exchange, instrument.instrument_type.value, instrument.key_part, kind]
    )


def kline_spec(series: Series, partitions: DailyPartitionsDefinition) -> AssetSpec:
    """The asset of one series."""
    instrument = series.instrument
    return AssetSpec(
        kline_key(series),
        description=(
            f"{series.interval.value} klines of {instrument.symbol} on {instrument.exchange}, in "
            f"market.klines under entity_id '{instrument.entity_id}'."
        ),
        group_name=instrument.exchange,
        partitions_def=partitions,
        kinds={"ducklake"},
        tags={
            "crypto/exchange": instrument.exchange,
            "crypto/instrument_type": instrument.instrument_type.value,
            "crypto/symbol": instrument.key_part,
            "crypto/interval": series.interval.value,
            "crypto/kind": "klines",
        },
        metadata={"entity_id": instrument.entity_id, "symbol": instrument.symbol},
    )


def kline_assets(
    exchange: str, serieses: Sequence[Series], partitions: DailyPartitionsDefinition
) -> AssetsDefinition:
    """All kline assets of one exchange, loaded by one step under one limit."""
    by_key = {kline_key(series): series for series in serieses}

    @multi_asset(
        name=f"{exchange}_klines",
        specs=[kline_spec(series, partitions) for series in serieses],
        can_subset=True,
        backfill_policy=BackfillPolicy.single_run(),
        pool=f"history_{exchange}",
    )
    def load(
        context: AssetExecutionContext, history: ResourceParam[History]
    ) -> Iterator[MaterializeResult[None]]:
        selected = [by_key[key] for key in sorted(context.selected_asset_keys)]
        yield from _load(context, history, exchange, selected)

    return load


def _load(
    context: AssetExecutionContext, history: History, exchange: str, serieses: Sequence[Series]
) -> Iterator[MaterializeResult[None]]:
    """Load the run's days; yields each asset as it is done, fails at last for those that did."""
    days = days_of(context.run.tags)
    if days is None:
        raise Failure("this run names no day: select partitions and materialise them")
    settings, sources = history.current_settings(), history.sources()
    with alive(context, history, "load of klines"):
        claim(settings.home, sources.origin)
        prepare_lake(settings.home)
        load = KlineLoad(
            settings.home,
            sources.venue(exchange),
            serieses,
            span_of_days(*days),
            now=history.clock().now(),
            pace=history.pace(),
            on_progress=history.on_progress,
        )
        reports = []
        for report in load.reports():
            reports.append(report)
            history.on_report(report)
            if report.error is None:
                yield _result(report)
        try:
            raise_failed(reports)
        except LoadError as error:
            raise Failure(str(error)) from error


def _result(report: SeriesReport) -> MaterializeResult[None]:
    """What one load did for one asset over its range; coverage has the figures of each day."""
    return MaterializeResult(
        asset_key=kline_key(report.series),
        metadata={
            "range": f"{report.span}",
            "rows_inserted": report.written.inserted,
            "rows_changed": report.written.changed,
            "rows_unchanged": report.written.unchanged,
            "bars_expected": report.expected,
            "bars_present": report.present,
            "missing": MetadataValue.json([str(span) for span in report.missing[:50]]),
        },
    )
