"""All rows of one file at once, checked before any of them lands; on disk where memory ends.

What belongs here: holding the rows, the rules over all of them, handing them out by time. What does
not: the rules (`history/own/rules.py`), the lake (`history/own/landing.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.kinds import table_of
from crypto_pipeline.history.own.rows import COLUMNS, ROW, row_schema
from crypto_pipeline.history.own.rules import Rule, id_column
from crypto_pipeline.lake.catalogs import sql_literal

MEMORY = "256MB"
"""What the rows may take of memory before they lie on disk."""

READ_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that rows of a file break.

    Attributes:
        rule: its name.
        rows: how many break it.
        first: the first of them, as an error that names it.
    """

    rule: str
    rows: int
    first: DecodeError


class Stage:
    """The rows of one file; see `staged`."""

    def __init__(self, file: str, series: Series, session: duckdb.DuckDBPyConnection) -> None:
        self.file, self.series, self._session = file, series, session
        self._time = table_of(series).time
        session.register("empty", row_schema(series.kind).empty_table())
        session.execute("CREATE TABLE staged AS SELECT * FROM empty")
        session.unregister("empty")

    def add(self, rows: pa.Table) -> None:
        """Take the next rows of the file, in the columns of `row_schema`."""
        self._session.register("incoming", rows)
        self._session.execute("INSERT INTO staged SELECT * FROM incoming")
        self._session.unregister("incoming")

    def count(self) -> int:
        """How many rows there are."""
        return int(self._one("SELECT count(*) FROM staged")[0])

    def reach(self) -> tuple[datetime, datetime]:
        """The first and the last time, both inclusive; there must be a row."""
        first, last = self._one(f"SELECT min({self._time}), max({self._time}) FROM staged")  # noqa: S608 a name of tables.py
        return first, last

    def broken(self, rules: Sequence[Rule]) -> list[Broken]:
        """The rules that rows break, those of the earliest row first."""
        found = [broken for rule in rules if (broken := self._breaking(rule)) is not None]
        doubled = self._doubled()
        return sorted([*found, *doubled], key=lambda b: b.first.row or 0)

    def _breaking(self, rule: Rule) -> Broken | None:
        broken = f"NOT coalesce(({rule.predicate}), true)"
        rows, first = self._one(f"SELECT count(*), min({ROW}) FROM staged WHERE {broken}")  # noqa: S608 rules of ours
        if not rows:
            return None
        error = DecodeError(self.file, row=first, given=self._shown(first), expected=rule.expected)
        return Broken(rule.name, rows, error)

    def _doubled(self) -> list[Broken]:
        """Rows whose id another row has; bars and settlements are told apart by their order."""
        column = id_column(self.series.kind)
        if column is None:
            return []
        rows, again, first, given = self._one(
            f"SELECT coalesce(sum(n - 1), 0), min(again), arg_min(first, again), "  # noqa: S608 a name of ours
            f"arg_min({column}, again) FROM (SELECT {column}, count(*) AS n, "
            f"min({ROW}) AS first, max({ROW}) AS again FROM staged GROUP BY 1 HAVING n > 1)"
        )
        if not rows:
            return []
        error = DecodeError(
            self.file,
            row=again,
            field=column,
            given=f"'{given}', which row {first} has",
            expected="an id of its own for each row",
        )
        return [Broken("told_apart", int(rows), error)]

    def _shown(self, row: int) -> str:
        """The values of a row, without those that are NULL."""
        names = COLUMNS[self.series.kind]
        values = self._one(
            f"SELECT {', '.join(f'{name}::VARCHAR' for name in names)} FROM staged "  # noqa: S608 names of ours
            f"WHERE {ROW} = ?",
            [row],
        )
        pairs = zip(names, values, strict=True)
        return " ".join(f"{name}={value}" for name, value in pairs if value is not None)

    def batches(self, rows: int) -> Iterator[pa.Table]:
        """The rows in a decoder's columns by time, in batches of at least `rows`, the last but one.

        Rows of one instant stay together, so that each batch is a range of time of its own.
        """
        names = COLUMNS[self.series.kind]
        cursor = self._session.execute(
            f"SELECT {', '.join(names)} FROM staged ORDER BY {self._time}, {ROW}"  # noqa: S608 names of ours
        )
        held: list[pa.Table] = []
        for batch in cursor.to_arrow_reader(READ_ROWS):
            held.append(pa.Table.from_batches([batch]))
            if sum(table.num_rows for table in held) > rows:
                whole, rest = self._cut(pa.concat_tables(held))
                if whole.num_rows:
                    yield whole
                held = [rest]
        left = pa.concat_tables(held) if held else None
        if left is not None and left.num_rows:
            yield left

    def within(self, span: Span) -> pa.Table:
        """The rows of a span in a decoder's columns, by time."""
        names = COLUMNS[self.series.kind]
        return self._session.execute(
            f"SELECT {', '.join(names)} FROM staged "  # noqa: S608 names of ours
            f"WHERE {self._time} >= ? AND {self._time} < ? ORDER BY {self._time}, {ROW}",
            [span.start, span.end],
        ).to_arrow_table()

    def _cut(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows before the last instant, and those of it, of which more may come."""
        stamps = rows[self._time].cast(pa.int64()).to_numpy()
        end = int(np.searchsorted(stamps, stamps[-1]))
        return rows.slice(0, end), rows.slice(end)

    def _one(self, statement: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        found = self._session.execute(statement, list(values)).fetchone()
        return tuple(found or ())


@contextmanager
def staged(file: str, series: Series, home: Path) -> Iterator[Stage]:
    """A stage for the length of the block; what it lays on disk lies in the home."""
    home.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="import-", dir=home) as folder,
        duckdb.connect(":memory:", config={"memory_limit": MEMORY}) as session,
    ):
        session.execute(f"SET temp_directory = {sql_literal(folder)}")
        session.execute("SET TimeZone = 'UTC'")
        # Every row carries its number.
        session.execute("SET preserve_insertion_order = false")
        yield Stage(file, series, session)
