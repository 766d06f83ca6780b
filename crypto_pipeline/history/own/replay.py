"""A person's file landed once more from its copy in the raw zone, as `rebuild` does.

What belongs here: reading a copy as it was read then. What does not: which commits there were
(`history/raw/journal.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from crypto_pipeline.history.kinds import table_of, within
from crypto_pipeline.history.own.columns import TimeUnit
from crypto_pipeline.history.own.importing import Stated, own_rows
from crypto_pipeline.history.own.landing import OwnWritten, land_own
from crypto_pipeline.history.own.opening import Format
from crypto_pipeline.history.own.rows import ROW
from crypto_pipeline.history.pieces import IMPORT, Piece, SourceNote
from crypto_pipeline.history.raw.files import compare, sha256_of, told, within_zone
from crypto_pipeline.history.raw.notes import Taken
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.session import WriteSession


def land_again(
    session: WriteSession, zone: RawZone, taken: Taken, loaded_at: datetime
) -> OwnWritten:
    """Land what one commit took of a person's file, as it was landed then.

    Args:
        session: of the lake that is made again; what was there before that commit is there.
        zone: where the copy lies; a file that was not kept cannot be landed again.
        taken: what the commit took.
        loaded_at: when that was.

    Raises:
        RawError: the copy is not there, or damaged.
        DecodeError: it does not hold the rows that it held.
    """
    series, stated = taken.name.series, stated_of(taken.reading)
    kept = taken.kept
    path = within_zone(zone.folder, kept.path if kept else "")
    with told(path):
        compare(path, sha256_of(path))
    rows = own_rows(path, series, stated)
    tables = [within(series, batch, [taken.span]) for batch in rows.batches()]
    found = pa.concat_tables(tables).sort_by(
        [(table_of(series).time, "ascending"), (ROW, "ascending")]
    )
    note = SourceNote(taken.url, taken.span, kept, found.num_rows, reading=dict(taken.reading))
    piece = Piece(series, IMPORT, note, found.drop_columns([ROW]))

    def transaction(connection: duckdb.DuckDBPyConnection) -> OwnWritten:
        return land_own(
            connection, piece, replacing=stated.replacing, counted=rows.counted, now=loaded_at
        )

    return session.write(transaction)


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
