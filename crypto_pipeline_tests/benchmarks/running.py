"""A contestant's run in a process of its own, and the figures that it prints.

What belongs here: starting a program and reading the JSON object on its last line. What does not:
which program.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

RUN_WAIT = 1800.0
"""Seconds that one run may take; then it is killed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took.

    Attributes:
        bars: 1m klines that it stored.
        seconds: from the first request to the last commit, start-up left out.
        cpu_seconds: of all its threads in that time: steadier than `seconds` on a busy machine.
        peak_rss_mb: most memory that the process held, MiB.
        parts: what `seconds` went into, by name, where somebody measured that.
        counts: what else was measured, by name.
    """

    bars: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    parts: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Bars a second."""
        return self.bars / self.seconds


def run_for_json(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Run:
    """Run a program that prints a run's figures as a JSON object on its last line.

    Raises:
        RuntimeError: it failed, or took longer than RUN_WAIT seconds.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=RUN_WAIT,
            env={**os.environ, **(env or {})},
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command[:3]} ended with {error.returncode}: {_end(error)}") from error
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{command[:3]} took longer than {RUN_WAIT} s") from error
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _end(error: subprocess.CalledProcessError) -> str:
    return f"{error.stdout[-2000:]}\n{error.stderr[-4000:]}"
