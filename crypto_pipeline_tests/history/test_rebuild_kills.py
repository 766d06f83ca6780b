"""A rebuild killed at named points, then run again: as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crypto_pipeline.history.rebuild import rebuild
from crypto_pipeline_tests.history.rebuilds import AGAIN, market, surplus
from crypto_pipeline_tests.kill_rebuild_at import POINTS


@pytest.mark.parametrize("point", POINTS)
def test_rebuild_given_a_kill_and_another_run_ends_as_if_undisturbed(
    mine: Path, original: Path, point: str
) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "crypto_pipeline_tests.kill_rebuild_at", point, str(mine)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    done = rebuild(mine, AGAIN)

    assert (done.lost, done.in_place) in [([], True), ((), True)]
    assert surplus(market(original), market(mine)) == {}
    assert not (mine / "rebuild").exists()
    before = list(mine.glob("market.before-*"))
    assert len(before) == 1
    assert surplus(market(original), before[0]) == {}
