"""The keeper: a process that holds the catalogs open, for as long as its starter lives."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from crypto_pipeline.lake.keeper import keeping
from crypto_pipeline.lake.locks import holder, is_held, lock_path
from crypto_pipeline_tests.lake.rows import PROGRAM_WAIT, klines, land, python, rows

STARTER = """
import sys, time
from pathlib import Path
from crypto_pipeline.lake.keeper import keeping

with keeping(Path(sys.argv[1])):
    print("keeps", flush=True)
    time.sleep(60)
"""


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds within half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def kept(home: Path) -> bool:
    return is_held(lock_path(home, "keeper")) and (home / "market" / "catalog.sqlite-wal").exists()


def test_keeping_given_a_lake_holds_it_open_and_ends_with_the_block(lake: Path) -> None:
    with keeping(lake):
        assert eventually(lambda: kept(lake))
        assert str(os.getpid()) not in holder(lock_path(lake, "keeper"))
        land(lake, klines([0]))
        assert rows(lake, "SELECT count(*) FROM market.klines") == [(1,)]

    assert eventually(lambda: not is_held(lock_path(lake, "keeper")))


def test_keeping_given_a_relative_home_keeps_it(lake: Path) -> None:
    with keeping(Path(os.path.relpath(lake))):
        assert eventually(lambda: kept(lake))


def test_keeping_given_two_starters_one_keeps_after_the_other(lake: Path) -> None:
    with keeping(lake):
        with keeping(lake):
            assert eventually(lambda: kept(lake))
        assert eventually(lambda: kept(lake))


def test_keeper_given_its_starter_is_killed_ends(lake: Path) -> None:
    starter = python(STARTER, lake)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "keeps\n"
    assert eventually(lambda: kept(lake))

    starter.kill()
    starter.communicate(timeout=PROGRAM_WAIT)

    assert eventually(lambda: not is_held(lock_path(lake, "keeper")))
