"""`simulate`: the exchanges on loopback, and how other commands start them.

What belongs here: starting the simulator in this process or as one of our own. What does not: the
simulator (`simulator/`).
"""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.simulator.serve import SimulatorOptions, run

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_MOST_SAID = 2000
_COMMAND = ("crypto_pipeline.cli", "simulate", "--port", "0")


def run_simulator(options: SimulatorOptions) -> int:
    """Serve until Ctrl-C; the first line printed is the control address."""
    run(options)
    return 0


@contextmanager
def simulator_process(*options: str) -> Iterator[str]:
    """A simulator in a process of its own for the length of the block; gives its control address.

    Args:
        options: of `crypto-pipeline simulate`.

    Raises:
        SourceBusyError: it did not start.
    """
    # Nobody reads its stderr while it runs: a pipe would fill up and block it.
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "crypto_pipeline.cli.tethered", *_COMMAND, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            yield _control_address(process, errors)
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _control_address(process: subprocess.Popen[str], errors: IO[str]) -> str:
    if process.stdout is None:
        raise SourceBusyError("simulator", "it was started without pipes")
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    address = process.stdout.readline().strip() if ready else ""
    if not address.startswith("http"):
        process.kill()
        process.wait(timeout=STOP_SECONDS)
        errors.seek(0)
        raise SourceBusyError("simulator", f"it did not start: {errors.read()[-_MOST_SAID:]}")
    return address
