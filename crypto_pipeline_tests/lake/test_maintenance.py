"""Compaction: fewer files, the same rows, nobody disturbed, nothing left lying."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from crypto_pipeline.lake.catalogs import Catalog, data_folder
from crypto_pipeline.lake.maintenance import compact
from crypto_pipeline_tests.lake.rows import (
    PROGRAM_WAIT,
    klines,
    land,
    python,
    reading,
    rows,
)
from crypto_pipeline_tests.lake.test_session import HALF_WRITER

AT_ONCE = timedelta(0)
DAYS = 5
ALL = "SELECT * EXCLUDE (loaded_at) FROM market.klines ORDER BY open_time"
SUM = "SELECT count(*), sum(close) FROM market.klines"


def land_days(home: Path) -> None:
    for day in range(DAYS):
        land(home, klines(range(day * 1440, day * 1440 + 20)))


def kline_files(home: Path) -> int:
    return len(list((data_folder(home, Catalog.MARKET) / "main" / "klines").rglob("*.parquet")))


def test_compact_given_days_of_a_month_makes_one_file_with_the_same_rows(lake: Path) -> None:
    land_days(lake)
    before, steps = rows(lake, ALL), list[str]()

    done = compact(lake, Catalog.MARKET, on_step=steps.append)

    assert rows(lake, ALL) == before
    assert len(before) == DAYS * 20
    assert done.files_after == done.files_before - (DAYS - 1) - merged(steps, "schema_migrations")
    assert f"market.klines: {DAYS} files became 1" in steps
    assert done.files_removed == 0
    assert kline_files(lake) == DAYS + 1


def merged(steps: list[str], table: str) -> int:
    """How many files fewer a table has."""
    words = next((step.split() for step in steps if table in step), None)
    return int(words[1]) - int(words[-1]) if words else 0


def test_compact_given_two_months_keeps_them_apart(lake: Path) -> None:
    for first in (0, 100, 45_000, 45_100):
        land(lake, klines(range(first, first + 10)))

    compact(lake, Catalog.MARKET, retention=AT_ONCE)

    assert kline_files(lake) == 2
    assert rows(lake, SUM) == [(40, 400.0)]


def test_compact_given_deleted_rows_does_not_bring_them_back(lake: Path) -> None:
    land_days(lake)
    land(lake, klines(range(10), close=9.0))

    compact(lake, Catalog.MARKET, retention=AT_ONCE)

    assert rows(lake, SUM) == [(DAYS * 20, DAYS * 200.0 - 10)]
    assert land(lake, klines(range(10), close=9.0)).unchanged == 10


def test_compact_given_it_again_does_nothing(lake: Path) -> None:
    land_days(lake)
    compact(lake, Catalog.MARKET)

    again = compact(lake, Catalog.MARKET)

    assert again.files_before == again.files_after
    assert (again.snapshots_expired, again.files_removed) == (0, 0)


def test_compact_given_no_retention_removes_what_nobody_needs(lake: Path) -> None:
    land_days(lake)

    done = compact(lake, Catalog.MARKET, retention=AT_ONCE)

    assert done.snapshots_expired > 0
    assert done.files_removed >= DAYS
    assert kline_files(lake) == 1
    assert rows(lake, SUM) == [(DAYS * 20, DAYS * 200.0)]


def test_compact_given_a_killed_writer_s_file_removes_it(lake: Path) -> None:
    land(lake, klines([0]))
    process = python(HALF_WRITER, lake)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.communicate(timeout=PROGRAM_WAIT)
    assert kline_files(lake) == 2

    compact(lake, Catalog.MARKET, retention=AT_ONCE)

    assert kline_files(lake) == 1
    assert rows(lake, SUM) == [(1, 10.0)]


def test_compact_given_a_reader_in_another_process_does_not_disturb_it(lake: Path) -> None:
    land_days(lake)

    with reading(lake, SUM) as seen:
        compact(lake, Catalog.MARKET)
        land(lake, klines(range(20)))

    assert seen == [f"[({DAYS * 20}, {DAYS * 200.0})]"]


def test_compact_given_an_empty_catalog_does_nothing(lake: Path) -> None:
    done = compact(lake, Catalog.TICKS)

    assert (done.files_before, done.files_after) == (0, 0)
