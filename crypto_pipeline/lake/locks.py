"""The write lock of each catalog, and who holds it.

What belongs here: one advisory lock a file, with a note of its holder beside it. What does not:
what is done under it (`lake/session.py`). The system frees a lock when its holder dies, however it
dies; the note may then be stale, so the lock alone decides and the note only names.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from crypto_pipeline.errors import LakeLockedError

WRITE_WAIT = 600.0
"""Seconds that a writer waits for a catalog before it gives up and names the holder."""

COUNTED_SECONDS = 0.05
"""How often it is looked whether the others have closed a catalog."""


def lock_path(home: Path, name: str) -> Path:
    """The file behind the lock `name` of a home."""
    return home / "run" / f"{name}.lock"


@contextmanager
def hold(
    path: Path, *, wait: float, purpose: str, cancelled: Callable[[], bool] | None = None
) -> Iterator[None]:
    """Hold a lock file for the length of the block, and say who does.

    Args:
        path: the lock file; its folder is made.
        wait: seconds to wait; 0 does not.
        purpose: what the lock is held for, in words.
        cancelled: is asked while waiting; True ends the wait.

    Raises:
        LakeLockedError: another process held it all the while.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    note = _note(path)
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=wait, cancel_check=cancelled)
    except Timeout as error:
        raise LakeLockedError(path.stem, waited=wait, holder=holder(path)) from error
    try:
        note.write_text(json.dumps(_myself(purpose)), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


@contextmanager
def write_lock(
    home: Path,
    catalog: str,
    *,
    wait: float = WRITE_WAIT,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Hold the write lock of one catalog: one writing transaction, whole, at a time."""
    purpose = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    with hold(lock_path(home, catalog), wait=wait, purpose=purpose, cancelled=cancelled):
        yield


@contextmanager
def present(home: Path, catalog: str) -> Iterator[None]:
    """Be counted among those that have a catalog open for writing, for the length of the block.

    Raises:
        LakeLockedError: somebody moves the catalog, for longer than a writer waits.
    """
    with _counted(home, catalog, fcntl.LOCK_SH, wait=WRITE_WAIT):
        yield


@contextmanager
def alone(home: Path, catalog: str, *, wait: float = WRITE_WAIT) -> Iterator[None]:
    """Have nobody else hold a catalog open for writing, for the length of the block.

    SQLite removes a log by its name when the last writer closes, so a catalog that another process
    can still write must not be moved.

    Raises:
        LakeLockedError: somebody had it open all the while.
    """
    with _counted(home, catalog, fcntl.LOCK_EX, wait=wait):
        yield


@contextmanager
def _counted(home: Path, catalog: str, mode: int, *, wait: float) -> Iterator[None]:
    path = lock_path(home, f"{catalog}.open")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        deadline = time.monotonic() + wait
        while not _locks(file, mode):
            if time.monotonic() > deadline:
                raise LakeLockedError(catalog, waited=wait, holder="a load that has it open")
            time.sleep(COUNTED_SECONDS)
        yield


def _locks(file: IO[str], mode: int) -> bool:
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether some process holds this lock file now."""
    if not path.exists():
        return False
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def holder(path: Path) -> str:
    """Who noted itself as holder of this lock file, for a person to read."""
    try:
        note = json.loads(_note(path).read_text(encoding="utf-8"))
        return f"process {note['pid']} ({note['purpose']}) since {note['since']}"
    except (OSError, ValueError, KeyError):
        return "a process that left no note"


def _note(path: Path) -> Path:
    return path.with_suffix(".holder.json")


def _myself(purpose: str) -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "purpose": purpose, "since": since}
