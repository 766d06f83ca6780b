"""`import`: a person's own files into the lake, through the checks that exchanges' data pass.

What belongs here: one file from opening to landing. What does not: its parts (the modules beside
it), what the command prints (`cli/import_files.py`).

    opening   which format; csv, arrow read it in parts (files)
    columns   which of its columns are ours: stated, never guessed
    rows      values into ours (values, times)
    stage     all rows at once, held against the rules (rules)
    landing   into the lake, beside what exchanges gave (coverage)
    replay    a file that was kept, once more

A file lands whole or not at all: every row of it is checked before the first one is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.kinds import table_of
from crypto_pipeline.history.landing import Landing
from crypto_pipeline.history.own.columns import TARGETS, TimeUnit, find_preset, map_columns
from crypto_pipeline.history.own.landing import OwnWritten, compare_own, land_own
from crypto_pipeline.history.own.opening import Format, format_of, open_own_file
from crypto_pipeline.history.own.rows import OwnRows
from crypto_pipeline.history.own.rules import Order, has_order, rules_of
from crypto_pipeline.history.own.stage import Broken, Stage, staged
from crypto_pipeline.history.own.times import TimeReading
from crypto_pipeline.history.own.values import Place
from crypto_pipeline.history.pieces import IMPORT, Piece, SourceNote
from crypto_pipeline.history.raw.journal import Journal, Transaction
from crypto_pipeline.history.raw.notes import Commit, taken_of
from crypto_pipeline.history.raw.zone import Kept, RawZone
from crypto_pipeline.lake.catalogs import connect_read_only, has_lake
from crypto_pipeline.lake.session import WriteSession
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import find_venue

COMMIT_ROWS = 250_000
"""Rows of one commit."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person says of a file: all that it takes to read it, and to read it again.

    Attributes:
        columns: the file's name of those of our columns that were named.
        preset: the program that wrote it, or None.
        unit: of times without a type, or None.
        utc: whether times without a zone are UTC.
        form: its format; None goes by the end of its name.
        header: whether the first row of a CSV names its columns.
        replacing: whether it replaces rows that say something else.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    preset: str | None = None
    unit: TimeUnit | None = None
    utc: bool = False
    form: Format | None = None
    header: bool = True
    replacing: bool = False


def own_rows(path: Path, series: Series, stated: Stated) -> OwnRows:
    """Open a file and settle which of its columns are which of ours; no row is read yet.

    Raises:
        UsageError: the file is not there, or lacks a column, or what was said of it does not fit.
        DecodeError: it is not of its format.
    """
    preset = find_preset(stated.preset)
    names = preset.names.get(series.kind, ()) if preset else ()
    header = None if names and stated.header else stated.header
    file = open_own_file(path, stated.form, header=header, names=names)
    mapping = map_columns(file.name, file.columns, series, preset=preset, named=stated.columns)
    unit = stated.unit or (preset.unit if preset else None)
    reading = TimeReading(unit, stated.utc)
    return OwnRows(file, series, mapping, reading, counted=counts_trades(series))


