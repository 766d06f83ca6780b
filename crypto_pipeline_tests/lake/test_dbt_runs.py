"""Running dbt on a home: where it writes, and when it reads its project."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crypto_pipeline.lake.dbt_runs import (
    KEPT_RUNS,
    dbt_environment,
    prepare_manifest,
    project_folder,
    run_dbt,
)


def project_files() -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in project_folder().rglob("*")}


def test_prepare_manifest_given_two_callers_at_once_reads_the_project_once(tmp_path: Path) -> None:
    before = project_files()

    with ThreadPoolExecutor() as pool:
        first, second = pool.map(prepare_manifest, [tmp_path, tmp_path])

    assert first == second == tmp_path / "dbt" / "target" / "manifest.json"
    assert "model.crypto_marts.fct_bars" in json.loads(first.read_text(encoding="utf-8"))["nodes"]
    assert [path.name for path in (tmp_path / "dbt").iterdir()] == ["target"]
    assert project_files() == before


def test_prepare_manifest_given_another_stamp_alone_makes_it_anew(tmp_path: Path) -> None:
    manifest = prepare_manifest(tmp_path)
    made = manifest.stat().st_ino
    assert prepare_manifest(tmp_path).stat().st_ino == made

    (manifest.parent / "stamp").write_text("of an older version", encoding="utf-8")

    assert prepare_manifest(tmp_path).stat().st_ino != made


def test_run_dbt_given_many_runs_keeps_the_last_ones(tmp_path: Path) -> None:
    runs = tmp_path / "dbt" / "runs"
    for number in range(KEPT_RUNS + 5):
        (runs / f"run-{number}").mkdir(parents=True)
        os.utime(runs / f"run-{number}", (number, number))

    assert run_dbt(tmp_path, ["--quiet", "list"]) == 0

    assert len(list(runs.iterdir())) == KEPT_RUNS
    assert not (runs / "run-0").exists()
    assert (runs / f"run-{KEPT_RUNS + 4}").exists()


def test_run_dbt_given_a_wrong_command_returns_2(tmp_path: Path) -> None:
    assert run_dbt(tmp_path, ["biuld"]) == 2


def test_dbt_environment_given_a_relative_home_names_it_absolutely(tmp_path: Path) -> None:
    environment = dbt_environment(Path("somewhere"))

    assert environment["CRYPTO_LAKE_HOME"] == str(Path.cwd() / "somewhere")
