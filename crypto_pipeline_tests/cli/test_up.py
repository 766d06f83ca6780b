"""`up` as a person meets it: real programs, real ports, real signals."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from crypto_pipeline.cli.webserver import note_path
from crypto_pipeline.lake.locks import is_held, lock_path
from crypto_pipeline_tests.cli.running_up import RunningUp, running_up, still_there, wait_for
from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import simulator

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SLOW = {"kind": "delay", "seconds": 120}

LAUNCH = """
mutation($job: String!, $day: String!) { launchRun(executionParams: {
  selector: {repositoryLocationName: "crypto_pipeline", repositoryName: "__repository__",
             jobName: $job}
  executionMetadata: {tags: [{key: "dagster/partition", value: $day}]} }) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""


def launch_a_load(running: RunningUp) -> str:
    launched = running.ask(LAUNCH, job="binance_history", day="2026-03-03")["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return str(launched["run"]["runId"])


def status(home: Path, run_id: str) -> DagsterRunStatus:
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


@pytest.mark.timeout(400)
def test_up_given_a_fresh_home_serves_until_ctrl_c_and_leaves_nothing_behind(
    home: Path, tmp_path: Path
) -> None:
    with simulator(now=NOON) as market:
        env = environment(home, **pointed_at(market))
        with running_up("--port", "0", env=env, output=tmp_path / "up") as running:
            served = running.ask("{ version assetNodes { id } }")
            assert served["version"]
            assert len(served["assetNodes"]) >= 4

            second = crypto_pipeline("up", env=env)
            assert second.returncode == 0
            assert f"already up at {running.url}" in second.stdout
            assert f"process {running.process.pid}" in second.stdout

            port = running.url.rpartition(":")[2]
            other = environment(tmp_path / "other", **pointed_at(market))
            busy = crypto_pipeline("up", "--port", port, env=other)
            assert busy.returncode == 2
            assert f"port {port} of 127.0.0.1" in busy.stderr
            assert "by a Dagster web interface" in busy.stderr
            assert "--port 0" in busy.stderr

            market.post_faults([SLOW])
            run_id = launch_a_load(running)
            wait_for(lambda: status(home, run_id) == DagsterRunStatus.STARTED)
            wait_for(lambda: f"run {run_id[:8]} binance_history started" in running.said())
            started = running.descendants()
            assert len(started) >= 5
            assert running.end(signal.SIGINT) == 0, running.said()
    assert still_there(started) == []
    assert status(home, run_id) == DagsterRunStatus.CANCELED
    assert "canceling 1 run" in running.said()
    assert not note_path(home).exists()
    assert not is_held(lock_path(home, "up"))


@pytest.mark.timeout(300)
def test_up_given_a_dagster_home_uses_it_and_ends_when_a_program_dies(
    home: Path, tmp_path: Path
) -> None:
    dagster = tmp_path / "dagster"
    dagster.mkdir()
    (dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with simulator(now=NOON) as market:
        env = environment(home, DAGSTER_HOME=str(dagster), **pointed_at(market))
        with running_up("--port", "0", env=env, output=tmp_path / "up") as running:
            assert f"{dagster} (DAGSTER_HOME is set)" in running.said()
            started = running.descendants()
            os.kill(child(running, "dagster._daemon"), signal.SIGKILL)
            assert running.process.wait(timeout=120) == 1
    assert "the daemon was ended by signal 9" in running.said()
    assert str(home / "logs" / "daemon.log") in running.said()
    assert still_there(started) == []
    assert not (home / "dagster").exists()
    assert (dagster / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


def child(running: RunningUp, module: str) -> int:
    """The process of `up` that runs a module."""
    return next(
        pid
        for pid in running.descendants()
        if module in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    )


def test_up_given_a_dagster_home_that_is_not_there_names_it(home: Path) -> None:
    with simulator(now=NOON) as market:
        env = environment(home, DAGSTER_HOME="/no/such/folder", **pointed_at(market))
        done = crypto_pipeline("up", "--port", "0", env=env)
    assert done.returncode == 2
    assert "DAGSTER_HOME is '/no/such/folder', which is no folder" in done.stderr


def test_up_given_a_port_of_the_settings_that_is_busy_names_the_setting(home: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = crypto_pipeline("up", env=environment(home, CRYPTO_WEBSERVER_PORT=str(port)))
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1, which webserver_port asks for, is taken" in done.stderr
    assert "Traceback" not in done.stderr
