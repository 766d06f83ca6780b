"""The rows that a load of the fault matrix leaves, in a form in which two loads are compared.

What belongs here: reading them. What does not: which rows are right (`fault_cells.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.lake.catalogs import Catalog, attach_statement
from crypto_pipeline_tests.history.fault_matrix import Case

Row = tuple[object, ...]

STATEMENTS: Mapping[Kind, str] = {
    Kind.KLINES: "SELECT * FROM market.klines",
    Kind.TRADES: "SELECT * FROM market.trades",
    Kind.AGG_TRADES: "SELECT * FROM market.agg_trades",
    Kind.FUNDING: "SELECT * FROM market.funding_rates",
    Kind.INSTRUMENTS: "SELECT * FROM market.instruments WHERE status IS NOT NULL",
    Kind.ORDER_BOOK: "SELECT * FROM market.order_book_snapshots",
}
"""A home holds the rows of one load."""
KEYS: Mapping[Kind, str] = {
    Kind.KLINES: "open_time",
    Kind.TRADES: "trade_id",
    Kind.AGG_TRADES: "agg_id",
    Kind.FUNDING: "funding_time",
    Kind.INSTRUMENTS: "entity_id",
    Kind.ORDER_BOOK: "entity_id",
}
"""What tells a row from the others of one load."""
APART = ("source", "loaded_at", "ts_received")
"""Columns that two loads of the same rows may have otherwise."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one load.

    Attributes:
        keys: of the rows.
        rows: each in all columns but APART.
        sources: where they came from, ascending.
        doubled: how many stand there once more.
    """

    keys: frozenset[object]
    rows: frozenset[Row]
    sources: tuple[str, ...]
    doubled: int

    def with_rows_of(self, other: Rows) -> Rows:
        """The same keys, and each row as either source gives it."""
        return replace(self, rows=self.rows | other.rows)


def read_rows(session: duckdb.DuckDBPyConnection, case: Case, home: Path) -> Rows:
    """The rows of a load's home, through a session that has nothing attached."""
    session.execute(attach_statement(home, Catalog.MARKET, read_only=True))
    try:
        found = session.execute(STATEMENTS[case.what])
        names = [column[0] for column in found.description or ()]
        read = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    finally:
        session.execute("DETACH market")
    keys = [row[KEYS[case.what]] for row in read]
    sources = {str(row["source"]) for row in read if case.has_past}
    rows = frozenset(map(_compared, read))
    return Rows(frozenset(keys), rows, tuple(sorted(sources)), len(keys) - len(set(keys)))


def _compared(row: Mapping[str, Any]) -> Row:
    """A row as a member of a set."""
    kept = (value for name, value in row.items() if name not in APART)
    return tuple(repr(value) if isinstance(value, list | dict) else value for value in kept)