def counts_trades(series: Series) -> bool:
    """Whether the exchange counts the trades of an instrument, so that an id is a number.

    Raises:
        UsageError: there is no such exchange, or it has no such instruments.
    """
    venue = find_venue(series.instrument.exchange)
    return venue.capabilities[series.instrument.instrument_type].counted


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose rows have all been read, and what is wrong with them.

    Attributes:
        rows: how it was read.
        stage: its rows.
        sha256: of its bytes.
        broken: the rules that rows break, those of the earliest row first; empty where it may land.
    """

    rows: OwnRows
    stage: Stage
    sha256: str
    broken: Sequence[Broken]

    def refuse_broken(self) -> None:
        """Refuse the file where a row breaks a rule.

        Raises:
            DecodeError: naming the first such row.
        """
        if self.broken:
            raise self.broken[0].first


@contextmanager
def checked(
    rows: OwnRows, home: Path, now: datetime, on_rows: Callable[[int], None] = lambda _: None
) -> Iterator[Checked]:
    """Read a file to its end and hold its rows against the rules; it is there for the block.

    Args:
        rows: how it is read.
        home: where what memory does not hold is laid down meanwhile.
        now: the present: nothing in the file may be later.
        on_rows: is told how many rows were read since the last time.

    Raises:
        DecodeError: a value cannot be read, times are not in order, or there is no row at all.
        UsageError: the unit or the zone of its times was not said.
    """
    sha256 = rows.file.sha256()
    with staged(rows.file.name, rows.series, home) as stage:
        _fill(stage, rows, on_rows)
        if not stage.count():
            raise DecodeError(rows.file.name, given="no rows", expected="at least one")
        yield Checked(rows, stage, sha256, stage.broken(rules_of(rows.series, now)))


def _fill(stage: Stage, rows: OwnRows, on_rows: Callable[[int], None]) -> None:
    time = TARGETS[rows.series.kind]
    column = next(rows.mapping.taken[t] for t in time if t.name == table_of(rows.series).time)
    order = Order(Place(rows.file.name, column, 1)) if has_order(rows.series.kind) else None
    for batch in rows.batches():
        if order is not None and batch.num_rows:
            order.check(batch[table_of(rows.series).time], batch["row"][0].as_py())
        stage.add(batch)
        on_rows(batch.num_rows)


def land_file(
    checked: Checked,
    session: WriteSession,
    zone: RawZone,
    stated: Stated,
    now: datetime,
    on_rows: Callable[[int], None] = lambda _: None,
) -> OwnWritten:
    """Write a file whose rows were checked, and its instrument; again it changes nothing.

    Args:
        checked: the file.
        session: on the market catalog.
        zone: where a copy of the file is kept.
        stated: what was said of the file.
        now: the time that its rows carry.
        on_rows: is told how many rows were committed since the last time.

    Raises:
        DecodeError: a row breaks a rule, or the file was changed meanwhile; nothing landed.
        LakeError: a commit failed; those before it hold.
    """
    checked.refuse_broken()
    rows = checked.rows
    kept = zone.keep_copy(rows.series.instrument.exchange, rows.series.kind, rows.file.path)
    if rows.file.sha256() != checked.sha256 or (kept and kept.sha256 != checked.sha256):
        raise DecodeError(
            rows.file.name, given="other bytes than before", expected="a file that nobody writes"
        )
    venue = find_venue(rows.series.instrument.exchange)(Endpoints(None, {}))
    Landing(session, venue, zone).introduce([rows.series], now)
    told, written = asdict(_settled(rows, stated)), OwnWritten()
    for batch in checked.stage.batches(COMMIT_ROWS):
        piece = _piece(rows, batch, kept, told)

        def transaction(connection: duckdb.DuckDBPyConnection, piece: Piece = piece) -> OwnWritten:
            return land_own(
                connection, piece, replacing=stated.replacing, counted=rows.counted, now=now
            )

        written += _commit(session, zone, piece, now, transaction)
        on_rows(batch.num_rows)
    return written


def _commit(
    session: WriteSession,
    zone: RawZone,
    piece: Piece,
    now: datetime,
    transaction: Transaction[OwnWritten],
) -> OwnWritten:
    """Commit a piece, noting in the raw zone what it takes from there."""
    if not zone.keep:
        return session.write(transaction)
    commit = Commit(piece.series.instrument.exchange, now, (taken_of(piece),))
    return Journal(session.home).commit(session, commit, transaction)


def _piece(rows: OwnRows, batch: pa.Table, kept: Kept | None, told: Mapping[str, Any]) -> Piece:
    stamps = pc.min_max(batch[table_of(rows.series).time]).as_py()
    length = rows.series.interval.length if rows.series.interval else MICROSECOND
    span = Span(stamps["min"], stamps["max"] + length)
    note = SourceNote(rows.file.name, span, kept, batch.num_rows, reading=told)
    return Piece(rows.series, IMPORT, note, batch)


def _settled(rows: OwnRows, stated: Stated) -> Stated:
    """What was said of a file, without anything that a later version might understand otherwise."""
    file = rows.file
    names = {c: c if file.header else str(n) for n, c in enumerate(file.columns, start=1)}
    return replace(
        stated,
        columns={target.name: names[column] for target, column in rows.mapping.taken.items()},
        preset=None,
        unit=rows.reading.unit,
        form=format_of(file),
        header=file.header,
    )


def compare_file(checked: Checked, home: Path, now: datetime) -> OwnWritten:
    """What landing a file would do, without writing; against an empty lake where there is none."""
    if not has_lake(home):
        return OwnWritten(inserted=checked.stage.count())
    compared = OwnWritten()
    with connect_read_only(home) as session:
        for batch in checked.stage.batches(COMMIT_ROWS):
            compared += compare_own(session, _piece(checked.rows, batch, None, {}), now)
    return compared
