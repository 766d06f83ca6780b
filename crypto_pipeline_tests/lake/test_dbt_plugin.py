"""The plugin that opens the lake for dbt: what it attaches, and when it holds the lock."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from dbt.flags import set_from_args
from dbt_common.exceptions import DbtRuntimeError

from crypto_pipeline.errors import LakeLockedError
from crypto_pipeline.lake.catalogs import Catalog, catalog_file
from crypto_pipeline.lake.dbt_plugin import Access, Plugin, access_of_command
from crypto_pipeline.lake.locks import is_held, lock_path, write_lock
from crypto_pipeline.lake.session import prepare_lake


@pytest.fixture
def home(tmp_path: Path) -> Path:
    prepare_lake(tmp_path)
    return tmp_path


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def plugin_for(command: str, home: Path | str, *, wait: str = "0.1") -> Plugin:
    """A plugin as dbt makes one for this command."""
    set_from_args(Namespace(WHICH=command), None)
    return Plugin(name="dbt_plugin", plugin_config={"home": str(home), "lock_wait": wait})


def marts_lock(home: Path) -> bool:
    return is_held(lock_path(home, Catalog.MARTS))


@pytest.mark.parametrize(
    ("command", "access"),
    [
        ("parse", Access.NONE),
        ("generate", Access.NONE),
        ("test", Access.READ),
        ("build", Access.WRITE),
        ("run-operation", Access.WRITE),
    ],
)
def test_access_given_a_command_is_what_it_needs(command: str, access: Access) -> None:
    set_from_args(Namespace(WHICH=command), None)

    assert access_of_command() is access


def test_connection_given_a_build_can_write_marts_alone(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("build", home)
    plugin.configure_connection(session)

    session.execute("CREATE TABLE marts.main.probe (number INTEGER)")
    with pytest.raises(duckdb.Error, match="read-only"):
        session.execute("CREATE TABLE market.main.probe (number INTEGER)")
    assert marts_lock(home)


def test_connection_given_its_end_frees_the_lock(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("build", home)
    plugin.configure_connection(session)

    del plugin

    assert not marts_lock(home)


def test_connection_given_no_marts_catalog_makes_it(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    for file in (home / "marts").glob("catalog.sqlite*"):
        file.unlink()

    plugin = plugin_for("build", home)
    plugin.configure_connection(session)

    assert catalog_file(home, Catalog.MARTS).is_file()


def test_connection_given_a_held_lock_names_the_catalog_and_its_holder(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("build", home)

    with (
        write_lock(home, Catalog.MARTS),
        pytest.raises(DbtRuntimeError, match=r"'marts' is held by process \d+") as raised,
    ):
        plugin.configure_connection(session)

    assert isinstance(raised.value.__cause__, LakeLockedError)


def test_connection_given_a_test_needs_no_lock(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("test", home)

    with write_lock(home, Catalog.MARTS):
        plugin.configure_connection(session)

    with pytest.raises(duckdb.Error, match="read-only"):
        session.execute("CREATE TABLE marts.main.probe (number INTEGER)")


def test_cursor_given_a_build_after_a_test_in_one_process_can_write(
    home: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("test", home)
    plugin.configure_connection(session)
    set_from_args(Namespace(WHICH="build"), None)

    cursor = session.cursor()
    plugin.configure_cursor(cursor)

    cursor.execute("CREATE TABLE marts.main.probe (number INTEGER)")
    assert marts_lock(home)


def test_connection_given_no_home_names_the_variable(session: duckdb.DuckDBPyConnection) -> None:
    plugin = plugin_for("build", "")

    with pytest.raises(DbtRuntimeError, match="CRYPTO_LAKE_HOME is ''"):
        plugin.configure_connection(session)


def test_connection_given_no_lake_makes_nothing(
    tmp_path: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("build", tmp_path)

    with pytest.raises(DbtRuntimeError, match="no ticks and no market catalog"):
        plugin.configure_connection(session)

    assert list(tmp_path.iterdir()) == []


def test_connection_given_a_compile_needs_no_lake(
    tmp_path: Path, session: duckdb.DuckDBPyConnection
) -> None:
    plugin = plugin_for("compile", tmp_path)
    plugin.configure_connection(session)

    attached = session.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    assert {("ticks",), ("market",), ("marts",)} <= set(attached)
