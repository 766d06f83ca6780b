"""Programs that a command starts and ends: their logs, their groups, their last words.

What belongs here: one program with all that it starts in turn, from start to end. What does not:
which programs (`cli/up.py`), or what ties them to us (`cli/tethered.py`).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from crypto_pipeline.errors import ChildEndedError

KEPT_LOGS = 3
LONGEST_LOG = 10_000_000
"""Bytes from which a log is put aside when its program starts."""

TAIL_BYTES = 4_000
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
INTERRUPT_SECONDS = 20.0
TERMINATE_SECONDS = 5.0
POLL_SECONDS = 0.1


class Child:
    """A Python module that runs as a program of ours, in a process group of its own.

    It is out of the terminal's reach, so that Ctrl-C comes to us alone, and ends by itself when we
    do. Its output goes to its log.

    Attributes:
        name: what it is called in messages.
        log: the file that takes its output.
        pid: its process, which leads its group.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name, self.log = name, log
        put_aside(log)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crypto_pipeline.cli.tethered", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid, self._interrupted = self._process.pid, False

    def require_running(self) -> None:
        """Return while it runs.

        Raises:
            ChildEndedError: it ended; the text has the end of its log.
        """
        code = self._process.poll()
        if code is not None:
            raise ChildEndedError(self.name, code=code, log=str(self.log), tail=tail(self.log))

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """How it ended, with the end of its log."""
        code = self._process.poll()
        return str(ChildEndedError(self.name, code=code, log=str(self.log), tail=tail(self.log)))

    def interrupt(self) -> None:
        """Interrupt it, once, and do not wait."""
        if self.is_running() and not self._interrupted:
            self._interrupted = True
            self._process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Interrupt it and wait for it; what it started may still run."""
        self.interrupt()
        self._ends(INTERRUPT_SECONDS)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.is_running():
                self._process.send_signal(number)
                self._ends(TERMINATE_SECONDS)

    def end_group(self, *, seconds: float = TERMINATE_SECONDS) -> None:
        """Wait so long for it and what it started to end, then end it all."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._group_ends(seconds):
            return
        self._signal_group(signal.SIGTERM)
        if not self._group_ends(TERMINATE_SECONDS):
            self._signal_group(signal.SIGKILL)
            self._group_ends(TERMINATE_SECONDS)

    def _ends(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)

    def _group_ends(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._process.poll()
            if not group_lives(self.pid):
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def group_lives(group: int) -> bool:
    """Whether any process of a group runs; one that ended and nobody waited for does not."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not Path("/proc/self/stat").exists():
        return True
    return any(_runs_in(group, stat) for stat in Path("/proc").glob("[0-9]*/stat"))


def _runs_in(group: int, stat: Path) -> bool:
    """Read `pid (name) state ppid pgrp …`; the name may hold spaces and brackets."""
    try:
        state, _, its_group = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return its_group == str(group) and state not in "ZX"


def put_aside(log: Path) -> None:
    """Make room for a log: its folder, and an empty file where the old one has grown too long."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if not log.exists() or log.stat().st_size < LONGEST_LOG:
        return
    for number in range(KEPT_LOGS, 0, -1):
        older = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        with contextlib.suppress(FileNotFoundError):
            older.replace(log.with_name(f"{log.name}.{number}"))


def tail(log: Path) -> str:
    """The last lines of a log, without colours."""
    with log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - TAIL_BYTES))
        text = content.read().decode("utf-8", errors="replace")
    return COLOUR.sub("", text).strip()
