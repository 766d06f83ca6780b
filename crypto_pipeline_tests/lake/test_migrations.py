"""The tables of a fresh lake, of one that is there, and of one from the future."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from crypto_pipeline.errors import LakeVersionError
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.locks import write_lock
from crypto_pipeline.lake.migrations import MIGRATIONS
from crypto_pipeline.lake.session import WriteSession, prepare_lake, writing
from crypto_pipeline.lake.tables import TABLES, Table
from crypto_pipeline_tests.lake.rows import rows, snapshot


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.qualified))
def test_prepare_given_nothing_makes_the_tables_as_defined(lake: Path, table: Table) -> None:
    columns = rows(lake, f"SELECT column_name FROM (DESCRIBE {table.qualified})")  # noqa: S608 names of tables.py

    assert sorted(str(column[0]) for column in columns) == sorted(table.schema.names)
    assert {*table.key, *table.bounds, *table.provenance} <= set(table.schema.names)


def test_steps_given_a_catalog_are_numbered_without_holes() -> None:
    for steps in MIGRATIONS.values():
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))


def test_prepare_given_a_lake_changes_nothing(lake: Path) -> None:
    before = [snapshot(lake, catalog) for catalog in Catalog]

    prepare_lake(lake)
    with writing(lake, Catalog.MARKET) as session:
        applied = session.applied

    assert applied == []
    assert [snapshot(lake, catalog) for catalog in Catalog] == before


KLINES_ALONE = 4
"""The number of the last step of a lake that held klines and nothing else."""


def run(session: WriteSession, *statements: str) -> None:
    def all_of_them(connection: duckdb.DuckDBPyConnection) -> None:
        for statement in statements:
            connection.execute(statement)

    session.maintain(all_of_them)


def test_prepare_given_a_lake_of_klines_alone_applies_the_rest(home: Path) -> None:
    steps = MIGRATIONS[Catalog.MARKET]
    prepare_lake(home)
    with writing(home, Catalog.MARKET) as session:
        run(session, *(f"DROP TABLE {table.name}" for table in TABLES))
        run(session, f"DELETE FROM schema_migrations WHERE number > {KLINES_ALONE}")  # noqa: S608 ours
        run(session, *(text for step in steps[:KLINES_ALONE] for text in step.statements))
        run(session, "INSERT INTO coverage VALUES ('a', '1m', '2023-03-01', 1440, 1439, 1, now())")

    with writing(home, Catalog.MARKET) as session:
        assert session.applied == list(steps[KLINES_ALONE:])
    assert rows(home, "SELECT kind, expected, flat, proven FROM market.coverage") == [
        ("klines", 1440, 0, None)
    ]


@pytest.fixture(params=Catalog)
def newer(lake: Path, request: pytest.FixtureRequest) -> Path:
    """A lake of which one catalog has a step that this program does not know."""
    with writing(lake, request.param) as session:
        session.write(
            lambda connection: connection.execute(
                "INSERT INTO schema_migrations VALUES (99, 'of the future', '9.9.9', now())"
            )
        )
    return lake


def open_each(home: Path) -> None:
    """Open every catalog for writing."""
    for catalog in Catalog:
        with writing(home, catalog):
            pass


def held(home: Path) -> dict[Path, bytes]:
    """The files of a home; SQLite's own side files, which come and go with each reader, aside."""
    files = (path for path in home.glob("*/**/*") if path.suffix in (".sqlite", ".parquet"))
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("opening", [prepare_lake, open_each])
def test_write_given_a_newer_lake_is_refused_by_name_and_changes_nothing(
    newer: Path, opening: Callable[[Path], None]
) -> None:
    before = held(newer)

    with pytest.raises(LakeVersionError, match=r"has schema 99, written by .* 9\.9\.9; this"):
        opening(newer)

    assert held(newer) == before


def test_prepare_given_a_lake_does_not_wait_for_its_writer(lake: Path) -> None:
    with write_lock(lake, Catalog.MARTS):
        prepare_lake(lake)


def test_read_given_a_newer_lake_is_refused_by_name(newer: Path) -> None:
    with pytest.raises(LakeVersionError, match=r"Upgrade crypto-pipeline to 9\.9\.9 or newer"):
        connect_read_only(newer)
