"""Pieces as rows of the lake's tables: rows of a kind, notes of sources, days of coverage.

What belongs here: the forms. What does not: the transaction (`history/landing.py`), counting
(`history/counting.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

import pyarrow as pa

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.counting import DayCounts
from crypto_pipeline.history.kinds import TABLE_OF, times
from crypto_pipeline.history.pieces import Piece
from crypto_pipeline.lake.tables import COVERAGE, SOURCE_FILES


def frame(kind: Kind, pieces: Sequence[Piece], now: datetime) -> pa.Table:
    """All rows of the pieces of one kind in its table's columns."""
    tables = [_with_columns(p, p.table, now) for p in pieces if p.table is not None]
    return pa.concat_tables(tables) if tables else TABLE_OF[kind].schema.empty_table()


def _with_columns(piece: Piece, rows: pa.Table, now: datetime) -> pa.Table:
    series = piece.series
    constants: dict[str, str] = {
        "entity_id": series.instrument.entity_id,
        "exchange": series.instrument.exchange,
        "interval": series.part,
        "source": piece.source,
    }
    columns = {name: _constant(value, piece.rows) for name, value in constants.items()}
    columns["loaded_at"] = pa.repeat(pa.scalar(now, TIMESTAMP), piece.rows)
    names = TABLE_OF[series.kind].schema.names
    return pa.table([columns[n] if n in columns else rows[n] for n in names], names=names)


def _constant(value: str, rows: int) -> pa.Array:
    """One text in every row, stored once: twice as fast into the lake as the text itself."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int8()), rows), [value])


def lie_apart(pieces: Sequence[Piece]) -> bool:
    """Whether no two pieces of one series reach over each other, so that no key is there twice.

    Decoders return no key twice. Where one source fills the holes of another, or two pages of
    trades meet within a microsecond, pieces do reach over each other, and the lake looks at each
    key.
    """
    reaches = sorted(
        (str(piece.series), *_reach(piece))
        for piece in pieces
        if piece.table is not None and piece.rows
    )
    return not any(
        series == following and first <= last
        for (series, _, last), (following, first, _) in pairwise(reaches)
    )


def _reach(piece: Piece) -> tuple[int, int]:
    stamps = times(piece.series, piece.table)
    return int(stamps.min()), int(stamps.max())


def note_rows(pieces: Sequence[Piece], now: datetime) -> pa.Table:
    """The rows of `market.source_files`; runs of pages that nothing is kept of may be one row."""
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for piece in pieces:
        series, note, kept = piece.series, piece.note, piece.note.kept
        row: dict[str, object] = {
            "url": note.url,
            "sha256": kept.sha256 if kept else None,
            "bytes": kept.size if kept else None,
            "rows": note.rows,
            "status": "refused" if note.refused else "loaded",
            "reason": note.refused,
            "raw": kept.path if kept else None,
            "exchange": series.instrument.exchange,
            "entity_id": series.instrument.entity_id,
            "kind": series.kind.value,
            "interval": series.interval.value if series.interval else None,
            "span_start": note.span.start,
            "span_end": note.span.end,
            "loaded_at": now,
        }
        key = tuple(row[column] for column in SOURCE_FILES.key)
        same = rows.setdefault(key, row)
        if same is not row and note.rows is not None:
            same["rows"] = note.rows + _rows_of(same)
    return pa.Table.from_pylist(list(rows.values()), schema=SOURCE_FILES.schema)


def _rows_of(row: Mapping[str, object]) -> int:
    rows = row["rows"]
    return rows if isinstance(rows, int) else 0


def coverage_rows(coverage: Mapping[Series, Mapping[date, DayCounts]], now: datetime) -> pa.Table:
    """The rows of `market.coverage`."""
    rows = [
        {
            "entity_id": series.instrument.entity_id,
            "kind": series.kind.value,
            "interval": series.interval.value if series.interval else None,
            "day": day,
            "expected": counts.expected,
            "present": counts.present,
            "flat": counts.flat,
            "no_trade": counts.no_trade,
            "not_listed": counts.not_listed,
            "delisted": counts.delisted,
            "missing": counts.missing,
            "proven": counts.proven,
            "ended": counts.ended,
            "loaded_at": now,
        }
        for series, by_day in coverage.items()
        for day, counts in by_day.items()
    ]
    return pa.Table.from_pylist(rows, schema=COVERAGE.schema)
