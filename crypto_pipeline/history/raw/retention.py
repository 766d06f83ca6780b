"""How long the raw zone keeps what came: removing what is older than the setting says.

What belongs here: which files go. What does not: the setting (`raw_retention_days`), when it is
done (`lake compact`). The journal stays whole, so that `rebuild` names what cannot be made again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crypto_pipeline.history.raw.files import PARTIAL, raw_folder
from crypto_pipeline.history.raw.journal import JOURNAL, Journal, read_note
from crypto_pipeline.lake.locks import hold, lock_path

GRACE_SECONDS = 86_400
"""A file kept less long ago is left alone: the commit that takes it may be to come."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went: files, and bytes as they lay on disk."""

    files: int = 0
    size: int = 0


def prune(home: Path, retention_days: int | None, now: datetime) -> Pruned:
    """Remove what no commit of the last days took, and what killed processes left half written.

    A second time removes nothing. Files that are being written, and those written within
    GRACE_SECONDS, stay.

    Args:
        home: the home.
        retention_days: how many; None keeps everything that is whole.
        now: the time that commits are compared with, aware, UTC.

    Raises:
        LakeLockedError: a rebuild reads the raw zone just now.
        RawError: a note of the journal cannot be read, so that it is not known what it took;
            nothing was removed.
    """
    folder = raw_folder(home)
    if not folder.is_dir():
        return Pruned()
    with hold(lock_path(home, "rebuild"), wait=0, purpose="pruning the raw zone"):
        doomed = list(_old(folder / PARTIAL))
        if retention_days is not None:
            wanted = _taken_since(home, now - timedelta(days=retention_days))
            old = (file for part in _kept_folders(folder) for file in _old(part))
            doomed += [file for file in old if str(file.relative_to(folder)) not in wanted]
        size = sum(_remove(file) for file in doomed)
    return Pruned(len(doomed), size)


def _taken_since(home: Path, cutoff: datetime) -> set[str]:
    """Paths within the raw zone that commits since then took."""
    wanted = set()
    for note in Journal(home).notes():
        commit = read_note(note)
        if commit.loaded_at >= cutoff:
            wanted |= {taken.kept.path for taken in commit.taken if taken.kept is not None}
    return wanted


def _kept_folders(folder: Path) -> Iterator[Path]:
    """The folders of what is kept, `<exchange>/<kind>/<aa>`."""
    for exchange in folder.iterdir():
        if exchange.name not in (PARTIAL, JOURNAL) and exchange.is_dir():
            yield from exchange.glob("*/*")


def _old(folder: Path) -> Iterator[Path]:
    """Its files, but for those of the last day by the machine's own clock."""
    newest = time.time() - GRACE_SECONDS
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.is_file() and file.stat().st_mtime < newest:
            yield file


def _remove(file: Path) -> int:
    size = file.stat().st_size
    file.unlink()
    return size
