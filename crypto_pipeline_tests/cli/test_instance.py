"""Dagster's folder: made with a dagster.yaml that Dagster accepts, or a person's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.instance.config import PoolGranularity
from dagster._core.storage.event_log import SqliteEventLogStorage

from crypto_pipeline.cli.instance import BATCH_EVENTS, BATCH_VARIABLE, prepare_instance
from crypto_pipeline.defs.event_log import BatchedEventLogStorage
from crypto_pipeline.errors import UsageError
from crypto_pipeline_tests.defs.partitioned_runs import write_config


@pytest.fixture(autouse=True)
def dagster_home_restored() -> Iterator[None]:
    """Take away what prepare_instance put into this process's environment."""
    yield
    os.environ.pop("DAGSTER_HOME", None)
    os.environ.pop(BATCH_VARIABLE, None)


def test_prepare_instance_given_a_fresh_home_makes_what_dagster_accepts(home: Path) -> None:
    assert prepare_instance(home) == home / "dagster"
    assert os.environ["DAGSTER_HOME"] == str(home / "dagster")
    with DagsterInstance.get() as instance:
        concurrency = instance.get_concurrency_config()
        queue, pools = concurrency.run_queue_config, concurrency.pool_config
        assert queue is not None
        assert queue.max_concurrent_runs == 12
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity is PoolGranularity.RUN
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert not instance.run_retries_enabled
        assert isinstance(instance.event_log_storage, BatchedEventLogStorage)
    assert (home / "dagster" / "history" / "runs" / "index.db").is_file()


def test_prepare_instance_given_no_batch_size_sets_one_and_leaves_a_persons_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_instance(home)
    assert os.environ[BATCH_VARIABLE] == str(BATCH_EVENTS)
    monkeypatch.setenv(BATCH_VARIABLE, "7")
    prepare_instance(home)
    assert os.environ[BATCH_VARIABLE] == "7"


def test_prepare_instance_given_an_older_dagster_yaml_keeps_dagsters_own_event_log(
    home: Path,
) -> None:
    folder = write_config(home / "dagster", batched=False)
    assert prepare_instance(home) == folder
    with DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage


def test_prepare_instance_given_a_changed_file_leaves_it(home: Path) -> None:
    config = prepare_instance(home) / "dagster.yaml"
    config.write_text("telemetry: {enabled: false}\n")
    prepare_instance(home)
    assert config.read_text() == "telemetry: {enabled: false}\n"


def test_prepare_instance_given_a_dagster_home_uses_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert prepare_instance(home) == tmp_path
    assert not (home / "dagster").exists()
    assert not (tmp_path / "dagster.yaml").exists()


@pytest.mark.parametrize(
    ("named", "said"),
    [("/no/such/folder", "which is no folder"), ("relative", "not an absolute path")],
)
def test_prepare_instance_given_a_wrong_dagster_home_names_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, named: str, said: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", named)
    with pytest.raises(UsageError, match=said):
        prepare_instance(home)


def test_prepare_instance_given_a_file_in_its_place_says_so(home: Path) -> None:
    home.mkdir()
    (home / "dagster").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        prepare_instance(home)
