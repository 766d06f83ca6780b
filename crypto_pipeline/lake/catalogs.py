"""The home's three DuckLake catalogs and how a session attaches them.

What belongs here: where a catalog lies, its ATTACH statement, sessions for reading. What does not:
tables (`lake/tables.py`), transactions (`lake/session.py`).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import duckdb

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.extensions import load_extensions


class Catalog(StrEnum):
    """One catalog a writing domain: the stream, the history runs, dbt."""

    TICKS = "ticks"
    MARKET = "market"
    MARTS = "marts"


def catalog_file(home: Path, catalog: Catalog) -> Path:
    """The SQLite file that holds a catalog's metadata."""
    return home / catalog / "catalog.sqlite"


def data_folder(home: Path, catalog: Catalog) -> Path:
    """The folder that holds a catalog's Parquet files."""
    return home / catalog / "data"


def attach_statement(
    home: Path, catalog: Catalog, *, read_only: bool, name: str | None = None
) -> str:
    """The statement that attaches a catalog under its own name, or another.

    ATTACH takes no parameters, so the two paths are written as SQL literals.
    """
    options = [
        f"DATA_PATH {sql_literal(str(data_folder(home, catalog)) + '/')}",
        "OVERRIDE_DATA_PATH true",
        "DATA_INLINING_ROW_LIMIT 0",
        "META_BUSY_TIMEOUT 30000",
    ]
    options.append("READ_ONLY" if read_only else "META_JOURNAL_MODE 'WAL'")
    source = sql_literal(f"ducklake:sqlite:{catalog_file(home, catalog)}")
    return f"ATTACH {source} AS {name or catalog.value} ({', '.join(options)})"


def sql_literal(text: str) -> str:
    """A text as an SQL literal, for the few statements that take no parameters."""
    if "\x00" in text:
        raise LakeError(f"{text!r} holds a NUL character, which no path or statement may hold")
    return "'" + text.replace("'", "''") + "'"


def open_session() -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the extensions loaded and nothing attached."""
    connection = duckdb.connect(":memory:")
    load_extensions(connection)
    return connection


def has_lake(home: Path) -> bool:
    """Whether this home holds a lake."""
    return all(catalog_file(home, catalog).is_file() for catalog in Catalog)


def connect_read_only(home: Path) -> duckdb.DuckDBPyConnection:
    """A session on all three catalogs that can read and cannot write.

    The session sees each commit of the writers as soon as it is made, and blocks none of them.

    Raises:
        LakeError: there is no lake in this home, or it cannot be opened.
        LakeVersionError: the lake was written by a newer version.
    """
    if not has_lake(home):
        raise LakeError(
            f"there is no lake in {home}. Load something first (crypto-pipeline demo, or "
            f"crypto-pipeline backfill), or set CRYPTO_HOME to the folder that holds one."
        )
    session = open_session()
    try:
        for catalog in Catalog:
            _attach_for_reading(session, home, catalog)
    except BaseException:
        session.close()
        raise
    return session


def _attach_for_reading(session: duckdb.DuckDBPyConnection, home: Path, catalog: Catalog) -> None:
    # The migrations know the catalogs, so this module cannot import them as it loads.
    from crypto_pipeline.lake.migrations import refuse_newer

    try:
        session.execute(attach_statement(home, catalog, read_only=True))
        refuse_newer(session, catalog)
    except duckdb.Error as error:
        raise LakeError(f"catalog '{catalog.value}' in {home} cannot be read: {error}") from error
