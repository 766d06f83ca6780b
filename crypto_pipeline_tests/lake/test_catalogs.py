"""Attaching the catalogs: extensions without a network, odd paths, homes without a lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.catalogs import (
    Catalog,
    attach_statement,
    catalog_file,
    connect_read_only,
    has_lake,
    open_session,
    sql_literal,
)
from crypto_pipeline.lake.extensions import EXTENSIONS, extension_path
from crypto_pipeline_tests.lake.rows import klines, land, printed, python, rows

OFFLINE = """
import sys
from pathlib import Path
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.lake.session import prepare_lake

prepare_lake(Path(sys.argv[1]))
with connect_read_only(Path(sys.argv[1])) as session:
    print(session.execute("SELECT count(*) FROM market.klines").fetchone()[0])
"""


def test_lake_given_an_empty_home_folder_and_no_network_works(tmp_path: Path, home: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    nowhere = "http://127.0.0.1:9"

    out = printed(python(OFFLINE, home, HOME=str(empty), http_proxy=nowhere, https_proxy=nowhere))

    assert out == "0\n"
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_path_given_a_wheel_is_a_file_in_it(name: str) -> None:
    assert extension_path(name).is_file()


def test_extension_path_given_no_wheel_names_what_to_install() -> None:
    with pytest.raises(LakeError, match=r"install duckdb-extension-spatial==1\.5\.5"):
        extension_path("spatial")


def test_open_session_given_an_unknown_extension_does_not_download_it() -> None:
    with open_session() as session:
        settings = "autoinstall_known_extensions", "autoload_known_extensions", "TimeZone"
        answers = [session.execute("SELECT current_setting(?)", [s]).fetchone() for s in settings]

    assert answers == [(False,), (False,), ("UTC",)]


@pytest.mark.parametrize(
    "name", ["it's here", 'a "quoted" home', "spaces  and ; semicolons", "ünï-文", "a?b#c%20"]
)
def test_attach_given_an_odd_path_writes_and_reads_there(lake: Path, name: str) -> None:
    home = lake.rename(lake.parent / name)

    land(home, klines([0, 1]))

    assert rows(home, "SELECT count(*) FROM market.klines") == [(2,)]
    assert list((home / "market" / "data").rglob("*.parquet"))
    assert [path.name for path in home.parent.iterdir()] == [name]


def test_attach_statement_given_the_home_of_the_readme_reads_like_this() -> None:
    statement = attach_statement(Path("/data/lake"), Catalog.MARKET, read_only=True)

    assert statement == (
        "ATTACH 'ducklake:sqlite:/data/lake/market/catalog.sqlite' AS market "
        "(DATA_PATH '/data/lake/market/data/', OVERRIDE_DATA_PATH true, "
        "DATA_INLINING_ROW_LIMIT 0, META_BUSY_TIMEOUT 30000, READ_ONLY)"
    )


def test_sql_literal_given_a_nul_refuses_it() -> None:
    assert sql_literal("it's") == "'it''s'"
    with pytest.raises(LakeError, match="NUL"):
        sql_literal("a\x00b")


def test_connect_given_no_lake_says_what_to_do_and_makes_none(home: Path) -> None:
    with pytest.raises(LakeError, match=r"no lake in .*home\. Load something first"):
        connect_read_only(home)

    assert not has_lake(home)
    assert not home.exists()


def test_connect_given_a_file_that_is_no_catalog_names_it(lake: Path) -> None:
    catalog_file(lake, Catalog.MARKET).write_bytes(b"not a catalog" * 100)

    with pytest.raises(LakeError, match=r"catalog 'market' in .* cannot be read"):
        connect_read_only(lake)


def test_connect_given_a_lake_cannot_write(lake: Path) -> None:
    with connect_read_only(lake) as session, pytest.raises(Exception, match="read-only"):
        session.execute("DELETE FROM market.klines")


def test_connect_given_a_moved_home_reads_it_there(tmp_path: Path, lake: Path) -> None:
    land(lake, klines([0]))

    moved = lake.rename(tmp_path / "moved")

    assert rows(moved, "SELECT count(*) FROM market.klines") == [(1,)]
