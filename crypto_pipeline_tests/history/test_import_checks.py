"""What keeps a person's file out: one row that breaks a rule, and nothing of the file lands."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.history.own.columns import TimeUnit
from crypto_pipeline.history.own.importing import Stated, checked, own_rows
from crypto_pipeline_tests.history.own import (
    MINUTE_US,
    NOW,
    START_US,
    ask,
    bars,
    land,
    series,
    trades_of,
    write,
)

US = pa.timestamp("us", "UTC")


def refused(
    folder: Path,
    columns: dict[str, Any],
    *,
    what: Series | None = None,
    stated: Stated = Stated(),  # noqa: B008 it is frozen
    now: datetime = NOW,
) -> str:
    """Why a file would not land."""
    path = write(folder / "x.feather", columns)
    try:
        with checked(own_rows(path, what or series(), stated), folder / "home", now) as file:
            file.refuse_broken()
    except (DecodeError, UsageError) as error:
        return str(error)
    pytest.fail("nothing was refused")


def test_import_given_a_broken_row_lands_nothing(lake: Path) -> None:
    path = write(lake.parent / "x.feather", bars([0, 1], low=[99.0, 0.0]))

    with pytest.raises(DecodeError, match="row 2: got"):
        land(lake, path)

    for table in ("klines", "source_files", "coverage", "instruments"):
        assert ask(lake, f"SELECT * FROM market.{table}") == []  # noqa: S608 names above
    assert not [*lake.glob("import-*")]


def test_import_given_a_broken_row_names_rule_and_row(tmp_path: Path) -> None:
    said = refused(tmp_path, bars(range(5), high=[101.0, 102.0, 50.0, 104.0, 105.0]))

    assert said.startswith("x.feather, row 3: got open_time=2020-01-01 00:02:00+00 open=102.0")
    assert said.endswith("expected high >= greatest(open, close, low)")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (bars([0, 1, 1]), "x.feather, row 3, open_time: got '2020-01-01 00:01:00"),
        (bars([0, 2, 1]), "each time once and in order: one after that of the row above"),
        (bars([2, 1, 3]), "each time once and in order: one before that of the row above"),
        (bars([0, 1], volume_base=[1.0, math.nan]), "row 2, volume_base: got 'nan'"),
        (bars([0, 1], close=[100.0, None]), "row 2, close: got nothing, expected a value"),
        (bars([0, 1], low=[0.0, 100.0]), "row 1: got open_time=2020-01-01 00:00:00+00"),
        (bars([0, 1], volume_base=[1.0, -1.0]), "row 2: got open_time=2020-01-01 00:01:00+00"),
        (bars([]), "x.feather: got no rows, expected at least one"),
    ],
)
def test_import_given_impossible_bars_refuses_the_file(
    tmp_path: Path, columns: dict[str, Any], said: str
) -> None:
    assert said in refused(tmp_path, columns)


def test_import_given_a_time_off_the_grid_refuses_the_file(tmp_path: Path) -> None:
    times = pa.array([START_US, START_US + MINUTE_US + 1]).cast(US)

    said = refused(tmp_path, bars([0, 1], open_time=times))

    assert "row 2: got" in said
    assert said.endswith("expected open_time on the 1m grid in UTC")


@pytest.mark.parametrize(
    ("opened", "now", "said"),
    [
        (NOW, NOW, "open_time up to 2025-12-31T23:59Z, the last that is over; is"),
        (NOW, NOW + timedelta(seconds=59), "up to 2025-12-31T23:59Z"),
        (datetime(1970, 1, 20, tzinfo=UTC), NOW, "from 2009-01-03 on; is --time-unit right?"),
    ],
)
def test_import_given_a_time_that_cannot_be_refuses_the_file(
    tmp_path: Path, opened: datetime, now: datetime, said: str
) -> None:
    times = pa.array([opened - timedelta(minutes=1), opened]).cast(US)

    assert said in refused(tmp_path, bars([0, 1], open_time=times), now=now)


def test_import_given_a_descending_file_finds_nothing_wrong(tmp_path: Path) -> None:
    rows = own_rows(write(tmp_path / "x.feather", bars([3, 2, 1, 0])), series(), Stated())

    with checked(rows, tmp_path, NOW) as file:
        assert (file.broken, file.stage.count()) == ([], 4)
        (batch,) = file.stage.batches(100)
    assert batch["open"].to_pylist() == [100.0, 101.0, 102.0, 103.0]


def test_import_given_rows_of_another_series_refuses_the_file(tmp_path: Path) -> None:
    said = refused(tmp_path, bars([0, 1], interval=["1m", "5m"]))

    assert said == "x.feather, row 2, interval: got '5m', expected '1m', as the import was told"


def test_import_given_several_broken_rules_finds_all_of_them(tmp_path: Path) -> None:
    columns = bars(range(4), high=[0.0, 0.0, 103.0, 104.0], volume_base=[1.0, 1.0, -1.0, 1.0])
    rows = own_rows(write(tmp_path / "x.feather", columns), series(), Stated())

    with checked(rows, tmp_path, NOW) as file:
        found = [(broken.rule, broken.rows, broken.first.row) for broken in file.broken]

    assert found == [
        ("high_is_highest", 2, 1),
        ("low_is_lowest", 2, 1),
        ("volumes_not_negative", 1, 3),
    ]


TRADES: dict[str, Any] = {
    "trade_id": ["7", "8", "9"],
    "ts_event": pa.array([START_US, START_US, START_US + 1]).cast(US),
    "price": [1.0, 2.0, 3.0],
    "amount": [1.0, 1.0, 1.0],
    "side": ["buy", "sell", "buy"],
}


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("trade_id", ["7", "8", "7"], "row 3, trade_id: got '7', which row 1 has"),
        ("trade_id", ["7", "x8", "9"], "row 2, trade_id: got 'x8', expected a whole number"),
        ("trade_id", ["7", None, "9"], "row 2, trade_id: got nothing, expected a value"),
        ("price", [1.0, 0.0, 3.0], "row 2: got trade_id=8"),
        ("amount", [1.0, 1.0, -1.0], "expected amount > 0"),
        ("side", ["buy", "both", "buy"], "row 2, side: got 'both'"),
        ("side", ["buy", None, "buy"], "row 2, side: got nothing"),
        ("ts_event", pa.array([START_US, 1, 2]).cast(US), "row 2: got trade_id=8"),
    ],
)
def test_import_given_impossible_trades_refuses_the_file(
    tmp_path: Path, column: str, values: Any, said: str
) -> None:
    assert said in refused(tmp_path, {**TRADES, column: values}, what=trades_of("BTC/USDT"))


def test_import_given_ids_of_an_exchange_that_does_not_count_takes_any_text(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "x.feather", {**TRADES, "trade_id": ["a-7", "b", "c"]})
    rows = own_rows(path, trades_of("BTC/USDT:USDT", exchange="bybit"), Stated())

    with checked(rows, tmp_path, NOW) as file:
        assert file.broken == []
        (batch,) = file.stage.batches(100)
    assert batch["trade_seq"].null_count == 3


FUNDING: dict[str, Any] = {
    "funding_time": pa.array([START_US + 17_000, START_US + 8 * 60 * MINUTE_US]).cast(US),
    "rate": [0.0001, -0.0002],
}


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("funding_time", pa.array([START_US, START_US + MINUTE_US]).cast(US), "on the hour"),
        ("funding_time", pa.array([START_US, START_US + 1000]).cast(US), "each time once"),
        ("rate", [0.0001, 42_000.0], "row 2: got funding_time=2020-01-01 08:00:00+00"),
        ("interval_hours", [8, 24], "interval_hours from 1 to 8"),
        ("mark_price", [1.0, 0.0], "mark_price above 0"),
    ],
)
def test_import_given_impossible_settlements_refuses_the_file(
    tmp_path: Path, column: str, values: Any, said: str
) -> None:
    what = trades_of("BTC/USDT:USDT", Kind.FUNDING)

    assert said in refused(tmp_path, {**FUNDING, column: values}, what=what)


@pytest.mark.parametrize(
    ("text", "stated", "said"),
    [
        ("2020-01-01 00:00:00", Stated(), "have no zone; give --utc"),
        ("1577836800", Stated(), "say of what with --time-unit"),
        ("1577836800", Stated(unit=TimeUnit.MS), "from 2009-01-03 on; is --time-unit right?"),
        ("1577836800000", Stated(unit=TimeUnit.S), "is the unit right?"),
    ],
)
def test_import_given_times_that_say_too_little_asks(
    tmp_path: Path, text: str, stated: Stated, said: str
) -> None:
    columns = {**bars([0]), "open_time": [text]}

    assert said in refused(tmp_path, columns, stated=stated)


def test_import_given_another_interval_than_its_bars_refuses_the_file(tmp_path: Path) -> None:
    said = refused(tmp_path, bars(range(10)), what=series(interval=Interval.M5))

    assert "row 2" in said
    assert "on the 5m grid" in said
