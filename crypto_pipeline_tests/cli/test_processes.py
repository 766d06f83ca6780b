"""Programs of ours: their logs, and that none outlives its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.cli.processes import LONGEST_LOG, Child, group_lives, put_aside, tail
from crypto_pipeline.errors import ChildEndedError
from crypto_pipeline_tests.cli.running_up import wait_for


def test_child_given_stop_ends_with_its_group(tmp_path: Path) -> None:
    child = Child("server", ["http.server", "0", "--bind", "127.0.0.1"], tmp_path / "log")
    child.require_running()
    assert group_lives(child.pid)
    child.stop()
    child.end_group()
    assert not group_lives(child.pid)


def test_child_given_that_it_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("server", ["http.server", "no-port"], tmp_path / "log")
    wait_for(lambda: not group_lives(child.pid), seconds=30)
    with pytest.raises(ChildEndedError, match=r"the server ended by itself \(exit code 2\)"):
        wait_for(child.require_running, seconds=30)
    assert "invalid int value: 'no-port'" in tail(child.log)
    child.end_group()


def test_put_aside_given_a_long_log_starts_a_new_one(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "daemon.log"
    put_aside(log)
    for _ in range(5):
        with log.open("wb") as content:
            content.truncate(LONGEST_LOG)
        put_aside(log)
    assert not log.exists()
    assert sorted(path.name for path in log.parent.iterdir()) == [
        "daemon.log.1",
        "daemon.log.2",
        "daemon.log.3",
    ]


def test_tail_given_colours_drops_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\x1b[32mstarted\x1b[0m\n")
    assert tail(log) == "started"
