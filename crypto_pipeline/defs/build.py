"""All definitions, from settings and the home's universe; resources may be replaced by a caller.

What belongs here: assembling. What does not: any of the parts, or I/O beyond reading the universe
and dbt's manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.klines import kline_assets, kline_key
from crypto_pipeline.defs.partitions import daily
from crypto_pipeline.history.universe import configured_series, read_universe
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.venue import Series

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
    keys = [kline_key(series) for group in by_exchange.values() for series in group]
    marts = marts_job()
    return Definitions.merge(
        history_definitions(settings, resources=resources),
        Definitions(
            assets=[klines_table(keys), dbt_models(settings.home, partitions)],
            jobs=[marts],
            schedules=[daily_schedule(exchange) for exchange in by_exchange],
            sensors=[*marts_sensors(keys, marts), dead_runs_sensor()],
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
            kline_assets(exchange, group, partitions) for exchange, group in by_exchange.items()
        ],
        asset_checks=[kline_checks(exchange, group) for exchange, group in by_exchange.items()],
        jobs=[history_job(exchange) for exchange in by_exchange],
        resources={"history": History(), **(resources or {})},
        executor=multiprocess_executor.configured({"max_concurrent": MAX_STEPS}),
    )


def _universe(settings: Settings) -> dict[str, list[Series]]:
    """The series of each exchange that is on: the home's own and the configured ones."""
    active = set(settings.active_exchanges)
    members = {*read_universe(settings.home), *configured_series(settings)}
    serieses = sorted((s for s in members if s.instrument.exchange in active), key=str)
    return {
        exchange: list(group)
        for exchange, group in groupby(serieses, key=lambda s: s.instrument.exchange)
    }
