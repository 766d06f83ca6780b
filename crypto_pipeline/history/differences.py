"""Two market catalogs side by side: which rows one has and the other has not.

What belongs here: comparing what is stored with what the raw zone gives. What does not: making the
second one (`history/rebuild.py`). Both are only read; a table is compared a month at a time, so
memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.history.replay import Lost
from crypto_pipeline.lake.catalogs import Catalog, attach_statement, catalog_file, open_session
from crypto_pipeline.lake.migrations import refuse_newer
from crypto_pipeline.lake.tables import SOURCE_FILES, TABLES, VERDICTS, Table

MARKET = Catalog.MARKET
REBUILT = "rebuilt"
COMPARED = tuple(table for table in TABLES if table.catalog is MARKET and table is not VERDICTS)
"""Every table that a rebuild makes; verdicts are judged anew."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that only one of the two catalogs has.

    Attributes:
        table: which.
        only_lake: rows that the raw zone does not give.
        only_raw: rows that the raw zone gives and the lake does not have.
    """

    table: Table
    only_lake: int
    only_raw: int


@contextmanager
def open_market(home: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """A session that reads the market catalog of a home; None where it is not there, or broken.

    Raises:
        LakeVersionError: it was written by a newer version.
    """
    with open_session() as session:
        yield session if _attached(session, home) else None


def _attached(session: duckdb.DuckDBPyConnection, home: Path) -> bool:
    if not catalog_file(home, MARKET).is_file():
        return False
    try:
        session.execute(attach_statement(home, MARKET, read_only=True))
        refuse_newer(session, MARKET)
    except duckdb.Error:
        return False
    return True


def add_rebuilt(session: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Attach the market catalog of another home to a session, as `rebuilt`."""
    session.execute(attach_statement(home, MARKET, read_only=True, name=REBUILT))


def differences(session: duckdb.DuckDBPyConnection) -> list[Difference]:
    """Where `market` and `rebuilt` differ in any column of any row; empty where they are equal."""
    found = []
    for table in COMPARED:
        there, made = f"{MARKET.value}.{table.name}", f"{REBUILT}.{table.name}"
        only_lake = only_raw = 0
        for month in _months(session, table, there, made):
            only_lake += _surplus(session, table, there, made, month)
            only_raw += _surplus(session, table, made, there, month)
        if only_lake or only_raw:
            found.append(Difference(table, only_lake, only_raw))
    return found


def unaccounted(session: duckdb.DuckDBPyConnection) -> list[Lost]:
    """Sources that the lake says were loaded and that `rebuilt` does not have, in order."""
    columns = "url, sha256, entity_id, kind, interval, span_start, span_end, rows"
    rows = session.execute(
        f"SELECT {columns} FROM {SOURCE_FILES.qualified} WHERE status = 'loaded' AND rows > 0 "  # noqa: S608 names of tables.py
        f"EXCEPT SELECT {columns} FROM {REBUILT}.{SOURCE_FILES.name} WHERE status = 'loaded' "
        "ORDER BY entity_id, kind, interval, span_start, url"
    ).fetchall()
    reason = "the journal of the raw zone does not have it"
    return [
        Lost(f"{entity_id} {interval or kind}", Span(start, end), url, reason)
        for url, _, entity_id, kind, interval, start, end, _ in rows
    ]


def _months(
    session: duckdb.DuckDBPyConnection, table: Table, there: str, made: str
) -> list[datetime | None]:
    """The months that either catalog has rows of; None stands for a table that has no time."""
    if not pa.types.is_timestamp(table.schema.field(table.time).type):
        return [None]
    month = f"date_trunc('month', {table.time})"
    months = session.execute(
        f"SELECT {month} FROM {there} UNION SELECT {month} FROM {made} ORDER BY 1"  # noqa: S608 names of tables.py
    ).fetchall()
    return [month for (month,) in months]


def _surplus(
    session: duckdb.DuckDBPyConnection, table: Table, of: str, over: str, month: datetime | None
) -> int:
    """How many rows of a month the first table has more often than the second."""
    columns = ", ".join(table.schema.names)
    time, of_month = table.time, "$month IS NULL"
    if month is not None:
        of_month = f"{time} >= $month AND {time} < $month + INTERVAL 1 MONTH"
    row = session.execute(
        f"SELECT count(*) FROM (SELECT {columns} FROM {of} WHERE {of_month} "  # noqa: S608 names of tables.py
        f"EXCEPT ALL SELECT {columns} FROM {over} WHERE {of_month})",
        {"month": month},
    ).fetchone()
    return int(row[0]) if row else 0
