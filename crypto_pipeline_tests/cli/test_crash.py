"""A backfill killed at named points, then run again: as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline_tests.command import TIMEOUT, crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.kill_at import POINTS
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

DAYS = ("--start", "2026-02-25", "--end", "2026-03-03")
ARGS = ("backfill", "--symbol", "BTC/USDT", "--symbol", "ETH/USDT:USDT", *DAYS)
ROWS = 2 * 6 * 1440


@pytest.fixture(scope="module")
def market() -> Any:
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as running:
        yield running


def klines(home: Path) -> list[tuple[Any, ...]]:
    with connect_read_only(home) as lake:
        return lake.execute(
            "SELECT * EXCLUDE (loaded_at) FROM market.klines ORDER BY entity_id, open_time"
        ).fetchall()


def counts(home: Path) -> dict[str, int]:
    with connect_read_only(home) as lake:
        return {
            table: lake.execute(f"SELECT count(*) FROM market.{table}").fetchall()[0][0]  # noqa: S608 names below
            for table in ("klines", "coverage", "source_files", "verdicts", "instruments")
        }


@pytest.fixture(scope="module")
def undisturbed(market: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    done = crypto_pipeline(*ARGS, env=environment(home, **pointed_at(market)))
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.parametrize("point", POINTS)
def test_backfill_given_a_kill_and_the_same_command_ends_as_if_undisturbed(
    market: SimulatorProcess, undisturbed: Path, home: Path, point: str
) -> None:
    env = environment(home, **pointed_at(market), CRYPTO_COMMIT_ROWS="2000")
    killed = subprocess.run(
        [sys.executable, "-m", "crypto_pipeline_tests.kill_at", point, "3", *ARGS],
        env=env, capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert 0 < len(klines(home)) < ROWS

    again = crypto_pipeline(*ARGS, env=env)

    assert again.returncode == 0, again.stderr
    assert klines(home) == klines(undisturbed)
    assert counts(home) == counts(undisturbed)
    assert "had died; it is closed as failed" in again.stderr
    assert crypto_pipeline("rebuild", "--check", env=env).returncode == 0
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        statuses = sorted(run.status.value for run in instance.get_runs())
    assert statuses == [DagsterRunStatus.FAILURE.value, DagsterRunStatus.SUCCESS.value]


def test_backfill_given_ctrl_c_is_cancelled_and_leaves_whole_commits(
    market: SimulatorProcess, home: Path
) -> None:
    market.post_faults([{"kind": "delay", "seconds": 1.0, "path": r"2026-03-0\d\.zip$"}])
    env = environment(home, **pointed_at(market), CRYPTO_COMMIT_ROWS="1000")
    command = [sys.executable, "-m", "crypto_pipeline.cli", *ARGS]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for_rows(home, process)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        market.post_faults([])
    assert process.returncode == 1, said
    assert "stopped" in said
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        (run,) = instance.get_runs()
    assert run.status == DagsterRunStatus.CANCELED
    assert len(klines(home)) % 1440 == 0


def _wait_for_rows(home: Path, process: subprocess.Popen[str]) -> None:
    """Until the first commit can be read."""
    for _ in range(600):
        assert process.poll() is None, process.communicate()
        try:
            if klines(home):
                return
        except Exception as error:  # noqa: BLE001 the lake is being made
            last = error
        time.sleep(0.1)
    raise AssertionError(last)
