"""`sql` and `coverage`: questions to the lake, answered while it is written.

What belongs here: asking and printing. What does not: what coverage is (`history/coverage.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb

from crypto_pipeline.cli.terminal import (
    notes,
    out,
    parse_day,
    print_rows,
    require_format,
    settings_with_logs,
)
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.coverage import Question, missing_runs, read_coverage
from crypto_pipeline.lake.catalogs import Catalog, attach_statement, connect_read_only
from crypto_pipeline.lake.extensions import EXTENSIONS, extension_path

SHOWN_ROWS = 1000
"""Rows that a table shows; csv and json give all."""

SHOWN_RUNS = 5


def run_sql(query: str, output: str) -> int:
    """Answer one statement.

    Raises:
        UsageError: the statement is empty or DuckDB refuses it.
    """
    require_format(output)
    if not query.strip():
        raise UsageError(
            "give a statement, such as: crypto-pipeline sql 'select * from market.coverage limit 5'"
        )
    settings = settings_with_logs()
    with connect_read_only(settings.home) as session:
        try:
            cursor = _execute(session, query)
            if cursor.description is None:
                return 0
            columns = [column[0] for column in cursor.description]
            print_rows(columns, _rows(cursor, SHOWN_ROWS if output == "table" else None), output)
        except duckdb.Error as error:
            raise UsageError(f"the lake refuses this statement: {error}") from error
    return 0


def _execute(session: duckdb.DuckDBPyConnection, query: str) -> duckdb.DuckDBPyConnection:
    """Run a statement beside this thread, which stays awake for Ctrl-C and then ends it."""
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(session.execute, query)
        try:
            return answer.result()
        except KeyboardInterrupt:
            session.interrupt()
            raise


def _rows(cursor: duckdb.DuckDBPyConnection, limit: int | None) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer as they are read; says so where it stops before the end."""
    shown = 0
    while chunk := cursor.fetchmany(SHOWN_ROWS):
        for row in chunk:
            if limit is not None and shown >= limit:
                notes.print(f"first {limit} rows; --format csv or json prints all")
                return
            yield row
            shown += 1


def print_attach() -> int:
    """Print what opens this lake, read-only, in any DuckDB of the same version."""
    home = settings_with_logs().home
    for name in EXTENSIONS:
        out.print(f"LOAD '{extension_path(name)}';")
    for catalog in Catalog:
        out.print(attach_statement(home, catalog, read_only=True) + ";")
    return 0


def run_coverage(
    exchange: str | None,
    symbols: list[str] | None,
    intervals: list[str] | None,
    start: str | None,
    end: str | None,
    output: str,
) -> int:
    """Show coverage by series, with the first missing runs of each that lacks bars."""
    require_format(output)
    settings = settings_with_logs()
    question = Question(
        exchange=exchange.lower() if exchange else None,
        symbols=[parse_symbol("", symbol).symbol for symbol in symbols] if symbols else None,
        intervals=intervals,
        start=parse_day(start, "--start") if start else None,
        end=parse_day(end, "--end") if end else None,
    )
    with connect_read_only(settings.home) as session:
        found = read_coverage(session, question)
        runs = {
            (c.entity_id, c.interval): missing_runs(session, c.entity_id, c.interval, question)
            for c in found
            if c.missing and c.interval is not None
        }
    if not found:
        notes.print("nothing was loaded that matches; crypto-pipeline backfill loads it")
        return 0
    rows = [
        (
            c.exchange, c.symbol, c.kind, c.interval, c.first_day, c.last_day, c.days,
            c.days_not_loaded, c.expected, c.present, c.flat, c.explained, c.missing,
            f"{c.completeness:.4%}",
            ", ".join(
                str(run) for run in runs.get((c.entity_id, c.interval or ""), [])[:SHOWN_RUNS]
            ),
        )
        for c in found
    ]  # fmt: skip
    print_rows(_COVERAGE_COLUMNS, rows, output)
    return 0


_COVERAGE_COLUMNS = (
    "exchange",
    "symbol",
    "kind",
    "interval",
    "first_day",
    "last_day",
    "days",
    "days_not_loaded",
    "expected",
    "present",
    "flat",
    "explained",
    "missing",
    "completeness",
    "missing_runs",
)
