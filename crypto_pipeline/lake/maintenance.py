"""Keeping the lake quick: merging small files by partition, expiring snapshots, removing orphans.

What belongs here: maintenance, in steps that are short and bounded, each under the catalog's lock.
What does not: deciding when (`defs/`, the cli). It runs in a process of its own that ends: a merge
takes memory that only the end of the process gives back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import WriteSession, writing

MERGE_MEMORY = "1GB"
MERGED_FILES_A_STEP = 1
"""Merged files written while the lock is held once: a month of klines is one."""
MAX_STEPS = 10_000
RETENTION = timedelta(days=1)
"""Age at which a snapshot, and the files only it needs, go; longer than any transaction."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What maintenance did to one catalog."""

    catalog: Catalog
    files_before: int
    files_after: int
    snapshots_expired: int
    files_removed: int


def compact(
    home: Path,
    catalog: Catalog,
    *,
    retention: timedelta = RETENTION,
    on_step: Callable[[str], None] = lambda _: None,
) -> Compacted:
    """Merge a catalog's small files within each partition, then drop what nobody needs.

    Readers and writers go on: the lock is let go after every merged file.

    Args:
        home: the home.
        catalog: which.
        retention: how old a snapshot must be to go; sooner than the longest transaction loses
            deletes.
        on_step: is told in words what was done.

    Raises:
        LakeLockedError: a writer held the lock for longer than a writer waits.
        LakeError: a step failed; the steps before it hold.
    """
    with writing(home, catalog) as session:
        session.maintain(lambda c: c.execute("SET memory_limit = ?", [MERGE_MEMORY]))
        before = session.maintain(lambda c: _files(c, catalog))
        for table in session.maintain(lambda c: _tables(c, catalog)):
            _merge(session, catalog, table, on_step)
        expired = session.maintain(lambda c: _expire(c, catalog, retention))
        removed = session.maintain(lambda c: _remove_unneeded(c, catalog, retention))
        after = session.maintain(lambda c: _files(c, catalog))
    return Compacted(catalog, before, after, expired, removed)


def _merge(
    session: WriteSession, catalog: Catalog, table: str, on_step: Callable[[str], None]
) -> None:
    """Merge one table, one output file a lock hold, until there is nothing left to merge."""

    def step(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
        rows = connection.execute(
            "SELECT files_processed, files_created FROM ducklake_merge_adjacent_files("
            "?, ?, schema => 'main', max_compacted_files => ?)",
            [catalog.value, table, MERGED_FILES_A_STEP],
        ).fetchall()
        return sum(row[0] for row in rows), sum(row[1] for row in rows)

    for _ in range(MAX_STEPS):
        processed, created = session.maintain(step)
        if processed <= created:
            return
        on_step(f"{catalog.value}.{table}: {processed} files became {created}")


def _tables(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[str]:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main' "
        "ORDER BY table_name",
        [catalog.value],
    ).fetchall()
    return [str(row[0]) for row in rows]


def _files(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(file_count), 0) FROM ducklake_table_info(?)", [catalog.value]
    ).fetchone()
    return int(row[0]) if row else 0


def _expire(connection: duckdb.DuckDBPyConnection, catalog: Catalog, retention: timedelta) -> int:
    return len(
        connection.execute(
            "SELECT * FROM ducklake_expire_snapshots(?, older_than => now() - ?)",
            [catalog.value, retention],
        ).fetchall()
    )


def _remove_unneeded(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, retention: timedelta
) -> int:
    """Files that only expired snapshots named, and files that a killed writer left behind."""
    removed = 0
    for function in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files"):
        removed += len(
            connection.execute(
                f"SELECT * FROM {function}(?, older_than => now() - ?)",  # noqa: S608 two names of DuckLake
                [catalog.value, retention],
            ).fetchall()
        )
    return removed
