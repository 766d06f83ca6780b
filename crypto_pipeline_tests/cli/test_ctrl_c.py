"""Ctrl-C in each command: it ends soon, says so, and leaves no process and no lock behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto_pipeline.lake.locks import hold, is_held, lock_path
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline_tests.command import command_line, environment, pointed_at
from crypto_pipeline_tests.simulated import simulator

ENDLESS = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"


def interrupted(
    *args: str, env: dict[str, str], when: Callable[[str], bool]
) -> tuple[int, str, int]:
    """Start a command as a terminal does, press Ctrl-C once `when` holds of its process group."""
    process = subprocess.Popen(
        command_line(args), env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        for _ in range(600):
            assert process.poll() is None, process.communicate()[0]
            if when(str(process.pid)):
                break
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, said, process.pid


def group_is_gone(leader: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def cpu_hundredths(pid: str) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11])


def busy(pid: str) -> bool:
    """Whether a process is past its imports and works."""
    return cpu_hundredths(pid) > 400


def settled(pid: str) -> bool:
    """Whether a process is past its imports and waits for something."""
    before = cpu_hundredths(pid)
    time.sleep(1.5)
    return before > 20 and cpu_hundredths(pid) <= before + 2


def test_sql_given_ctrl_c_stops(home: Path) -> None:
    prepare_lake(home)
    code, said, _ = interrupted("sql", ENDLESS, env=environment(home), when=busy)
    assert code == 1
    assert "stopped" in said
    assert "Traceback" not in said


def test_simulate_given_ctrl_c_ends_well(home: Path) -> None:
    code, said, _ = interrupted("simulate", env=environment(home), when=settled)
    assert code == 0
    assert said.startswith("http://127.0.0.1:")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "args", [("lake", "compact"), ("backfill", "--symbol", "BTC/USDT"), ("dbt", "build")]
)
def test_writer_given_ctrl_c_while_it_waits_for_a_lock_stops(
    home: Path, args: tuple[str, ...]
) -> None:
    prepare_lake(home)
    catalog = "marts" if args[0] == "dbt" else "market"
    with (
        simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as market,
        hold(lock_path(home, catalog), wait=5, purpose="a test"),
    ):
        env = environment(home, **pointed_at(market))
        code, said, leader = interrupted(*args, env=env, when=settled)
        assert code == 1, said
        assert "stopped" in said
        assert group_is_gone(leader)
    assert not is_held(lock_path(home, catalog))


def test_demo_given_ctrl_c_leaves_no_process(home: Path) -> None:
    def loading(_: str) -> bool:
        return (home / "run" / "keeper.lock").exists()

    code, said, leader = interrupted("demo", env=environment(home), when=loading)
    assert code == 1, said
    assert "stopped" in said
    assert group_is_gone(leader)
