"""A small file of numbers that the processes of one machine write in turn.

What belongs here: making, mapping and locking it, and what each number is for. What does not: what
is counted in it (`ledger.py`).

It is mapped into memory, so that a process that is killed leaves each number as it last wrote it;
the lock is the system's and ends with its holder. Nothing here waits.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SLICES = 500
"""Into how many slices a window is cut."""
CELLS = SLICES + 1
"""The slice that runs now, and those that still count."""
UNDER_WAY = 256
"""Requests without an answer yet, of all processes; one more waits."""
CLAIMS = 64
"""Waiting processes that keep their place in the queue; one more has none until a place is free."""
TOUCHED = 3600.0
"""Seconds after which a file in use is marked as such; what is written to a map alone is not."""

FORMAT = 1.0
_HEAD = 6
_WORDS = _HEAD + CELLS + 3 * UNDER_WAY + 4 * CLAIMS
_SIZE = 8 * _WORDS


class LedgerFile:
    """The file, open.

    Args:
        path: in a folder that is there and that only this user may enter.

    Attributes:
        head: format, newest slice, and of the exchange's own count: the start of its window at the
            earliest, the last figure, when it came, when the request was sent that brought it.
        cells: what was used in each slice, at the slice's number modulo CELLS.
        sent: by request under way: when it was sent, 0 where the place is free.
        costs: what it costs.
        owners: the process that sent it.
        claimed: by waiting process: since when it waits, 0 where the place is free.
        wants: what it needs.
        due: when it will look again.
        claimants: the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open()

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the lock for the length of the block if it is free: then True, else False."""
        if self._replaced():
            self.close()
            self._open()
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            if self.head[0] != FORMAT:
                self.clear()
            yield True
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def clear(self) -> None:
        """Set every number to 0."""
        self._words[:] = memoryview(bytes(_SIZE)).cast("d")
        self.head[0] = FORMAT

    def close(self) -> None:
        """Unmap and close it."""
        for view in self._views:
            view.release()
        self._map.close()
        os.close(self._descriptor)

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o600)
        if os.fstat(self._descriptor).st_size < _SIZE:
            # Written, not only lengthened: a full disk is then an error here, not a crash later.
            os.pwrite(self._descriptor, bytes(_SIZE), 0)
        self._map = mmap.mmap(self._descriptor, _SIZE)
        raw = memoryview(self._map)
        self._words = raw.cast("d")
        self._views: list[memoryview[float] | memoryview[int]] = [self._words, raw]
        self.head = self._section(0, _HEAD)
        self.cells = self._section(_HEAD, CELLS)
        requests = _HEAD + CELLS
        self.sent, self.costs, self.owners = self._sections(requests, UNDER_WAY, 3)
        claims = requests + 3 * UNDER_WAY
        self.claimed, self.wants, self.due, self.claimants = self._sections(claims, CLAIMS, 4)

    def _sections(self, start: int, length: int, count: int) -> list[memoryview[float]]:
        return [self._section(start + length * i, length) for i in range(count)]

    def _section(self, start: int, length: int) -> memoryview[float]:
        view = self._words[start : start + length]
        self._views.insert(0, view)
        return view

    def _replaced(self) -> bool:
        """Whether the file that others find under the path is another one, or none."""
        with suppress(FileNotFoundError):
            found = self.path.stat()
            if time.time() - found.st_mtime > TOUCHED:
                os.utime(self._descriptor)
            return found.st_ino != os.fstat(self._descriptor).st_ino
        return True
