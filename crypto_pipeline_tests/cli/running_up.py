"""A running `up` for tests: started as a person would, read line by line, ended in any case."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto_pipeline_tests.command import command_line
from crypto_pipeline_tests.simulated import ask

START_WAIT = 200.0
STOP_WAIT = 90.0
JSON = {"Content-Type": "application/json"}


@dataclass
class RunningUp:
    """An `up` whose web interface answers.

    Attributes:
        process: the command's own.
        url: of the web interface.
        output: the file that both its streams go to.
    """

    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""

    def said(self) -> str:
        """All that it has printed."""
        return self.output.read_text(encoding="utf-8")

    def ask(self, query: str, **variables: Any) -> Any:
        """One GraphQL answer's data."""
        reply = ask(
            f"{self.url}/graphql", "POST", {"query": query, "variables": variables}, headers=JSON
        )
        return reply.json()["data"]

    def end(self, number: signal.Signals) -> int:
        """Send it a signal and wait; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=STOP_WAIT)

    def descendants(self) -> list[int]:
        """The processes that it and its children started, as they are now."""
        parents = {pid: parent for pid, parent, state in processes() if state not in "ZX"}
        found = [self.process.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found[1:]


def processes() -> Iterator[tuple[int, int, str]]:
    """Process, parent and state of all that run."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        yield int(stat.parent.name), int(parent), state


def still_there(pids: list[int]) -> list[int]:
    """Those of these processes that run."""
    alive = {pid for pid, _, state in processes() if state not in "ZX"}
    return [pid for pid in pids if pid in alive]


def wait_for(what: Callable[[], Any], seconds: float = START_WAIT) -> Any:
    """Ask until the answer is true; that answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.2)
    raise TimeoutError(f"not within {seconds:.0f} s")


@contextmanager
def running_up(*args: str, env: Mapping[str, str], output: Path) -> Iterator[RunningUp]:
    """Start `up` and wait until it says where its web interface is."""
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command_line(["up", *args]), env=dict(env), stdout=stream, stderr=subprocess.STDOUT
        )
    running = RunningUp(process, output)
    try:
        wait_for(lambda: "web interface: " in running.said() or process.poll() is not None)
        assert process.poll() is None, running.said()
        running.url = running.said().partition("web interface: ")[2].split()[0]
        yield running
    finally:
        if process.poll() is None:
            # What it started ends with it.
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=STOP_WAIT)
