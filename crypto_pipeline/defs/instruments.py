"""The instruments of each exchange: one asset, which also brings the home's universe up to date.

What belongs here: the asset, its job and its schedule. What does not: asking and storing
(`history/discovery.py`), the assets of the universe's members (`defs/klines.py` and its like).
"""

import asyncio
from typing import TYPE_CHECKING

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    DefaultScheduleStatus,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
    ScheduleDefinition,
    asset,
    define_asset_job,
    in_process_executor,
)

from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import alive
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.history.discovery import Refreshed, refresh_instruments
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.transport.exchange import Exchange

if TYPE_CHECKING:
    from dagster._core.definitions.metadata import RawMetadataValue
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )

DAILY = "2 0 * * *"
"""Two past midnight UTC: before the daily load, which then knows what was listed overnight."""

SHOWN_MEMBERS = 500


def instruments_key(exchange: str) -> AssetKey:
    """`binance/instruments`."""
    return AssetKey([exchange, Kind.INSTRUMENTS.value])


def instruments_asset(exchange: str) -> AssetsDefinition:
    """All that an exchange lists, and which series of it the home collects."""

    @asset(
        key=instruments_key(exchange),
        description=(
            f"What {exchange} lists, in market.instruments with ranges of validity and in "
            f"market.assets; brings universe.json up to date with the rule of the settings."
        ),
        group_name=exchange,
        kinds={"ducklake"},
        tags={"crypto/exchange": exchange, "crypto/kind": Kind.INSTRUMENTS.value},
        pool=f"{Kind.INSTRUMENTS.value}_{exchange}",
    )
    def instruments(
        context: AssetExecutionContext, history: ResourceParam[History]
    ) -> MaterializeResult[None]:
        with alive(context, history, "look at instruments"):
            found = _refresh(history, exchange)
        return MaterializeResult(metadata=_metadata(found))

    return instruments


def _refresh(history: History, exchange: str) -> Refreshed:
    settings, sources = history.current_settings(), history.sources()
    claim(settings.home, sources.origin)
    prepare_lake(settings.home)

    async def ask() -> Refreshed:
        async with Exchange(sources.venue(exchange)) as asked:
            return await refresh_instruments(settings, asked, history.clock().now())

    return asyncio.run(ask())


def _metadata(found: Refreshed) -> "dict[str, RawMetadataValue]":
    members = [str(member.series) for member in found.members if member.active]
    return {
        "listed": found.listed,
        "new": found.changes.new,
        "changed": found.changes.changed,
        "delisted": found.changes.delisted,
        "unchanged": found.changes.unchanged,
        "left_out": MetadataValue.json(list(found.left_out)),
        "members": len(members),
        "members_inactive": len(found.members) - len(members),
        "members_active": MetadataValue.json(members[:SHOWN_MEMBERS]),
    }


def instruments_job_name(exchange: str) -> str:
    """The job that looks at what one exchange lists."""
    return f"{exchange}_{Kind.INSTRUMENTS.value}"


def instruments_job(exchange: str) -> "Job":
    """One look at what an exchange lists, in the run's own process."""
    return define_asset_job(
        instruments_job_name(exchange),
        selection=AssetSelection.assets(instruments_key(exchange)),
        executor_def=in_process_executor,
        description=f"Lands what {exchange} lists and brings the universe up to date.",
    )


def instruments_schedule(exchange: str) -> ScheduleDefinition:
    """A look after each midnight UTC."""
    return ScheduleDefinition(
        name=instruments_job_name(exchange),
        job_name=instruments_job_name(exchange),
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
    )
