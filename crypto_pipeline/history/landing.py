"""Pieces into the lake: as many as are at hand to a commit, each commit whole.

What belongs here: collecting pieces, one transaction for klines, sources and coverage together, the
counts of what it did. What does not: the statements (`lake/writing.py`), where pieces come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.intervals import DAY, EPOCH, day_start, days
from crypto_pipeline.domain.klines import MICROSECOND, TIMESTAMP
from crypto_pipeline.history.fetching import Fetched, Piece
from crypto_pipeline.lake.session import WriteSession
from crypto_pipeline.lake.tables import COVERAGE, INSTRUMENTS, KLINES, SOURCE_FILES
from crypto_pipeline.lake.writing import Written, replace
from crypto_pipeline.venues.venue import Series, Venue

SeriesKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Bars of one day: how many should be there, how many the table holds."""

    expected: int
    present: int


@dataclass(slots=True)
class Batch:
    """What one commit holds.

    Attributes:
        pieces: klines and notes of sources.
        finished: series of which no further piece comes; their coverage is counted.
    """

    pieces: list[Piece] = field(default_factory=list)
    finished: list[Fetched] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many klines."""
        return sum(piece.rows for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Landed:
    """What one commit did: counts by (entity_id, interval), and coverage of finished series."""

    written: Mapping[SeriesKey, Written]
    coverage: Mapping[SeriesKey, Mapping[date, DayCounts]]


def series_key(series: Series) -> SeriesKey:
    """How the lake names a series: (entity_id, interval)."""
    return (series.instrument.entity_id, series.interval.value)


class Landing:
    """Writes batches through one session."""

    def __init__(self, session: WriteSession, venue: Venue) -> None:
        self._session, self._venue = session, venue

    def introduce(self, serieses: Sequence[Series], now: datetime) -> None:
        """Enter instruments that the lake does not know, with what their symbol says of them."""
        instruments = {series.instrument for series in serieses}

        def enter(session: duckdb.DuckDBPyConnection) -> None:
            rows = session.execute("SELECT entity_id FROM market.instruments").fetchall()
            known = {row[0] for row in rows}
            new = [i for i in instruments if i.entity_id not in known]
            replace(
                session,
                INSTRUMENTS,
                _frame(
                    INSTRUMENTS.schema,
                    [
                        {
                            "entity_id": i.entity_id,
                            "exchange": i.exchange,
                            "instrument_type": i.instrument_type.value,
                            "symbol": i.symbol,
                            "base": i.base,
                            "quote": i.quote,
                            "native_symbol": self._venue.native_symbol(i),
                            "valid_from": now,
                        }
                        for i in new
                    ],
                ),
            )

        self._session.write(enter)

    def land(self, batch: Batch, now: datetime) -> Landed:
        """Commit a batch whole; a second time it changes nothing.

        Raises:
            LakeError: nothing of the batch was written.
        """
        unique = _lie_apart(batch.pieces)
        klines, notes = _klines(batch.pieces, now), _notes(batch.pieces, now)

        def commit(session: duckdb.DuckDBPyConnection) -> Landed:
            written = replace(session, KLINES, klines, unique=unique)
            replace(session, SOURCE_FILES, notes)
            coverage = _count_days(session, batch.finished)
            replace(session, COVERAGE, _coverage_rows(coverage, now))
            return Landed(written, coverage)

        return self._session.write(commit)


def _lie_apart(pieces: Sequence[Piece]) -> bool:
    """Whether no two pieces of one series reach over each other.

    Within a piece times ascend, so then no bar is there twice. Where one source fills the holes of
    another they do reach over each other, and the lake looks at each key.
    """
    reaches = sorted(
        (*series_key(piece.series), *pc.min_max(piece.klines["open_time"]).as_py().values())
        for piece in pieces
        if piece.klines is not None and piece.rows
    )
    return not any(
        series == following and first <= last
        for (*series, _, last), (*following, first, _) in pairwise(reaches)
    )


def _klines(pieces: Sequence[Piece], now: datetime) -> pa.Table:
    """All klines of the pieces in the table's columns."""
    tables = [_with_columns(p, p.klines, now) for p in pieces if p.klines is not None]
    return pa.concat_tables(tables) if tables else KLINES.schema.empty_table()


