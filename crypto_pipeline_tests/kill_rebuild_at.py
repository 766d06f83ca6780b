"""Rebuild a home's lake in a process that ends, as `kill -9` does, at a named point.

    python -m crypto_pipeline_tests.kill_rebuild_at POINT HOME

What does not belong here: what must hold afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crypto_pipeline.history import rebuild, replay, swap

POINTS = {
    "while-landing": (replay.Replay, "land", 5, False),
    "between-renames": (swap, "rename", 2, True),
    "after-renaming": (swap, "rename", 2, False),
}
"""By name: which step, its how-manieth time, and whether before or after it."""


def dying(step: Callable[..., Any], time: int, *, before: bool) -> Callable[..., Any]:
    """The step, but that its n-th time ends the process."""
    left = time

    def run(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = step(*given, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return run


if __name__ == "__main__":
    owner, name, time, before = POINTS[sys.argv[1]]
    setattr(owner, name, dying(getattr(owner, name), time, before=before))
    rebuild.rebuild(Path(sys.argv[2]), datetime.now(UTC))
