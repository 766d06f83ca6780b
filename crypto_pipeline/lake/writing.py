"""Rows into a table: `replace` by key, comparing first, and `append`.

What belongs here: the statements of a write and what they count. What does not: the transaction
around them and its lock (`lake/session.py`), and what the rows mean.

The statements are made of names from `lake/tables.py` and parameters, never of data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.adding import Partition, add_file
from crypto_pipeline.lake.tables import Table


@dataclass(frozen=True, slots=True)
class Written:
    """What a replace did: rows that were new, that said something else, that were there already."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Written) -> Written:
        """Counts of two replaces together."""
        return Written(
            self.inserted + other.inserted,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
        )

    @property
    def rows(self) -> int:
        """All rows that were given."""
        return self.inserted + self.changed + self.unchanged


def replace(
    session: duckdb.DuckDBPyConnection, table: Table, frame: pa.Table, *, unique: bool = False
) -> dict[tuple[object, ...], Written]:
    """Make the table hold exactly these rows under their keys.

    Reads what is there, writes only what differs: a second run with the same rows writes nothing.
    A row of the table whose key is not in the frame stays as it is.

    Args:
        session: inside a transaction under the catalog's lock.
        table: which.
        frame: rows with the columns of `table.schema`.
        unique: the caller has made sure that no key repeats; else it is looked for here, which
            costs an eighth of a large write.

    Returns:
        Counts by all of the key's columns but the last: for klines by (entity_id, interval).

    Raises:
        LakeError: the frame holds a key twice, or other columns.
    """
    if frame.num_rows == 0:
        return {}
    with _frame(session, table, frame):
        given = _summed_up(session, table, unique=unique)
        where, bounds = _bounds(session, table)
        if not _meets_rows(session, table, where, bounds):
            _add(session, table)
            return {group: Written(inserted=rows) for group, rows in given.items()}
        return _replace_differing(session, table, where, bounds, given)


def _add(session: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Add all rows of the frame."""
    partition = _partition(session, table) if table.by_year else None
    if partition is not None:
        add_file(session, table, partition)
    else:
        session.execute(f"INSERT INTO {table.qualified} BY NAME SELECT * FROM incoming")  # noqa: S608 names of tables.py


def _partition(session: duckdb.DuckDBPyConnection, table: Table) -> Partition | None:
    """The one partition that all rows of the frame belong to, if it is one."""
    row = session.execute(
        f"SELECT min(least_exchange), max(most_exchange), year(min(least_{table.time})), "  # noqa: S608 names of tables.py
        f"year(max(most_{table.time})) FROM given"
    ).fetchone()
    least, most, first, last = row or (None, None, None, None)
    return {"exchange": least, "year": first} if (least, first) == (most, last) else None


def total(written: dict[tuple[object, ...], Written]) -> Written:
    """The counts of a replace over all groups."""
    return sum(written.values(), Written())


def append(session: duckdb.DuckDBPyConnection, table: Table, frame: pa.Table) -> int:
    """Add rows without a look at what is there; for rows that are new by their nature.

    Returns:
        How many.

    Raises:
        LakeError: the frame has other columns than the table.
    """
    with _frame(session, table, frame):
        session.execute(f"INSERT INTO {table.qualified} BY NAME SELECT * FROM incoming")  # noqa: S608 names of tables.py
    return int(frame.num_rows)


def _replace_differing(
    session: duckdb.DuckDBPyConnection,
    table: Table,
    where: str,
    bounds: list[object],
    given: dict[tuple[object, ...], int],
) -> dict[tuple[object, ...], Written]:
    """Compare under the bounds, then delete and insert the rows that differ."""
    same_key = " AND ".join(f"old.{c} IS NOT DISTINCT FROM incoming.{c}" for c in table.key)
    differs = " OR ".join(
        f"old.{c} IS DISTINCT FROM coalesce(incoming.{c}, old.{c})"
        if c in table.keeps
        else f"old.{c} IS DISTINCT FROM incoming.{c}"
        for c in table.compared
    )
    kept = "".join(f", coalesce(incoming.{c}, old.{c}) AS {c}" for c in table.keeps)
    session.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE difference AS
        SELECT incoming.* {_excluded(table)}{kept}, old.rowid AS old_row
        FROM incoming
        LEFT JOIN (SELECT rowid, * FROM {table.qualified} WHERE {where}) AS old ON {same_key}
        WHERE old.rowid IS NULL OR {differs}
        """,  # noqa: S608 names of tables.py
        bounds,
    )
    written = _count_difference(session, table, given)
    if any(counts.changed for counts in written.values()):
        session.execute(
            f"DELETE FROM {table.qualified} WHERE {where} "  # noqa: S608 names of tables.py
            "AND rowid IN (SELECT old_row FROM difference WHERE old_row IS NOT NULL)",
            bounds,
        )
    if any(counts.inserted or counts.changed for counts in written.values()):
        session.execute(
            f"INSERT INTO {table.qualified} BY NAME SELECT * EXCLUDE (old_row) FROM difference"  # noqa: S608 names of tables.py
        )
    session.execute("DROP TABLE difference")
    return written