def _with_columns(piece: Piece, klines: pa.Table, now: datetime) -> pa.Table:
    constants: dict[str, str] = {
        "entity_id": piece.series.instrument.entity_id,
        "exchange": piece.series.instrument.exchange,
        "interval": piece.series.interval.value,
        "source": piece.source,
    }
    columns = {name: _constant(value, piece.rows) for name, value in constants.items()}
    columns["loaded_at"] = pa.repeat(pa.scalar(now, TIMESTAMP), piece.rows)
    names = KLINES.schema.names
    return pa.table([columns[n] if n in columns else klines[n] for n in names], names=names)


def _constant(value: str, rows: int) -> pa.Array:
    """One text in every row, stored once: twice as fast into the lake as the text itself."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int8()), rows), [value])


def _notes(pieces: Sequence[Piece], now: datetime) -> pa.Table:
    """The rows of `market.source_files`; a source noted twice in one batch is one row."""
    rows = {
        (*series_key(piece.series), note.url, note.sha256, note.refused is None, note.span): {
            "url": note.url,
            "sha256": note.sha256,
            "bytes": note.size,
            "rows": note.rows,
            "status": "refused" if note.refused else "loaded",
            "reason": note.refused,
            "exchange": piece.series.instrument.exchange,
            "entity_id": piece.series.instrument.entity_id,
            "kind": "klines",
            "interval": piece.series.interval.value,
            "span_start": note.span.start,
            "span_end": note.span.end,
            "loaded_at": now,
        }
        for piece in pieces
        if (note := piece.note) is not None
    }
    return _frame(SOURCE_FILES.schema, list(rows.values()))


def _count_days(
    session: duckdb.DuckDBPyConnection, finished: Sequence[Fetched]
) -> dict[SeriesKey, dict[date, DayCounts]]:
    """Expected and present bars of each day of each span, present ones counted in the table."""
    if not finished:
        return {}
    rows = session.execute(
        "SELECT entity_id, interval, epoch_us(open_time) // $day AS days, count(*) "
        "FROM market.klines "
        "WHERE exchange IN (SELECT unnest($exchanges)) AND interval IN (SELECT unnest($intervals)) "
        "AND entity_id IN (SELECT unnest($entity_ids)) "
        "AND open_time >= $start AND open_time < $end GROUP BY ALL",
        {
            "exchanges": sorted({f.series.instrument.exchange for f in finished}),
            "intervals": sorted({f.series.interval.value for f in finished}),
            "entity_ids": sorted({f.series.instrument.entity_id for f in finished}),
            "day": DAY // MICROSECOND,
            "start": min(_touched(f)[0] for f in finished),
            "end": max(_touched(f)[1] for f in finished),
        },
    ).fetchall()
    present = {(row[:2], (EPOCH + row[2] * DAY).date()): row[3] for row in rows}
    return {
        series_key(f.series): {
            day: DayCounts(_expected(f, day), present.get((series_key(f.series), day), 0))
            for day in days(f.span.start, f.span.end)
        }
        for f in finished
    }


def _touched(fetched: Fetched) -> tuple[datetime, datetime]:
    """The whole days that a span touches."""
    touched = days(fetched.span.start, fetched.span.end)
    return day_start(touched[0]), day_start(touched[-1]) + DAY


def _expected(fetched: Fetched, day: date) -> int:
    start = day_start(day)
    end = min(start + DAY, fetched.closed_until)
    return fetched.series.interval.bars_between(start, max(start, end))


def _coverage_rows(
    coverage: Mapping[SeriesKey, Mapping[date, DayCounts]], now: datetime
) -> pa.Table:
    return _frame(
        COVERAGE.schema,
        [
            {
                "entity_id": entity_id,
                "interval": interval,
                "day": day,
                "expected": count.expected,
                "present": count.present,
                "missing": max(0, count.expected - count.present),
                "loaded_at": now,
            }
            for (entity_id, interval), by_day in coverage.items()
            for day, count in by_day.items()
        ],
    )


def _frame(schema: pa.Schema, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)
