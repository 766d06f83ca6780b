"""The command line under test, as a process of its own: real arguments, exit codes and signals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from crypto_pipeline_tests.simulated import SimulatorProcess

TIMEOUT = 240


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person who set CRYPTO_HOME, and whatever else is named.

    One exchange is on unless more are named: most of what a command does is the same for all.
    """
    own = {"CRYPTO_HOME": str(home), "CRYPTO_EXCHANGES": "binance", "COLUMNS": "200"}
    return {**os.environ, **own, **more}


def pointed_at(simulator: SimulatorProcess) -> dict[str, str]:
    """The variable that points a command at a simulator."""
    return {"CRYPTO_SIMULATOR_URL": simulator.url}


def command_line(args: Sequence[str]) -> list[str]:
    """The command of this interpreter's environment."""
    return [sys.executable, "-m", "crypto_pipeline.cli", *args]


def crypto_pipeline(
    *args: str, env: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command_line(args),
        env=dict(env),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def start(*args: str, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start a command; the caller ends it."""
    return subprocess.Popen(
        command_line(args),
        env=dict(env),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