def _excluded(table: Table) -> str:
    return f"EXCLUDE ({', '.join(table.keeps)})" if table.keeps else ""


def _count_difference(
    session: duckdb.DuckDBPyConnection, table: Table, given: dict[tuple[object, ...], int]
) -> dict[tuple[object, ...], Written]:
    groups = "".join(f"{column}, " for column in table.key[:-1])
    rows = session.execute(
        f"SELECT {groups} count(*) FILTER (old_row IS NULL), "  # noqa: S608 names of tables.py
        "count(*) FILTER (old_row IS NOT NULL) FROM difference GROUP BY ALL"
    ).fetchall()
    differing = {row[:-2]: (row[-2], row[-1]) for row in rows}
    written = {}
    for group, count in given.items():
        inserted, changed = differing.get(group, (0, 0))
        written[group] = Written(inserted, changed, count - inserted - changed)
    return written


def _summed_up(
    session: duckdb.DuckDBPyConnection, table: Table, *, unique: bool
) -> dict[tuple[object, ...], int]:
    """Sum the frame up by all of the key but its last column, into the temporary table `given`.

    Returns:
        Rows by group.

    Raises:
        LakeError: a group holds a value of the last column twice.
    """
    *groups, last = table.key
    columns = "".join(f"{column}, " for column in groups)
    distinct = "count(*)" if unique else f"count(DISTINCT {last})"
    reach = ", ".join(f"min({c}) AS least_{c}, max({c}) AS most_{c}" for c in _reached(table))
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE given AS SELECT {columns} count(*) AS rows_given, "  # noqa: S608 names of tables.py
        f"{distinct} AS rows_distinct, {reach} FROM incoming GROUP BY ALL"
    )
    found = session.execute(f"SELECT {columns} rows_given, rows_distinct FROM given").fetchall()  # noqa: S608 names of tables.py
    for *group, count, different in found:
        if count != different:
            raise LakeError(
                f"{count - different} of {count} rows for {table.qualified} repeat a key "
                f"({', '.join(table.key)}) under {group}; nothing was written"
            )
    return {row[:-2]: row[-2] for row in found}


def _reached(table: Table) -> list[str]:
    """The columns whose least and greatest values are of use."""
    return list(dict.fromkeys((*table.bounds, table.time)))


def _bounds(session: duckdb.DuckDBPyConnection, table: Table) -> tuple[str, list[object]]:
    """A predicate that holds for each key of the frame and prunes files, and its parameters."""
    extremes = ", ".join(f"min(least_{c}), max(most_{c})" for c in table.bounds)
    row = session.execute(f"SELECT {extremes} FROM given").fetchone()  # noqa: S608 names of tables.py
    return " AND ".join(f"{column} BETWEEN ? AND ?" for column in table.bounds), list(row or ())


def _meets_rows(
    session: duckdb.DuckDBPyConnection, table: Table, where: str, bounds: list[object]
) -> bool:
    """Whether the table has a row within the reach of the frame's keys, group by group.

    The bounds alone would meet the rows of other groups: of a month that is loaded after another,
    or of a symbol whose name lies between two.
    """
    groups, time = table.key[:-1], table.time
    same = "".join(f"there.{column} IS NOT DISTINCT FROM given.{column} AND " for column in groups)
    found = session.execute(
        f"""
        SELECT 1
        FROM given
        JOIN (SELECT {", ".join((*groups, time))} FROM {table.qualified} WHERE {where}) AS there
            ON {same} there.{time} BETWEEN given.least_{time} AND given.most_{time}
        LIMIT 1
        """,  # noqa: S608 names of tables.py
        bounds,
    ).fetchone()
    return found is not None


@contextmanager
def _frame(session: duckdb.DuckDBPyConnection, table: Table, frame: pa.Table) -> Iterator[None]:
    """The frame as the view `incoming`, in the table's order of columns and types."""
    if sorted(frame.column_names) != sorted(table.schema.names):
        raise LakeError(
            f"{table.qualified} takes the columns {', '.join(table.schema.names)}; "
            f"given were {', '.join(frame.column_names)}"
        )
    session.register("incoming", frame.select(table.schema.names))
    try:
        yield
    finally:
        session.unregister("incoming")
