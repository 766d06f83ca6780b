"""Rows of a person's file into the lake, beside what exchanges gave: nothing is replaced unsaid.

What belongs here: comparing with the rows that are there, one transaction for rows, source and
coverage. What does not: reading and checking the file (`history/own/rows.py`,
`history/own/stage.py`).

A row that is there already agrees with the file's where every value that the file gives is also its
own: it stays as it is, with what else it holds. Where one differs, the row stays too and counts as
refused, or the file's row takes its place, whole, where the person asked for that. What follows
from other values (vwap, a trade's number, the hours between settlements) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.intervals import DAY
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.kinds import table_of
from crypto_pipeline.history.own.coverage import count_touched
from crypto_pipeline.history.own.rows import COLUMNS
from crypto_pipeline.history.pieces import Piece
from crypto_pipeline.history.rows import coverage_rows, frame, note_rows
from crypto_pipeline.history.settlements import with_intervals
from crypto_pipeline.lake.tables import COVERAGE, SOURCE_FILES
from crypto_pipeline.lake.writing import replace

_FOLLOWING = frozenset({"vwap", "trade_seq", "interval_hours"})


@dataclass(frozen=True, slots=True)
class OwnWritten:
    """What became of a file's rows.

    Attributes:
        inserted: were new.
        replaced: took the place of rows that differed.
        unchanged: were there already.
        refused: differ from rows that are there, which stayed.
        example: the first row that differs, in words, or None.
    """

    inserted: int = 0
    replaced: int = 0
    unchanged: int = 0
    refused: int = 0
    example: str | None = None

    def __add__(self, other: OwnWritten) -> OwnWritten:
        """Counts of two parts of a file together."""
        return OwnWritten(
            self.inserted + other.inserted,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.example or other.example,
        )


def land_own(
    session: duckdb.DuckDBPyConnection,
    piece: Piece,
    *,
    replacing: bool,
    counted: bool,
    now: datetime,
) -> OwnWritten:
    """Write a piece of a file, its source and the coverage of its days.

    Args:
        session: inside a transaction on the market catalog.
        piece: rows in the columns of the kind's decoder, no key twice.
        replacing: whether rows that differ are replaced; else they stay and are refused.
        counted: whether the exchange counts the trades of the instrument.
        now: the time that the rows carry.
    """
    table = table_of(piece.series)
    rows = frame(piece.series.kind, [piece], now)
    with _compared(session, piece, rows):
        written = _count(session, piece, replacing=replacing)
        wanted = f"is_new OR (differs AND {replacing})"
        chosen = session.execute(
            f"SELECT {', '.join(table.schema.names)} FROM compared WHERE {wanted}"  # noqa: S608 names of tables.py
        ).to_arrow_table()
        days = dict(
            session.execute(
                f"SELECT {table.time}::DATE, bool_or({wanted}) FROM compared GROUP BY 1"  # noqa: S608 names of tables.py
            ).fetchall()
        )
        if replacing and written.replaced:
            _remove_differing(session, piece, rows)
    chosen = chosen.cast(table.schema)
    if piece.series.kind is Kind.FUNDING:
        chosen = with_intervals(session, chosen)
    replace(session, table, chosen, unique=True)
    replace(session, SOURCE_FILES, note_rows([piece], now))
    coverage = count_touched(session, piece.series, days, counted=counted, now=now)
    replace(session, COVERAGE, coverage_rows({piece.series: coverage}, now))
    return written


def compare_own(session: duckdb.DuckDBPyConnection, piece: Piece, now: datetime) -> OwnWritten:
    """What `land_own` would count, reading only."""
    with _compared(session, piece, frame(piece.series.kind, [piece], now)):
        return _count(session, piece, replacing=False)


@contextmanager
def _compared(session: duckdb.DuckDBPyConnection, piece: Piece, rows: pa.Table) -> Iterator[None]:
    """The rows as the temporary table `compared`: whether each is new, or differs, and from what.

    A trade is looked for a day around its time too: a file in local times has the same ids.
    """
    table, series = table_of(piece.series), piece.series
    session.register("own", rows)
    try:
        session.execute(
            _COMPARING.format(
                table=table.qualified,
                near=_near(series),
                same=" AND ".join(f"old.{c} IS NOT DISTINCT FROM own.{c}" for c in table.key),
                differs=" OR ".join(_differs(name) for name in _given(series)),
                said=", ".join(_said(name) for name in _given(series)),
            ),
            _reach(series, rows),
        )
        yield
        session.execute("DROP TABLE compared")
    finally:
        session.unregister("own")


def _near(series: Series) -> str:
    """A predicate that holds for every row that one of the file's may meet, and prunes files."""
    interval = "AND interval = $interval" if series.interval else ""
    return (
        f"exchange = $exchange AND entity_id = $entity_id {interval} "
        f"AND {table_of(series).time} BETWEEN $first AND $last"
    )


