"""The event log with batches says of a run what Dagster's own says, whatever ends the run."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from dagster import DagsterEventType, DagsterInstance, EventLogEntry, Failure
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from crypto_pipeline.cli.instance import BATCH_VARIABLE
from crypto_pipeline.defs.event_log import BatchedEventLogStorage
from crypto_pipeline_tests.defs import partitioned_runs
from crypto_pipeline_tests.defs.partitioned_runs import (
    CHECKS,
    DAYS,
    KEYS,
    no_fault,
    run_small,
    write_config,
)
from crypto_pipeline_tests.defs.told import checked, told

RUN_ID = "3f1a0d0e-5e9c-4b52-9d1c-0a4f6d1f7e01"
OTHER_ID = "3f1a0d0e-5e9c-4b52-9d1c-0a4f6d1f7e02"
TEN_DAYS = [f"2024-01-{day:02}" for day in range(1, 11)]
FIRST, LAST = (DAYS[0], "2024-01-06"), ("2024-01-06", DAYS[1])
"""The two halves of the ten days."""
WAIT = 120
Fault = Callable[[], None]


def fail() -> None:
    raise Failure("the second one cannot be loaded")


def interrupt() -> None:
    raise KeyboardInterrupt


def said(folder: Path, fault: Fault) -> dict[str, object]:
    """All that an instance says after one run."""
    with DagsterInstance.from_config(str(folder)) as instance:
        run_small(instance, RUN_ID, fault=fault)
        checks = [check.key for check in CHECKS]
        return {**told(instance, RUN_ID, KEYS), "checks": checked(instance, RUN_ID, checks)}


def partitions(folder: Path) -> list[list[str]]:
    """The materialised partitions of each asset."""
    with DagsterInstance.from_config(str(folder)) as instance:
        return [sorted(instance.get_materialized_partitions(key)) for key in KEYS]


@pytest.fixture(scope="module")
def half_filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of the first half, only ever copied."""
    folder = write_config(tmp_path_factory.mktemp("half") / "dagster", batched=True)
    with DagsterInstance.from_config(str(folder)) as instance:
        assert run_small(instance, RUN_ID, FIRST).success
    return folder


@pytest.fixture
def half(half_filled: Path, tmp_path: Path) -> Path:
    """A folder with the run of the first half, somewhere else than where it was made."""
    return shutil.copytree(half_filled, tmp_path / "moved")


@pytest.mark.parametrize(
    ("fault", "batch", "done"),
    [(no_fault, "500", 3), (no_fault, "4", 3), (fail, "500", 1), (interrupt, "4", 1)],
)
def test_run_given_either_event_log_is_told_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, batch: str, done: int
) -> None:
    plain = said(write_config(tmp_path / "plain", batched=False), fault)

    monkeypatch.setenv(BATCH_VARIABLE, batch)
    batched = said(write_config(tmp_path / "batched", batched=True), fault)

    assert batched == plain
    assert plain["status"] == ("SUCCESS" if done == 3 else "FAILURE")
    assert plain["partitions"] == [TEN_DAYS] * done + [[]] * (3 - done)


@pytest.mark.parametrize("batch", ["4", "500"])
def test_run_given_ctrl_c_between_two_events_of_an_asset_keeps_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str
) -> None:
    folder = write_config(tmp_path / "dagster", batched=True)
    monkeypatch.setenv(BATCH_VARIABLE, batch)
    seen: list[str | None] = []

    def stop_at_the_first(entry: EventLogEntry) -> None:
        if entry.dagster_event and entry.dagster_event.is_step_materialization:
            seen.append(entry.dagster_event.partition)
            if len(seen) == 1:
                os.kill(os.getpid(), signal.SIGINT)

    with DagsterInstance.from_config(str(folder)) as instance:
        instance.add_event_listener(RUN_ID, stop_at_the_first)
        assert not run_small(instance, RUN_ID).success

    assert seen == TEN_DAYS
    assert partitions(folder) == [TEN_DAYS, [], []]


