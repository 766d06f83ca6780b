"""dbt beside other processes: writers, readers, a machine without a home folder."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.dbt_runs import run_dbt
from crypto_pipeline.lake.locks import is_held, lock_path, write_lock
from crypto_pipeline_tests.dbt_project.lakes import DBT_TIMEOUT, PAIR, Lake, at, minutes


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("beside")
    nowhere, proxy = folder / "nowhere", "http://127.0.0.1:9"
    nowhere.mkdir()
    alone = {"HOME": str(nowhere), "http_proxy": proxy, "https_proxy": proxy}
    lake = Lake(folder / "home", environment=alone)
    lake.load(minutes(PAIR, at(1), at(3)))
    lake.command("run")
    return lake


def test_two_builds_and_a_reader_given_one_home_do_not_disturb_each_other(lake: Lake) -> None:
    count = "SELECT count(*) FROM marts.fct_bars"
    whole = lake.rows(count)
    days = f"{{start_day: {date(2023, 3, 1)}, end_day: {date(2023, 3, 3)}}}"
    builds = [lake.start("build", "--vars", days), lake.start("build", "--vars", days)]

    seen = set()
    with connect_read_only(lake.home) as session:
        while any(build.poll() is None for build in builds):
            seen |= set(session.execute(count).fetchall())
            session.execute("SELECT count(*) FROM marts.stg_klines").fetchall()

    printed = [build.communicate(timeout=DBT_TIMEOUT)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], printed
    assert seen == set(whole)
    assert not is_held(lock_path(lake.home, Catalog.MARTS))


def test_run_given_an_empty_home_folder_and_no_network_leaves_it_empty(lake: Lake) -> None:
    assert lake.rows("SELECT count(*) FROM marts.fct_bars WHERE interval = '1d'") == [(2,)]
    assert list(Path(lake.environment["HOME"]).iterdir()) == []


def test_build_given_a_held_lock_names_its_holder(
    lake: Lake, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRYPTO_LAKE_LOCK_WAIT", "0.2")

    with write_lock(lake.home, Catalog.MARTS):
        code = run_dbt(lake.home, ["build"])

    assert code == 2
    assert f"is held by process {os.getpid()}" in capfd.readouterr().out


def test_unit_tests_given_a_held_lock_need_none(lake: Lake) -> None:
    with write_lock(lake.home, Catalog.MARTS):
        printed = lake.command("test", "--select", "test_type:unit")

    assert "PASS=8 " in printed
    assert "ERROR=0 " in printed


def test_build_given_no_lake_says_what_to_do(tmp_path: Path) -> None:
    build = Lake(tmp_path).start("build")

    printed, _ = build.communicate(timeout=DBT_TIMEOUT)

    assert build.returncode == 2
    assert f"there is no ticks and no market catalog in {tmp_path}" in printed
    assert "crypto-pipeline demo" in printed


def test_compile_given_no_lake_needs_none(tmp_path: Path) -> None:
    Lake(tmp_path).command("compile")

    assert not (tmp_path / "market").exists()
