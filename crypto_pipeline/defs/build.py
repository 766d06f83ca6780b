"""All definitions, from settings and the home's universe; resources may be replaced by a caller.

What belongs here: assembling. What does not: any of the parts, or I/O beyond reading the universe
and dbt's manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dagster import Definitions, multiprocess_executor

from crypto_pipeline.defs.automation import (
    daily_schedule,
    dead_runs_sensor,
    history_job,
    marts_job,
    marts_sensors,
)
from crypto_pipeline.defs.checks import kline_checks
from crypto_pipeline.defs.history import asset_key, history_assets
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.instruments import (
    instruments_asset,
    instruments_job,
    instruments_schedule,
)
from crypto_pipeline.defs.order_books import (
    order_book_assets,
    order_books_job,
    order_books_schedule,
)
from crypto_pipeline.defs.partitions import daily
from crypto_pipeline.domain.series import RANGED, Kind, Series
from crypto_pipeline.history.selection import configured_series
from crypto_pipeline.history.universe import read_members
from crypto_pipeline.settings import Settings

MAX_STEPS = 4
"""Steps at once in a run that a selection in the UI starts."""


def build_definitions(
    settings: Settings, *, resources: Mapping[str, Any] | None = None
) -> Definitions:
    """The whole graph of one home: history, marts, and what starts them.

    Args:
        settings: what is configured; the home's universe is added to it.
        resources: replace ours by name (`history`, `dbt`).
    """
    # dbt takes a while to import and to read its project; a load alone needs neither.
    from crypto_pipeline.defs.marts import dbt_models, dbt_resource, klines_table

    partitions = daily(settings.history_start)
    by_exchange = _universe(settings)
    keys = [
        asset_key(series)
        for group in by_exchange.values()
        for series in group
        if series.kind is Kind.KLINES
    ]
    marts = marts_job()
    return Definitions.merge(
        history_definitions(settings, resources=resources),
        moment_definitions(settings),
        Definitions(
            assets=[klines_table(keys), dbt_models(settings.home, partitions)],
            jobs=[marts],
            schedules=[
                daily_schedule(exchange, keys_of_active)
                for exchange, group in _universe(settings, active=True).items()
                if (keys_of_active := [asset_key(s) for s in group if s.kind in RANGED])
            ],
            sensors=[*marts_sensors(marts), dead_runs_sensor()],
            resources={"dbt": dbt_resource()},
        ),
    )


def history_definitions(
    settings: Settings, *, resources: Mapping[str, Any] | None = None
) -> Definitions:
    """Assets, checks and jobs of history alone: what a load in this process needs."""
    partitions = daily(settings.history_start)
    by_exchange = _universe(settings)
    return Definitions(
        assets=[
            history_assets(exchange, kind, of_kind, partitions)
            for exchange, group in by_exchange.items()
            for kind, of_kind in _by_kind(group).items()
        ],
        asset_checks=[
            kline_checks(exchange, _by_kind(group)[Kind.KLINES])
            for exchange, group in by_exchange.items()
            if Kind.KLINES in _by_kind(group)
        ],
        jobs=[
            history_job(exchange, [asset_key(series) for series in ranged])
            for exchange, group in by_exchange.items()
            if (ranged := [series for series in group if series.kind in RANGED])
        ],
        resources={"history": History(), **(resources or {})},
        executor=multiprocess_executor.configured({"max_concurrent": MAX_STEPS}),
    )


def moment_definitions(
    settings: Settings, *, resources: Mapping[str, Any] | None = None
) -> Definitions:
    """What is asked of the present moment: instruments of each exchange, order books of members.

    Args:
        settings: what is configured; the home's universe is added to it.
        resources: the one named `history`, where these definitions are all there is.
    """
    exchanges = settings.active_exchanges
    books = _books(_universe(settings))
    asked = _books(_universe(settings, active=True))
    return Definitions(
        assets=[
            *(instruments_asset(exchange) for exchange in exchanges),
            *(order_book_assets(exchange, serieses) for exchange, serieses in books.items()),
        ],
        jobs=[
            *(instruments_job(exchange) for exchange in exchanges),
            *(order_books_job(exchange, serieses) for exchange, serieses in asked.items()),
        ],
        schedules=[
            *(instruments_schedule(exchange) for exchange in exchanges),
            *(order_books_schedule(exchange, settings.order_book_schedule) for exchange in asked),
        ],
        resources=resources,
    )


def _books(by_exchange: Mapping[str, Sequence[Series]]) -> dict[str, list[Series]]:
    """The series of order books of each exchange that has some."""
    found = {
        exchange: [series for series in group if series.kind is Kind.ORDER_BOOK]
        for exchange, group in by_exchange.items()
    }
    return {exchange: serieses for exchange, serieses in found.items() if serieses}


def _by_kind(serieses: Sequence[Series]) -> dict[Kind, list[Series]]:
    """The series that have a past, by kind."""
    of_kinds = {kind: [s for s in serieses if s.kind is kind] for kind in RANGED}
    return {kind: found for kind, found in of_kinds.items() if found}


def _universe(settings: Settings, *, active: bool = False) -> dict[str, list[Series]]:
    """The series of each exchange that is on: the home's own and the configured ones.

    Args:
        settings: what is configured.
        active: whether members that are not collected any more are left out.
    """
    members = read_members(settings.home)
    found = {*configured_series(settings), *(member.series for member in members)}
    if active:
        found -= {member.series for member in members if not member.active}
    on = settings.active_exchanges
    serieses = sorted((s for s in found if s.instrument.exchange in on), key=str)
    return {
        exchange: list(group)
        for exchange, group in groupby(serieses, key=lambda s: s.instrument.exchange)
    }
