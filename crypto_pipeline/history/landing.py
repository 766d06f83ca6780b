"""Pieces into the lake: as many as are at hand to a commit, each commit whole and journalled.

What belongs here: collecting pieces, one transaction for rows, sources and coverage together. What
does not: the statements (`lake/writing.py`), the forms of rows (`history/rows.py`), counting
(`history/counting.py`), where pieces come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import duckdb

from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.counting import Coverage, count_days
from crypto_pipeline.history.kinds import TABLE_OF
from crypto_pipeline.history.listing_rows import frame_of
from crypto_pipeline.history.pieces import Fetched, Piece
from crypto_pipeline.history.raw.journal import Journal, Transaction
from crypto_pipeline.history.raw.notes import Commit, finished_of, taken_of
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.rows import coverage_rows, frame, lie_apart, note_rows
from crypto_pipeline.history.settlements import with_intervals
from crypto_pipeline.lake.session import WriteSession
from crypto_pipeline.lake.tables import COVERAGE, INSTRUMENTS, SOURCE_FILES
from crypto_pipeline.lake.writing import Written, replace
from crypto_pipeline.venues.venue import Venue

Result = TypeVar("Result")


@dataclass(slots=True)
class Batch:
    """What one commit holds.

    Attributes:
        pieces: rows and notes of sources.
        finished: series of which no further piece comes; their coverage is counted.
    """

    pieces: list[Piece] = field(default_factory=list)
    finished: list[Fetched] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows."""
        return sum(piece.rows for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Landed:
    """What one commit did: counts by series, and coverage of finished series."""

    written: Mapping[Series, Written]
    coverage: Coverage


class Landing:
    """Writes batches of one exchange through one session."""

    def __init__(self, session: WriteSession, venue: Venue, zone: RawZone) -> None:
        self._session, self._venue, self._zone = session, venue, zone
        self._journal = Journal(session.home)

    def introduce(self, serieses: Sequence[Series], now: datetime) -> None:
        """Enter instruments that the lake does not know, with what their symbol says of them."""
        instruments = {series.instrument for series in serieses}

        def enter(session: duckdb.DuckDBPyConnection) -> None:
            rows = session.execute("SELECT entity_id FROM market.instruments").fetchall()
            known = {row[0] for row in rows}
            new = [i for i in instruments if i.entity_id not in known]
            entered = [
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
            ]
            replace(session, INSTRUMENTS, frame_of(INSTRUMENTS, entered))

        symbols = tuple(sorted(instrument.symbol for instrument in instruments))
        self._commit(Commit(self._venue.exchange, now, introduced=symbols), enter)

    def land(self, batch: Batch, now: datetime) -> Landed:
        """Commit a batch whole; a second time it changes nothing.

        Raises:
            LakeError: nothing of the batch was written.
        """
        by_kind = {kind: [p for p in batch.pieces if p.series.kind is kind] for kind in TABLE_OF}
        notes = note_rows(batch.pieces, now)

        def commit(session: duckdb.DuckDBPyConnection) -> Landed:
            written: dict[Series, Written] = {}
            for kind, pieces in by_kind.items():
                written |= _replace(session, kind, pieces, now)
            replace(session, SOURCE_FILES, notes)
            counted = {f.series: self._venue.counts(f.series) for f in batch.finished}
            coverage = count_days(session, batch.finished, counted)
            replace(session, COVERAGE, coverage_rows(coverage, now))
            return Landed(written, coverage)

        taken = tuple(taken_of(piece) for piece in batch.pieces)
        finished = tuple(finished_of(fetched) for fetched in batch.finished)
        return self._commit(Commit(self._venue.exchange, now, taken, finished), commit)

    def _commit(self, commit: Commit, transaction: Transaction[Result]) -> Result:
        """Commit, noting in the raw zone what it takes from there."""
        if self._zone.keep:
            return self._journal.commit(self._session, commit, transaction)
        return self._session.write(transaction)


def _replace(
    session: duckdb.DuckDBPyConnection, kind: Kind, pieces: Sequence[Piece], now: datetime
) -> dict[Series, Written]:
    """Bring the table of a kind to what the pieces say."""
    rows = frame(kind, pieces, now)
    if kind is Kind.FUNDING:
        rows = with_intervals(session, rows)
    counts = replace(session, TABLE_OF[kind], rows, unique=lie_apart(pieces))
    found: dict[Series, Written] = {}
    for series in {piece.series for piece in pieces}:
        group = series.key if kind is Kind.KLINES else series.key[:1]
        if group in counts:
            found[series] = counts[group]
    return found
