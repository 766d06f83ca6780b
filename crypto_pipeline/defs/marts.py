"""The dbt project as Dagster assets, a partition for each UTC day.

What belongs here: how dbt's models and a run's days meet. What does not: the models
(`dbt_project/`), running dbt by hand (`lake/dbt_runs.py`).
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    DailyPartitionsDefinition,
    ResourceParam,
)
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from dagster_dbt import dbt_assets as models_of
from packaging.version import Version

from crypto_pipeline.defs.automation import MARTS
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.liveness import alive
from crypto_pipeline.defs.partitions import days_of
from crypto_pipeline.lake.dbt_runs import (
    dbt_environment,
    prepare_manifest,
    project_folder,
    target_folder,
)
from crypto_pipeline.lake.session import prepare_lake

KLINES_TABLE = AssetKey(["market", "klines"])


class LakeTranslator(DagsterDbtTranslator):
    """Models are `marts/<model>`; sources are the tables of the lake, as they are queried."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The key of a model or a source."""
        kind = dbt_resource_props["resource_type"]
        schema = dbt_resource_props["source_name"] if kind == "source" else MARTS
        return AssetKey([schema, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """All models are one group."""
        return MARTS


class LakeDbt(DbtCliResource):
    """dbt of this environment; its version is read from the package, not from the network."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


def dbt_resource() -> LakeDbt:
    """The resource that runs dbt on whichever home a run is about."""
    folder = str(project_folder())
    executable = Path(sys.executable).parent / "dbt"
    return LakeDbt(project_dir=folder, profiles_dir=folder, dbt_executable=str(executable))


def klines_table(kline_keys: Sequence[AssetKey]) -> AssetSpec:
    """The table that all kline assets fill, between them and the models in the lineage."""
    return AssetSpec(
        KLINES_TABLE,
        deps=list(kline_keys),
        group_name=MARTS,
        kinds={"ducklake"},
        description="market.klines: every kline asset is a part of this table.",
    )


def dbt_models(home: Path, partitions: DailyPartitionsDefinition) -> AssetsDefinition:
    """All models as assets, built by one `dbt build` a run."""

    @models_of(
        manifest=prepare_manifest(home),
        name="dbt_build",
        dagster_dbt_translator=LakeTranslator(),
        partitions_def=partitions,
        backfill_policy=BackfillPolicy.single_run(),
        pool=MARTS,
    )
    def build(
        context: AssetExecutionContext, dbt: DbtCliResource, history: ResourceParam[History]
    ) -> Iterator[Any]:
        with alive(context, history, "dbt build") as run_home:
            prepare_lake(run_home)
            target = target_folder(run_home).parent / "runs" / context.run_id
            os.environ.update(dbt_environment(run_home))
            arguments = ["build", "--vars", json.dumps(_days(context))]
            invocation = dbt.cli(arguments, context=context, target_path=target)
            yield from invocation.stream()

    return build


def _days(context: AssetExecutionContext) -> dict[str, str]:
    """The run's days as dbt's variables; none where the run names none: dbt finds what changed."""
    days = days_of(context.run.tags)
    if days is None:
        return {}
    return {"start_day": days[0].isoformat(), "end_day": days[1].isoformat()}
