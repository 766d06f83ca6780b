"""Order-book assets: one for each member whose books are collected; one step asks for many.

What belongs here: asset specs, the step, its job and its schedule. What does not: asking, checking
and storing (`history/order_books.py`).
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    DefaultScheduleStatus,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
    multi_asset,
)

from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import alive
from crypto_pipeline.domain.instruments import Instrument
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.book_rounds import take_round
from crypto_pipeline.history.order_books import (
    Snapshot,
    Snapshots,
    raise_failed,
)
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.transport.exchange import Exchange

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )


def order_book_spec(instrument: Instrument) -> AssetSpec:
    """The asset of one instrument's books: `binance/spot/btc_usdt/order_book`."""
    return AssetSpec(
        _key(instrument),
        description=(
            f"Order books of {instrument.symbol} on {instrument.exchange} as they were when asked "
            f"for, in market.order_book_snapshots under entity_id '{instrument.entity_id}'."
        ),
        group_name=instrument.exchange,
        kinds={"ducklake"},
        tags={
            "crypto/exchange": instrument.exchange,
            "crypto/instrument_type": instrument.instrument_type.value,
            "crypto/symbol": instrument.key_part,
            "crypto/kind": Kind.ORDER_BOOK.value,
        },
        metadata={"entity_id": instrument.entity_id, "symbol": instrument.symbol},
    )


def order_book_assets(exchange: str, serieses: Sequence[Series]) -> AssetsDefinition:
    """All order-book assets of one exchange, asked for by one step under one limit.

    Args:
        exchange: whose.
        serieses: of the kind order_book; at least one.
    """
    by_key = {_key(series.instrument): series.instrument for series in serieses}

    @multi_asset(
        name=f"{exchange}_order_book_assets",
        specs=[order_book_spec(instrument) for instrument in by_key.values()],
        can_subset=True,
        pool=f"{Kind.ORDER_BOOK.value}_{exchange}",
    )
    def ask(
        context: AssetExecutionContext, history: ResourceParam[History]
    ) -> Iterator[MaterializeResult[None]]:
        selected = [by_key[key] for key in sorted(context.selected_asset_keys)]
        with alive(context, history, "look at order books"):
            found = _land(history, exchange, selected)
            yield from map(_result, found.taken)
            raise_failed(found)

    return ask


def _land(history: History, exchange: str, instruments: Sequence[Instrument]) -> Snapshots:
    """Take and land one round of snapshots."""
    settings, sources = history.current_settings(), history.sources()
    claim(settings.home, sources.origin)
    prepare_lake(settings.home)

    async def take() -> Snapshots:
        venue, connections = sources.venue(exchange), history.pace().downloads
        async with Exchange(venue, connections=connections) as asked:
            return await take_round(settings, asked, instruments, history.clock())

    return asyncio.run(take())


def _result(snapshot: Snapshot) -> MaterializeResult[None]:
    bids, asks = snapshot.book["bids"], snapshot.book["asks"]
    return MaterializeResult(
        asset_key=_key(snapshot.instrument),
        metadata={
            "ts_received": MetadataValue.timestamp(snapshot.received),
            "bids": len(bids),
            "asks": len(asks),
            "best_bid": bids[0]["price"] if bids else None,
            "best_ask": asks[0]["price"] if asks else None,
        },
    )


def _key(instrument: Instrument) -> AssetKey:
    return asset_key(Series(instrument, kind=Kind.ORDER_BOOK))


def order_books_job_name(exchange: str) -> str:
    """The job that asks one exchange for order books."""
    return f"{exchange}_order_books"


def order_books_job(exchange: str, serieses: Sequence[Series]) -> "Job":
    """One round of snapshots of these members of an exchange, in the run's own process."""
    return define_asset_job(
        order_books_job_name(exchange),
        selection=AssetSelection.assets(*(asset_key(series) for series in serieses)),
        executor_def=in_process_executor,
        description=f"Asks {exchange} for the order book of each of its members.",
    )


def order_books_schedule(exchange: str, cron: str) -> ScheduleDefinition:
    """A round of snapshots at each tick of a cron schedule, UTC."""
    return ScheduleDefinition(
        name=order_books_job_name(exchange),
        job_name=order_books_job_name(exchange),
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
    )
