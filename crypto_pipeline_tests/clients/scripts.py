"""A client's script seen from the test: started in its own environment, asked, ended.

What belongs here: the process. What does not: what scripts say (`reports.py`), environments.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from crypto_pipeline_tests.clients.environments import CLIENTS, interpreter

ROOT = CLIENTS.parents[1]
PATIENCE = 60.0
"""Seconds that a script gets to answer, or to come to hold what is waited for."""
GRACE = 5.0
"""Seconds that it gets to end by itself."""


def run_script(client: str, script: str, argument: object, *, timeout: float = PATIENCE) -> Any:
    """Run a script to its end; what it printed, from JSON.

    Args:
        client: whose environment and folder.
        script: its file without `.py`.
        argument: written to its standard input as JSON.
        timeout: seconds.

    Raises:
        RuntimeError: it failed; the text is its standard error.
    """
    done = subprocess.run(
        _command(client, script),
        input=json.dumps(argument),
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{client}/{script}.py ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class RunningScript:
    """A script that answers when asked.

    Args:
        process: started with pipes.
        log: where its standard error goes.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, word: str, *, timeout: float = PATIENCE) -> Any:
        """What the script holds under a word."""
        self.tell(word)
        try:
            line = self._lines.get(timeout=timeout)
        except Empty:
            text = f"no answer to {word!r} in {timeout} s: {self.complaints()}"
            raise TimeoutError(text) from None
        if not line:
            raise RuntimeError(f"the script ended: {self.complaints()}")
        return json.loads(line)

    def until(self, word: str, holds: Callable[[Any], object], *, timeout: float = PATIENCE) -> Any:
        """Ask until `holds` says yes, or the time is up; the last answer."""
        end = time.monotonic() + timeout
        while not holds(answer := self.ask(word)) and time.monotonic() < end:
            time.sleep(0.05)
        return answer

    def complaints(self) -> str:
        """The end of its standard error."""
        return self._log.read_text(encoding="utf-8")[-3000:]

    def tell(self, line: str) -> None:
        """Write a line to its standard input; one that has ended is told nothing."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def end(self) -> None:
        """End its standard input, and with it the script."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put("")


@contextmanager
def running_script(
    client: str, script: str, argument: object, folder: Path
) -> Iterator[RunningScript]:
    """Run a script while the context is open; its first line of input is `argument` as JSON.

    Args:
        client: whose environment and folder.
        script: its file without `.py`.
        argument: what to do.
        folder: for the log of its standard error.
    """
    log = folder / f"{client}-{script}.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            _command(client, script),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    started = RunningScript(process, log)
    try:
        started.tell(json.dumps(argument))
        yield started
    finally:
        started.end()


def _command(client: str, script: str) -> list[str]:
    return [str(interpreter(client)), str(CLIENTS / client / f"{script}.py")]


def _environment() -> Mapping[str, str]:
    """The tests' own, in which the scripts find `reports.py`."""
    hidden = ("CRYPTO_", "DAGSTER_", "DBT_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
