"""Rows as a Parquet file of our own that a table takes over: for tables of very many rows.

What belongs here: writing the file, registering it. What does not: whether the rows are new
(`lake/writing.py`).

An INSERT of DuckLake works out the partition of each row and sorts the rows into it, which is half
of its time. Where all rows are of one partition that is known before, a file is written at once.
Maintenance removes the file of a transaction that is not committed, as it does DuckLake's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import duckdb

from crypto_pipeline.lake.catalogs import sql_literal
from crypto_pipeline.lake.tables import Table

Partition = Mapping[str, object]
"""Values by the name of a partition's key, in the table's order: `exchange`, `year`."""


def add_file(session: duckdb.DuckDBPyConnection, table: Table, partition: Partition) -> None:
    """Add the rows of the view `incoming`, which all belong to one partition.

    Args:
        session: inside a transaction under the catalog's lock.
        table: which; its partition keys are the names of `partition`.
        partition: where the rows belong.
    """
    folder = _folder(session, table).joinpath(*(f"{key}={partition[key]}" for key in partition))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ducklake-{uuid4()}.parquet"
    columns = ", ".join(table.schema.names)
    try:
        session.execute(
            f"COPY (SELECT {columns} FROM incoming) TO {sql_literal(str(path))} "  # noqa: S608 names of tables.py
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        session.execute(
            "CALL ducklake_add_data_files(?, ?, ?, hive_partitioning => true)",
            [table.catalog.value, table.name, str(path)],
        )
    except duckdb.Error:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        raise


def _folder(session: duckdb.DuckDBPyConnection, table: Table) -> Path:
    """Where the files of a table lie."""
    row = session.execute(
        "SELECT data_path FROM ducklake_settings(?)", [table.catalog.value]
    ).fetchone()
    return Path(str(row[0] if row else "")) / "main" / table.name