@contextmanager
def commits() -> Iterator[list[Connection]]:
    """The commits of any database within the block."""
    seen: list[Connection] = []

    def see(connection: Connection) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", see)


def materialized(instance: DagsterInstance) -> list[EventLogEntry]:
    """The events of the first asset, the last one first."""
    return [each.event_log_entry for each in instance.fetch_materializations(KEYS[0], 10).records]


def test_batch_given_events_of_an_asset_commits_once_to_each_file(half: Path) -> None:
    with DagsterInstance.from_config(str(half)) as instance:
        log, events = instance.event_log_storage, materialized(instance)

        with commits() as seen:
            log.store_event_batch(events)

        assert len(seen) == 2
        assert materialized(instance) == [*reversed(events), *events]
        assert instance.get_run_stats(RUN_ID).materializations == 20


def test_batch_given_an_index_that_refuses_changes_neither_file(half: Path) -> None:
    with DagsterInstance.from_config(str(half)) as instance:
        log, events = instance.event_log_storage, materialized(instance)
        assert isinstance(log, BatchedEventLogStorage)
        before = told(instance, RUN_ID, KEYS)
        with closing(sqlite3.connect(log.path_for_shard("index"))) as index:
            index.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON event_logs WHEN NEW.partition = "
                "'2024-01-03' BEGIN SELECT RAISE(ABORT, 'no third of January'); END"
            )

        with pytest.raises(Exception, match="no third of January"):
            log.store_event_batch(events)

        assert told(instance, RUN_ID, KEYS) == before


def test_runs_given_two_processes_at_once_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_config(tmp_path / "dagster", batched=True)
    monkeypatch.setenv(BATCH_VARIABLE, "4")
    # Dagster's making of a fresh folder is not safe in two processes at once.
    assert partitions(folder) == [[]] * 3
    command = [sys.executable, "-m", partitioned_runs.__name__, str(folder)]

    programs = [subprocess.Popen([*command, RUN_ID, *FIRST])]
    programs.append(subprocess.Popen([*command, OTHER_ID, *LAST]))

    assert [program.wait(WAIT) for program in programs] == [0, 0]
    assert partitions(folder) == [TEN_DAYS] * 3
    with DagsterInstance.from_config(str(folder)) as instance:
        stats = [instance.get_run_stats(run_id) for run_id in (RUN_ID, OTHER_ID)]
        histories = [instance.fetch_materializations(key, 100).records for key in KEYS]
    assert [each.materializations for each in stats] == [15, 15]
    assert [len(history) for history in histories] == [10, 10, 10]


def test_instance_given_its_folder_was_moved_goes_on_there(half_filled: Path, half: Path) -> None:
    with DagsterInstance.from_config(str(half)) as instance:
        run_small(instance, OTHER_ID, LAST)

    assert partitions(half) == [TEN_DAYS] * 3
    assert partitions(half_filled) == [TEN_DAYS[:5]] * 3


def test_instance_given_the_other_event_log_before_goes_on_with_its_events(
    half: Path, tmp_path: Path
) -> None:
    plain = write_config(tmp_path / "plain", batched=False) / "dagster.yaml"
    packaged = (half / "dagster.yaml").replace(tmp_path / "packaged.yaml")
    plain.replace(half / "dagster.yaml")
    with DagsterInstance.from_config(str(half)) as instance:
        assert not isinstance(instance.event_log_storage, BatchedEventLogStorage)
        run_small(instance, OTHER_ID, LAST)
    assert partitions(half) == [TEN_DAYS] * 3

    packaged.replace(half / "dagster.yaml")

    assert partitions(half) == [TEN_DAYS] * 3
    with DagsterInstance.from_config(str(half)) as instance:
        planned = instance.all_logs(OTHER_ID, DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        assert len(planned) == 15
