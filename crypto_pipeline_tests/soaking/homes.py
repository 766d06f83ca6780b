"""A home of the long test, commands run on it, and the simulator that they speak to.

What belongs here: what every part of the long test needs. What does not: any part of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from crypto_pipeline.lake.catalogs import connect_read_only

CLI = [sys.executable, "-m", "crypto_pipeline.cli"]
FOLDER = Path(".bench") / "soak"

WAIT = 900.0
"""Seconds that one command may take."""
PAUSE = 1.0


@dataclass
class Soaked:
    """One home, and what was done to it.

    Attributes:
        home: the folder.
        simulator: the control address.
        failures: what did not hold, in words.
        counts: how often which command ran.
    """

    home: Path
    simulator: str
    ended: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What every command of this home is started with."""
        return environment(self.home, self.simulator)

    def command(self, *arguments: str) -> None:
        """Run a command to its end; a code other than 0 is a failure."""
        done = subprocess.run(
            [*CLI, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT,
            check=False,
        )
        self.count(arguments[0])
        if done.returncode != 0:
            tail = f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
            self.failures.append(f"{' '.join(arguments)} ended with {done.returncode}:\n{tail}")

    def killed(self, *arguments: str, after: float) -> None:
        """Start a command and kill it, as `kill -9` does, unless it ends before that."""
        process = subprocess.Popen(
            [*CLI, *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(after)
            self.count("ended before its kill")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.count("kill -9")

    def count(self, what: str) -> None:
        """Remember that something was done once more."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def repeat(self, *arguments: str) -> None:
        """Run a command again and again until the test ends."""
        while not self.ended.wait(PAUSE):
            self.command(*arguments)

    def rows(self, statement: str) -> pa.Table:
        """What a reader of this home is answered."""
        with connect_read_only(self.home) as session:
            return session.execute(statement).to_arrow_table()


def environment(home: Path, simulator: str) -> dict[str, str]:
    """This process's environment with one home and the simulator for everything outside."""
    names = {key: value for key, value in os.environ.items() if not key.startswith("CRYPTO_")}
    own = {
        "CRYPTO_HOME": str(home),
        "CRYPTO_SIMULATOR_URL": simulator,
        "CRYPTO_CLOCK_URL": simulator,
        "CRYPTO_EXCHANGES": '["binance", "okx", "bybit", "coinbase"]',
        "CRYPTO_LIMITS_FOLDER": str(home.parent / "limits"),
        "CRYPTO_CONFIG": "",
        "DAGSTER_HOME": "",
    }
    return names | own


@contextmanager
def simulating(*options: str) -> Iterator[str]:
    """A simulator for the length of the block; gives its control address."""
    command = [*CLI, "simulate", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.startswith("http"):
            raise RuntimeError(f"the simulator did not start: it printed {line!r}")
        yield line
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
