"""What runs without a person while `up` is up: dbt after each kind of load, dead runs closed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline_tests.cli.running_up import RunningUp, processes, running_up, wait_for
from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

ASSET = ["binance", "spot", "btc_usdt", "kline_1m"]
LAUNCH = """
mutation($asset: [String!]!, $tags: [ExecutionTag!]!) { launchRun(executionParams: {
  selector: {repositoryLocationName: "crypto_pipeline", repositoryName: "__repository__",
             jobName: "__ASSET_JOB", assetSelection: [{path: $asset}], assetCheckSelection: []}
  executionMetadata: {tags: $tags} }) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
MATERIALIZED = """
query($asset: [String!]!) { assetNodeOrError(assetKey: {path: $asset}) { ... on AssetNode {
  assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } }
} } }
"""


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as running:
        yield running


def select_in_the_ui(running: RunningUp, day: str) -> str:
    tags = [{"key": "dagster/partition", "value": day}]
    launched = running.ask(LAUNCH, asset=ASSET, tags=tags)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return str(launched["run"]["runId"])


def shown(running: RunningUp) -> list[dict[str, str]]:
    """The days of the asset as the web interface shows them."""
    statuses = running.ask(MATERIALIZED, asset=ASSET)["assetNodeOrError"]["assetPartitionStatuses"]
    ranges: list[dict[str, str]] = statuses["ranges"]
    return ranges


def runs(home: Path) -> dict[str, DagsterRun]:
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        return {run.run_id: run for run in instance.get_runs()}


def derived(home: Path, day: str) -> bool:
    """Whether dbt's run for this day has ended well and its bars are there."""
    ended = any(
        run.job_name == "marts"
        and run.tags.get("dagster/asset_partition_range_start") == day
        and run.status == DagsterRunStatus.SUCCESS
        for run in runs(home).values()
    )
    if not ended:
        return False
    with connect_read_only(home) as lake:
        found = lake.execute(
            "SELECT count(*) FROM marts.fct_bars WHERE interval = '1h' AND open_time::DATE = ?",
            [day],
        ).fetchone()
    return found == (24,)


@pytest.mark.timeout(500)
def test_up_given_loads_derives_their_days_and_closes_one_that_was_killed(
    market: SimulatorProcess, home: Path, tmp_path: Path
) -> None:
    env = environment(home, **pointed_at(market))
    with running_up("--port", "0", env=env, output=tmp_path / "up") as running:
        select_in_the_ui(running, "2026-03-02")
        wait_for(lambda: derived(home, "2026-03-02"))

        args = ("--symbol", "BTC/USDT", "--start", "2026-03-03", "--end", "2026-03-04")
        done = crypto_pipeline("backfill", *args, env=env)
        assert done.returncode == 0, done.stderr
        wait_for(lambda: derived(home, "2026-03-03"))
        assert shown(running) == [
            {"startKey": "2026-03-02", "endKey": "2026-03-03", "status": "MATERIALIZED"}
        ]

        market.post_faults([{"kind": "delay", "seconds": 120}])
        run_id = select_in_the_ui(running, "2026-03-04")
        lock = wait_for(lambda: list((home / "run" / "runs").glob(f"{run_id}.*.lock")))[0]
        kill_with_parents(int(lock.name.split(".")[1]), run_id)
        wait_for(lambda: runs(home)[run_id].status == DagsterRunStatus.FAILURE)
        market.post_faults([])
        assert running.end(signal.SIGINT) == 0, running.said()


def kill_with_parents(worker: int, run_id: str) -> None:
    """Kill a step's process and the run's own, so that none is left to say what happened."""
    parents = {pid: parent for pid, parent, _ in processes()}
    doomed, pid = [], worker
    while (pid in parents and run_id in command_of(pid)) or pid == worker:
        doomed.append(pid)
        pid = parents[pid]
    for each in reversed(doomed):
        os.kill(each, signal.SIGKILL)


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
