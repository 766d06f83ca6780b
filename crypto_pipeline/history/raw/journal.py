"""The journal of the raw zone: what each commit took from which raw file, in the order of commits.

    journal = Journal(home)
    taken = tuple(taken_of(piece) for piece in batch.pieces)
    finished = tuple(finished_of(fetched) for fetched in batch.finished)
    journal.commit(session, Commit(exchange, now, taken, finished), transaction)

`transaction` writes the rows through the connection that it is given, as `WriteSession.write` runs
it. The commit is noted before it is made, under the lock of the catalog, and the note counts once
the commit is there; after a kill between the two, the next one asks the lake. So the journal says
neither more nor less than the lake, and outlives it.

    raw/journal/000012/000012345.jsonl.zst     one commit, numbered in the order of committing
    raw/journal/pending/000012346.jsonl.zst    one that was noted, and may not have been made

What belongs here: the notes and their order. What does not: their form (`raw/notes.py`), making
tables of them (`rebuild.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import duckdb

from crypto_pipeline.errors import RawError
from crypto_pipeline.history.raw.files import draft_in, raw_folder
from crypto_pipeline.history.raw.notes import Commit, packed, unpacked
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import WriteSession

JOURNAL = "journal"
"""Where the notes lie, within the raw zone."""
SUFFIX = ".jsonl.zst"
A_FOLDER = 1_000
"""Notes in one folder."""

Result = TypeVar("Result")
Transaction = Callable[[duckdb.DuckDBPyConnection], Result]


class Journal:
    """The journal of one home."""

    def __init__(self, home: Path) -> None:
        self._raw = raw_folder(home)
        self.folder = self._raw / JOURNAL
        self._pending = self.folder / "pending"

    def commit(
        self, session: WriteSession, commit: Commit, transaction: Transaction[Result]
    ) -> Result:
        """Run a transaction of the market catalog and note what it lands.

        Raises:
            RawError: the note cannot be written; nothing was committed.
            LakeError: as `WriteSession.write` does; nothing was committed.
        """
        noted = list[Path]()

        def noting(connection: duckdb.DuckDBPyConnection) -> Result:
            self.settle(connection)
            result = transaction(connection)
            noted.append(self._note(commit))
            connection.execute(
                f"CALL {Catalog.MARKET.value}.set_commit_message(?, ?, extra_info => ?)",
                ["crypto-pipeline", f"load of {commit.exchange}", commit.id],
            )
            return result

        result = session.write(noting)
        self._confirm(noted[-1])
        return result

    def settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Find out what became of commits whose process died; the caller holds the market's lock.

        A commit that changed nothing leaves no trace in the lake: its note goes, and nothing is
        lost by that.
        """
        for note in self._pending_notes():
            try:
                made = _was_made(connection, read_note(note).id)
            except RawError:
                made = note.exists()  # a note that cannot be read is kept, for rebuild to name
            if made:
                self._confirm(note)
            else:
                note.unlink(missing_ok=True)

    def accept(self) -> None:
        """Let every note count, where there is no lake to ask; the caller holds its lock."""
        for note in self._pending_notes():
            self._confirm(note)

    def notes(self) -> list[Path]:
        """The notes of all commits in their order; those that are not settled come last."""
        return [*self.settled_notes(), *self._pending_notes()]

    def settled_notes(self) -> list[Path]:
        """The notes of commits that were made for sure; no later one comes before any of them."""
        return [note for folder in _numbered(self.folder) for note in _numbered(folder)]

    def _note(self, commit: Commit) -> Path:
        """Note a commit that is about to be made."""
        place = self._pending / f"{self._next():09}{SUFFIX}"
        try:
            self._pending.mkdir(parents=True, exist_ok=True)
            draft = draft_in(self._raw)
            try:
                draft.write_bytes(packed(commit))
                draft.chmod(0o444)
                draft.replace(place)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            reason = f"cannot be written: {error.strerror or error}; nothing was committed"
            raise RawError(str(place), reason) from error
        return place

    def _next(self) -> int:
        """The number after the last one; nobody else notes meanwhile."""
        folders = _numbered(self.folder)
        notes = [*(_numbered(folders[-1]) if folders else ()), *self._pending_notes()]
        return _number(notes[-1]) + 1 if notes else 1

    def _confirm(self, note: Path) -> None:
        """Let a note count; the process that comes next may have done so already."""
        folder = self.folder / f"{_number(note) // A_FOLDER:06}"
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            note.replace(folder / note.name)

    def _pending_notes(self) -> list[Path]:
        return _numbered(self._pending)


class Writes(Protocol):
    """What can run a transaction of the market catalog whole."""

    def write(self, transaction: Transaction[Result]) -> Result:
        """Run it, as `WriteSession.write` does."""
        ...


class NotingSession:
    """A write session whose transaction is noted in the journal."""

    def __init__(self, session: WriteSession, commit: Commit) -> None:
        self._session, self._commit = session, commit

    def write(self, transaction: Transaction[Result]) -> Result:
        """Run a transaction and note the commit; for one transaction.

        Raises:
            LakeError: nothing was written.
        """
        return Journal(self._session.home).commit(self._session, self._commit, transaction)


def noting(session: WriteSession, zone: RawZone, commit: Commit) -> Writes:
    """The session such that its next transaction is noted; as it is where nothing is kept."""
    return NotingSession(session, commit) if zone.keep else session


def read_note(note: Path) -> Commit:
    """What a note says.

    Raises:
        RawError: it is not there, or damaged.
    """
    try:
        return unpacked(note.read_bytes())
    except OSError as error:
        raise RawError(str(note), f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise RawError(str(note), f"is damaged: {error}") from error


def _was_made(connection: duckdb.DuckDBPyConnection, commit_id: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM ducklake_snapshots(?) WHERE commit_extra_info = ?",
        [Catalog.MARKET.value, commit_id],
    ).fetchone()
    return found is not None


def _numbered(folder: Path) -> list[Path]:
    """The numbered folders or notes in a folder, ascending; none where it is not there."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name[:1].isdigit())


def _number(note: Path) -> int:
    return int(note.name.partition(".")[0])
