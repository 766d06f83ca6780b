"""Dagster's event log in SQLite, which writes a batch of asset events in one transaction.

What belongs here: the write of a batch, and where the log of an instance lies. What does not: reads
and events that come one at a time, which are Dagster's own; how large a batch is, and the
dagster.yaml that names this class (`cli/instance.py`). Files and tables are those of Dagster's own
storage, so that either storage reads and continues what the other one wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dagster import DagsterEventType, DagsterInstance, EventLogEntry
from dagster._core.errors import DagsterInvariantViolationError
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

if TYPE_CHECKING:
    from dagster._config.config_schema import UserConfigSchema
    from sqlalchemy.engine import CursorResult

BATCHED = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_OBSERVATION,
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    }
)
"""Events that are rows of the log, tags and their asset's last state, and nothing else."""

RUNS = Path("history") / "runs"
"""Where Dagster keeps the log within an instance's folder."""


class BatchedEventLogStorage(SqliteEventLogStorage):
    """Dagster's storage, except that a batch takes one transaction of each of its two files.

    Dagster's own storage has no batch: it opens, writes and commits the run's file and the index
    for every event. Here both transactions are open at once, so that a batch that fails leaves
    nothing behind and Dagster may write its events one at a time instead.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        """A storage of no folder yet: Dagster names the instance right after it made this."""
        self._inst_data = inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Nothing to configure: the folder is the instance's, also after it was moved."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> BatchedEventLogStorage:
        """Called by Dagster for the class that dagster.yaml names."""
        return cls(inst_data, **config_value)

    def register_instance(self, instance: DagsterInstance) -> None:
        """Take the log in this instance's folder, making it where it is absent."""
        super().__init__(str(Path(instance.root_directory) / RUNS), self._inst_data)
        # A batch holds the run's file and the index at once; Dagster's lock would wait for itself.
        self._db_lock = cast("Any", threading.RLock())
        super().register_instance(instance)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in their order; neighbours of one run that are all `BATCHED` at once."""
        for (run_id, batched), group in groupby(events, key=_run_and_way):
            if batched:
                self._store_at_once(run_id, list(group))
            else:
                super().store_event_batch(list(group))

    def _store_at_once(self, run_id: str, events: Sequence[EventLogEntry]) -> None:
        insert = SqlEventLogStorageTable.insert()
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(run_id) as run, self.index_connection() as index:
            run.execute(insert, rows)
            ids = [_inserted_id(index.execute(insert, row)) for row in rows]
            self._store_asset_event_tags(index, events, ids)
            for position in _last_of_each(events):
                self._store_asset_event(index, events[position], ids[position])


def _inserted_id(result: CursorResult[Any]) -> int:
    """The id of the row that an insert added."""
    key = result.inserted_primary_key
    if key is None:
        raise DagsterInvariantViolationError("the index gave an event no id")
    return int(key[0])


def _run_and_way(event: EventLogEntry) -> tuple[str, bool]:
    """The run of an event, and whether it may be written with its neighbours."""
    return event.run_id, event.is_dagster_event and event.dagster_event_type in BATCHED


def _last_of_each(events: Sequence[EventLogEntry]) -> list[int]:
    """Positions, ascending, of the last event of each asset and type.

    An event of the same asset and type overwrites all that an earlier one said of the asset.
    """
    last = {
        (event.dagster_event_type, event.get_dagster_event().asset_key): position
        for position, event in enumerate(events)
    }
    return sorted(last.values())
