"""Processes that ask one exchange as fast as its limits let them, task after task from stdin.

What belongs here: the process, and speaking with it. What does not: what a test expects of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from crypto_pipeline.errors import SourceError
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline_tests.transport import asking

CONNECTIONS = 8
READY = "ready"
START_WAIT = 0.3
"""Seconds from a task's handing out until all processes begin with it."""


@dataclass(frozen=True)
class Task:
    """What a process does.

    Attributes:
        exchange: its id.
        request: the name of a request in `asking`.
        addresses: base URL by production host.
        hurry: of the simulator.
        folder: the shared one.
        seconds: for how long, real ones.
        start: when it begins to ask, on the machine's monotonic clock.
    """

    exchange: str
    request: str
    addresses: Mapping[str, str]
    hurry: float
    folder: str
    seconds: float
    start: float = 0.0


@dataclass(frozen=True)
class Result:
    """What a process got: good answers within its time, and the errors by text."""

    answers: int
    errors: Mapping[str, int]


@dataclass(frozen=True)
class Hammer:
    """A running process."""

    process: subprocess.Popen[str]

    def hand(self, task: Task) -> None:
        """Give it something to do."""
        self._pipe(self.process.stdin).write(json.dumps(asdict(task)) + "\n")
        self._pipe(self.process.stdin).flush()

    def line(self) -> str:
        """What it says next; the test's own time limit bounds the wait."""
        return self._pipe(self.process.stdout).readline().strip()

    def result(self) -> Result:
        """What came of a task."""
        return Result(**json.loads(self.line()))

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)
        self._pipe(self.process.stdin).close()
        self._pipe(self.process.stdout).close()

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


@contextmanager
def hammers(count: int) -> Iterator[list[Hammer]]:
    """So many processes, ready."""
    command = [sys.executable, "-m", __name__]
    pipe = subprocess.PIPE
    found = [
        Hammer(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)) for _ in range(count)
    ]
    try:
        assert [hammer.line() for hammer in found] == [READY] * count
        yield found
    finally:
        for hammer in found:
            hammer.end()


async def _hammer(task: Task) -> Result:
    venue = asking.venue(task.exchange, task.addresses, hurry=task.hurry)
    request = getattr(asking, task.request)
    answers, errors = 0, dict[str, int]()

    async def ask(exchange: Exchange) -> None:
        nonlocal answers
        while True:
            try:
                await exchange.get(request)
                answers += 1
            except SourceError as error:
                errors[str(error)] = errors.get(str(error), 0) + 1
                await asyncio.sleep(0.05)

    async with Exchange(venue, limits_folder=Path(task.folder)) as exchange:
        await asyncio.sleep(task.start - time.monotonic())
        tasks = [asyncio.create_task(ask(exchange)) for _ in range(CONNECTIONS)]
        await asyncio.sleep(task.seconds)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return Result(answers, errors)


if __name__ == "__main__":
    print(READY, flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(asyncio.run(_hammer(Task(**json.loads(line)))))), flush=True)
