"""The archive of the benchmarks is one: rows that parse, checksums that hold, always the same."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import date
from pathlib import Path

import pytest

from crypto_pipeline_tests.benchmarks.make_archive import Archive, make_symbol, plan


@pytest.fixture
def february(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "archive", ("ADA",), date(2024, 2, 1), days=30)
    make_symbol(archive, "ADA")
    return archive


def _zip(archive: Archive, name: str) -> Path:
    return next(archive.root.rglob(name))


def _rows(path: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as bundle:
        text = bundle.read(bundle.namelist()[0]).decode()
    return [line.split(",") for line in text.splitlines()]


def test_make_symbol_given_a_day_writes_1440_rows_on_the_grid(february: Archive) -> None:
    rows = _rows(_zip(february, "ADAUSDT-1m-2024-02-03.zip"))
    assert [int(row[0]) for row in rows] == [
        1706918400000 + minute * 60_000 for minute in range(1440)
    ]
    assert {len(row) for row in rows} == {12}


def test_make_symbol_given_any_row_keeps_prices_and_volumes_possible(february: Archive) -> None:
    for row in _rows(_zip(february, "ADAUSDT-1m-2024-02-03.zip")):
        open_, high, low, close, base, quote = (float(row[n]) for n in (1, 2, 3, 4, 5, 7))
        assert low <= min(open_, close)
        assert max(open_, close) <= high
        assert float(row[9]) <= base
        assert base == 0 or low * (1 - 1e-6) <= quote / base <= high * (1 + 1e-6)


def test_make_symbol_given_text_writes_eight_decimals(february: Archive) -> None:
    row = _rows(_zip(february, "ADAUSDT-1m-2024-02-01.zip"))[0]
    assert {len(row[column].partition(".")[2]) for column in (1, 2, 3, 4, 5, 7, 9, 10)} == {8}


def test_make_symbol_given_a_zip_writes_its_checksum(february: Archive) -> None:
    path = _zip(february, "ADAUSDT-1m-2024-02-29.zip")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name(f"{path.name}.CHECKSUM").read_text() == f"{digest}  {path.name}\n"


def test_make_symbol_given_a_whole_month_writes_it_and_not_the_part(february: Archive) -> None:
    months = [path.name for path in (february.root / "data/spot/monthly").rglob("*.zip")]
    assert months == ["ADAUSDT-1m-2024-02.zip"]
    assert len(_rows(_zip(february, months[0]))) == 29 * 1440


def test_make_symbol_given_it_twice_writes_the_same_bytes(
    february: Archive, tmp_path: Path
) -> None:
    again = Archive(tmp_path / "again", ("ADA",), date(2024, 2, 1), days=30)
    make_symbol(again, "ADA")
    for path in february.root.rglob("*.zip*"):
        assert path.read_bytes() == (again.root / path.relative_to(february.root)).read_bytes()


def test_plan_given_the_full_size_is_fifty_symbols_by_180_days(tmp_path: Path) -> None:
    archive = plan(tmp_path, rows=12_960_000)
    assert (len(archive.coins), archive.days, archive.rows) == (50, 180, 12_960_000)


def test_plan_given_more_than_2024_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rows is 30000000"):
        plan(tmp_path, rows=30_000_000)