def _reach(series: Series, rows: pa.Table) -> dict[str, object]:
    """The parameters of `_near`."""
    time = table_of(series).time
    around = DAY if series.kind in (Kind.TRADES, Kind.AGG_TRADES) else 0 * DAY
    return {
        "exchange": series.instrument.exchange,
        "entity_id": series.instrument.entity_id,
        "first": pc.min(rows[time]).as_py() - around,
        "last": pc.max(rows[time]).as_py() + around,
        **({"interval": series.interval.value} if series.interval else {}),
    }


def _remove_differing(session: duckdb.DuckDBPyConnection, piece: Piece, rows: pa.Table) -> None:
    """Remove the rows that the file's are to replace, also where their time is another."""
    table = table_of(piece.series)
    session.execute(
        f"DELETE FROM {table.qualified} WHERE {_near(piece.series)} "  # noqa: S608 names of tables.py
        f"AND {table.key[-1]} IN (SELECT {table.key[-1]} FROM compared WHERE differs)",
        _reach(piece.series, rows),
    )


_COMPARING = """
CREATE OR REPLACE TEMP TABLE compared AS
WITH old AS (
    SELECT * FROM {table} WHERE {near}
)
SELECT
    own.*,
    old.entity_id IS NULL AS is_new,
    old.entity_id IS NOT NULL AND ({differs}) AS differs,
    CASE WHEN differs THEN concat_ws(', ', {said}, concat('from ', old.source)) END AS said
FROM own LEFT JOIN old ON {same}
"""


def _given(series: Series) -> list[str]:
    """The columns that are compared."""
    names = table_of(series).compared
    return [n for n in COLUMNS[series.kind] if n in names and n not in _FOLLOWING]


def _said(name: str) -> str:
    """A value that differs and the one there, as text; NULL where it does not differ."""
    there = f"coalesce(old.{name}::VARCHAR, 'nothing')"
    said = f"concat('{name} ', own.{name}, ' (there ', {there}, ')')"
    return f"CASE WHEN {_differs(name)} THEN {said} END"


def _differs(name: str) -> str:
    """Whether the file gives a value here that the row there does not have."""
    return f"(own.{name} IS NOT NULL AND own.{name} IS DISTINCT FROM old.{name})"


def _count(session: duckdb.DuckDBPyConnection, piece: Piece, *, replacing: bool) -> OwnWritten:
    table = table_of(piece.series)
    row = session.execute(
        f"""
        SELECT count(*) FILTER (is_new), count(*) FILTER (differs),
            count(*) FILTER (NOT is_new AND NOT differs),
            arg_min(concat({table.key[-1]}, ': ', said), {table.time}) FILTER (differs)
        FROM compared
        """  # noqa: S608 names of tables.py
    ).fetchone()
    new, differing, unchanged, example = row or (0, 0, 0, None)
    if replacing:
        return OwnWritten(new, differing, unchanged, example=example)
    return OwnWritten(new, 0, unchanged, differing, example)
