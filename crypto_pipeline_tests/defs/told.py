"""All that a Dagster instance says of one run and its assets, so that two instances compare.

What belongs here: asking an instance, and taking times and processes out of its answers. What does
not: making runs (`partitioned_runs.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from dagster import AssetCheckKey, AssetKey, DagsterEventType, DagsterInstance
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._serdes import serialize_value

OF_THE_MOMENT = {
    *("timestamp", "create_timestamp", "pid", "duration_ms"),
    *("load_seconds", "load_rows_per_second", "limit_use"),
    *("external_url", "log_key", "file_key", "start_time", "end_time", "update_timestamp"),
}
"""What no two runs have alike, as keys and as labels of metadata."""

DURATION = re.compile(r"\b\d+(\.\d+)?m?s\b")
HASH = re.compile(r"^[0-9a-f]{64}$")
"""A version of data, which Dagster makes from the run's id."""
MOST = 1000


def told(instance: DagsterInstance, run_id: str, keys: Sequence[AssetKey]) -> dict[str, Any]:
    """What an instance says of one run and of the assets, without what no two runs have alike."""
    log, assets = instance.event_log_storage, sorted(keys)
    [run] = [each for each in instance.get_run_records() if each.dagster_run.run_id == run_id]
    records = {each.asset_entry.asset_key: each for each in instance.get_asset_records(assets)}
    entries = [records[key].asset_entry for key in assets]
    answers = {
        "events": instance.all_logs(run_id),
        "status": run.dagster_run.status.value,
        "materializations": instance.get_run_stats(run_id).materializations,
        "partitions": [sorted(instance.get_materialized_partitions(key)) for key in assets],
        "latest": [instance.get_latest_materialization_event(key) for key in assets],
        "materialized": [instance.fetch_materializations(key, MOST).records for key in assets],
        "observed": [instance.fetch_observations(key, MOST).records for key in assets],
        "planned": [
            log.get_latest_storage_id_by_partition(
                key, DagsterEventType.ASSET_MATERIALIZATION_PLANNED
            )
            for key in assets
        ],
        "states": [(each.last_run_id, each.last_materialization_record) for each in entries],
        "tags": [
            log.get_latest_tags_by_partition(
                key, DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG]
            )
            for key in assets
        ],
    }
    return {name: _lasting(answer, run_id) for name, answer in answers.items()}


def checked(instance: DagsterInstance, run_id: str, checks: Sequence[AssetCheckKey]) -> list[Any]:
    """The executions of checks that an instance knows."""
    log = instance.event_log_storage
    executions = [log.get_asset_check_execution_history(check, MOST) for check in checks]
    return [
        [(each.id, each.status.value, _lasting(each.event, run_id)) for each in execution]
        for execution in executions
    ]


def _lasting(value: Any, run_id: str) -> Any:
    """A value as plain data, with `RUN` for the run's id."""
    match value:
        case {"label": str(label)} if label in OF_THE_MOMENT:
            return label
        case dict():
            pairs = {str(key): item for key, item in value.items() if key not in OF_THE_MOMENT}
            return {key: _lasting(item, run_id) for key, item in pairs.items()}
        case list() | tuple() if not hasattr(value, "_fields"):
            return [_lasting(item, run_id) for item in value]
        case str():
            return DURATION.sub("", HASH.sub("HASH", value.replace(run_id, "RUN")))
        case None | bool() | int() | float():
            return value
    return _lasting(json.loads(serialize_value(value)), run_id)
