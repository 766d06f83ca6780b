"""Assets with a past: one for each series, loaded by one step for each exchange and kind.

What belongs here: asset specs, and the step that turns a run's selection into one load. What does
not: loading (`history/loads.py`), assets of the present moment (`defs/instruments.py`,
`defs/order_books.py`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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
from crypto_pipeline.domain.gaps import Span, span_of_days
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.holdings import as_spans, held_days
from crypto_pipeline.history.kinds import table_of
from crypto_pipeline.history.loads import Load, Progress
from crypto_pipeline.history.reports import SeriesReport, raise_failed
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import prepare_lake

KLINE = "kline_"
"""How the last part of a key begins where the rows are klines."""

NAMES = {
    Kind.KLINES: "klines",
    Kind.TRADES: "trades, one row a fill,",
    Kind.AGG_TRADES: "trades as the exchange puts them together by taker order and price,",
    Kind.FUNDING: "settled funding rates",
}
"""What the rows of a kind are, for a person."""


def asset_key(series: Series) -> AssetKey:
    """`binance/spot/btc_usdt/kline_1m`, `binance/perp/btc_usdt/funding`."""
    instrument = series.instrument
    name = f"{KLINE}{series.grid.value}" if series.kind is Kind.KLINES else series.kind.value
    return AssetKey(
        [instrument.exchange, instrument.instrument_type.value, instrument.key_part, name]
    )


def is_kline_key(key: AssetKey) -> bool:
    """Whether an asset's rows are klines."""
    return key.path[-1].startswith(KLINE)


def series_spec(series: Series, partitions: DailyPartitionsDefinition) -> AssetSpec:
    """The asset of one series."""
    instrument = series.instrument
    interval = f"{series.interval.value} " if series.interval else ""
    tags = {
        "crypto/exchange": instrument.exchange,
        "crypto/instrument_type": instrument.instrument_type.value,
        "crypto/symbol": instrument.key_part,
        "crypto/kind": series.kind.value,
    }
    return AssetSpec(
        asset_key(series),
        description=(
            f"{interval}{NAMES[series.kind]} of {instrument.symbol} on {instrument.exchange}, in "
            f"{table_of(series).qualified} under entity_id '{instrument.entity_id}'."
        ),
        group_name=instrument.exchange,
        partitions_def=partitions,
        kinds={"ducklake"},
        tags={**tags, "crypto/interval": series.interval.value} if series.interval else tags,
        metadata={"entity_id": instrument.entity_id, "symbol": instrument.symbol},
    )


def history_assets(
    exchange: str, kind: Kind, serieses: Sequence[Series], partitions: DailyPartitionsDefinition
) -> AssetsDefinition:
    """All assets of one exchange and kind, loaded by one step under one limit."""
    by_key = {asset_key(series): series for series in serieses}

    @multi_asset(
        name=f"{exchange}_{kind.value}",
        specs=[series_spec(series, partitions) for series in serieses],
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
    with alive(context, history, f"load of {serieses[0].kind.value}"):
        claim(settings.home, sources.origin)
        prepare_lake(settings.home)
        span, watched = span_of_days(*days), Watched(serieses[0].kind, history.on_progress)
        load = Load(
            settings.home,
            sources.venue(exchange),
            serieses,
            span,
            now=history.clock().now(),
            keep_raw=settings.raw_retention_days != 0,
            held=_held(settings.home, serieses, span) if history.only_missing else {},
            pace=history.pace(),
            on_progress=watched,
        )
        reports = []
        for report in load.reports():
            reports.append(report)
            history.on_report(report)
            if report.error is None:
                yield _result(report, watched)
        raise_failed(reports)


class Watched:
    """Passes a load's progress on, and knows the last of it.

    Attributes:
        last: how far the load is.
    """

    def __init__(self, kind: Kind, on_progress: Callable[[Kind, Progress], None]) -> None:
        self._kind, self._on_progress, self._started = kind, on_progress, time.monotonic()
        self.last = Progress(0, 0, 0)

    def __call__(self, progress: Progress) -> None:
        """Take a word from the load's thread."""
        self.last = progress
        self._on_progress(self._kind, progress)

    def seconds(self) -> float:
        """Since the load began."""
        return time.monotonic() - self._started


def _held(home: Path, serieses: Sequence[Series], span: Span) -> dict[Series, list[Span]]:
    """What the home holds whole of these days."""
    with connect_read_only(home) as session:
        return as_spans(held_days(session, serieses, span))


def _result(report: SeriesReport, load: "Watched") -> MaterializeResult[None]:
    """What one load did for one asset over its range; coverage has the figures of each day."""
    seconds = load.seconds()
    return MaterializeResult(
        asset_key=asset_key(report.series),
        metadata={
            "range": f"{report.span}",
            "rows_inserted": report.written.inserted,
            "rows_changed": report.written.changed,
            "rows_unchanged": report.written.unchanged,
            "rows_expected": report.expected,
            "rows_present": report.present,
            "rows_explained": report.explained,
            "explanation": report.explanation or "every row is there",
            "missing": MetadataValue.json([str(span) for span in report.missing[:50]]),
            "load_seconds": round(seconds, 3),
            "load_rows_per_second": round(load.last.rows / seconds) if seconds else 0,
            "limit_use": round(load.last.limit_use, 3),
        },
    )
