"""`simulate`: the exchanges on loopback, and how other commands start them.

What belongs here: starting the simulator in this process or as one of our own. What does not: the
simulator (`simulator/`).
"""

from __future__ import annotations

import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.simulator.serve import SimulatorOptions, run

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_COMMAND = ("crypto_pipeline.cli", "simulate", "--port", "0")


def run_simulator(options: SimulatorOptions) -> int:
    """Serve until Ctrl-C; the first line printed is the control address."""
    run(options)
    return 0


@contextmanager
def simulator_process() -> Iterator[str]:
    """A simulator in a process of its own for the length of the block; gives its control address.

    Raises:
        SourceBusyError: it did not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "crypto_pipeline.cli.tethered", *_COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield _control_address(process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _control_address(process: subprocess.Popen[str]) -> str:
    if process.stdout is None or process.stderr is None:
        raise SourceBusyError("simulator", "it was started without pipes")
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    address = process.stdout.readline().strip() if ready else ""
    if not address.startswith("http"):
        process.kill()
        raise SourceBusyError("simulator", f"it did not start: {process.stderr.read()[-2000:]}")
    return address
