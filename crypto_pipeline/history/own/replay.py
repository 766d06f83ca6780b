"""A person's file landed once more from its copy in the raw zone, as `rebuild` does.

What belongs here: reading a copy as it was read then. What does not: which commits there were
(`history/raw/journal.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import duckdb

from crypto_pipeline.history.own.columns import TimeUnit
from crypto_pipeline.history.own.importing import Stated, own_rows
from crypto_pipeline.history.own.landing import OwnWritten, land_own
from crypto_pipeline.history.own.opening import Format
from crypto_pipeline.history.own.rows import OwnRows
from crypto_pipeline.history.own.stage import Stage, staged
from crypto_pipeline.history.pieces import IMPORT, Piece, SourceNote
from crypto_pipeline.history.raw.files import compare, sha256_of, told, within_zone
from crypto_pipeline.history.raw.notes import Taken
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.session import WriteSession


class OwnReplay:
    """Lands commits of imports again; a file that several commits took rows of is read once."""

    def __init__(self, session: WriteSession, zone: RawZone) -> None:
        """Take the lake that is made again, and where the copies lie."""
        self._session, self._zone = session, zone
        self._open: tuple[object, OwnRows, Stage] | None = None
        self._held = ExitStack()

    def close(self) -> None:
        """Let go of the file that was read last."""
        self._open = None
        self._held.close()

    def land(self, taken: Taken, loaded_at: datetime) -> OwnWritten:
        """Land what one commit took of a person's file, as it was landed then.

        Args:
            taken: what the commit took; what the lake held before that commit, it holds.
            loaded_at: when that was.

        Raises:
            RawError: the copy is not there, or damaged; a file that was not kept has none.
            DecodeError: it does not hold the rows that it held.
        """
        stated = stated_of(taken.reading)
        rows, stage = self._staged(taken, stated)
        found = stage.within(taken.span)
        note = SourceNote(
            taken.url, taken.span, taken.kept, found.num_rows, reading=dict(taken.reading)
        )
        piece = Piece(rows.series, IMPORT, note, found)

        def transaction(connection: duckdb.DuckDBPyConnection) -> OwnWritten:
            return land_own(
                connection, piece, replacing=stated.replacing, counted=rows.counted, now=loaded_at
            )

        return self._session.write(transaction)

    def _staged(self, taken: Taken, stated: Stated) -> tuple[OwnRows, Stage]:
        """All rows of a file's copy, on disk where memory ends."""
        series, kept = taken.name.series, taken.kept
        source = (kept, taken.name, stated)
        if self._open is not None and self._open[0] == source:
            return self._open[1:]
        self.close()
        path = within_zone(self._zone.folder, kept.path if kept else "")
        with told(path):
            compare(path, sha256_of(path))
        rows = own_rows(path, series, stated)
        stage = self._held.enter_context(staged(path.name, series, self._session.home))
        for batch in rows.batches():
            stage.add(batch)
        self._open = (source, rows, stage)
        return rows, stage


def stated_of(reading: Mapping[str, Any]) -> Stated:
    """What was said of a file, from the form in which it is noted."""
    unit = reading["unit"]
    return Stated(
        columns=reading["columns"],
        unit=TimeUnit(unit) if unit else None,
        utc=reading["utc"],
        form=Format(reading["form"]),
        header=reading["header"],
        replacing=reading["replacing"],
    )
