"""A person's rows beside what is there: what stays, what counts, and that order does not matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.own.importing import Stated, checked, compare_file, land_file, own_rows
from crypto_pipeline.history.own.landing import OwnWritten
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import KLINES
from crypto_pipeline.lake.writing import replace
from crypto_pipeline_tests.history.own import (
    MINUTE_US,
    NOW,
    ask,
    bars,
    land,
    rows_of,
    series,
    trades,
    trades_of,
    write,
)

MINUTE = timedelta(minutes=1)
US = pa.timestamp("us", "UTC")
REPLACING = Stated(replacing=True)


def counts(written: OwnWritten) -> tuple[int, int, int, int]:
    return (written.inserted, written.replaced, written.unchanged, written.refused)


def from_exchange(home: Path, minutes: list[int], **columns: Any) -> None:
    """Bars as an archive gave them, with all their values."""
    rows = pa.table(bars(minutes, **columns))
    for name in VALUE_COLUMNS:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.array([5.0] * rows.num_rows))
    constants = {
        "entity_id": "cryptopair_binance_btcusdt",
        "exchange": "binance",
        "interval": "1m",
        "source": "archive",
    }
    for name, value in constants.items():
        rows = rows.append_column(name, pa.array([value] * rows.num_rows))
    rows = rows.append_column("loaded_at", pa.array([NOW] * rows.num_rows))
    frame = rows.select(KLINES.schema.names).cast(KLINES.schema)
    with writing(home, Catalog.MARKET) as session:
        session.write(lambda connection: replace(connection, KLINES, frame))


def test_import_given_the_same_file_again_changes_nothing(lake: Path) -> None:
    path = write(lake.parent / "x.feather", bars(range(100)))
    first = land(lake, path)
    before = ask(lake, "SELECT max(snapshot_id) FROM ducklake_snapshots('market')")

    assert counts(first) == (100, 0, 0, 0)
    assert counts(land(lake, path)) == (0, 0, 100, 0)
    assert ask(lake, "SELECT max(snapshot_id) FROM ducklake_snapshots('market')") == before


def test_import_given_a_file_notes_its_name_and_hash(lake: Path) -> None:
    path = write(lake.parent / "mine.feather", bars(range(3)))

    land(lake, path)

    assert ask(
        lake,
        "SELECT url, bytes, rows, status, raw IS NOT NULL, span_end - span_start, sha256 "
        "FROM market.source_files",
    ) == [("mine.feather", path.stat().st_size, 3, "loaded", True, 3 * MINUTE, _sha256(path))]
    assert ask(lake, "SELECT DISTINCT source FROM market.klines") == [("import",)]
    assert ask(lake, "SELECT symbol, native_symbol FROM market.instruments") == [
        ("BTC/USDT", "BTCUSDT")
    ]


def _sha256(path: Path) -> str:
    return own_rows(path, series(), Stated()).file.sha256()


def test_import_given_values_that_agree_leaves_the_fuller_row(lake: Path) -> None:
    from_exchange(lake, [0, 1])
    before = rows_of(lake, "klines")

    written = land(lake, write(lake.parent / "x.feather", bars([0, 1])))

    assert counts(written) == (0, 0, 2, 0)
    assert rows_of(lake, "klines") == before


def test_import_given_another_value_refuses_the_row_and_says_which(lake: Path) -> None:
    from_exchange(lake, [0, 1])
    path = write(lake.parent / "x.feather", bars([0, 1, 2], close=[100.0, 101.5, 102.0]))

    written = land(lake, path)

    assert counts(written) == (1, 0, 1, 1)
    assert written.example == ("2020-01-01 00:01:00+00: close 101.5 (there 101.0), from archive")
    assert ask(lake, "SELECT close, source FROM market.klines ORDER BY open_time") == [
        (100.0, "archive"),
        (101.0, "archive"),
        (102.0, "import"),
    ]


def test_import_given_leave_to_replace_takes_the_files_row_whole(lake: Path) -> None:
    from_exchange(lake, [0, 1])
    path = write(lake.parent / "x.feather", bars([0, 1, 2], close=[100.0, 101.5, 102.0]))

    written = land(lake, path, stated=REPLACING)

    assert counts(written) == (1, 1, 1, 0)
    assert ask(lake, "SELECT close, trade_count, source FROM market.klines ORDER BY open_time") == [
        (100.0, 5, "archive"),
        (101.5, None, "import"),
        (102.0, None, "import"),
    ]


def test_import_given_more_than_is_there_counts_as_another_value(lake: Path) -> None:
    path = write(lake.parent / "x.feather", bars([0], volume_base=[None]))
    land(lake, path)

    fuller = write(lake.parent / "y.feather", bars([0]))

    assert counts(land(lake, fuller)) == (0, 0, 0, 1)
    assert counts(land(lake, fuller, stated=REPLACING)) == (0, 1, 0, 0)


def test_compare_given_a_file_says_what_landing_it_would_do(lake: Path) -> None:
    from_exchange(lake, [0, 1])
    path = write(lake.parent / "x.feather", bars([0, 1, 2], close=[100.0, 101.5, 102.0]))

    with checked(own_rows(path, series(), Stated()), lake, NOW) as file:
        assert counts(compare_file(file, lake, NOW)) == (1, 0, 1, 1)
    assert len(rows_of(lake, "klines")) == 2


def test_import_given_a_file_that_changes_meanwhile_lands_nothing(lake: Path) -> None:
    path = write(lake.parent / "x.feather", bars(range(3)))
    rows = own_rows(path, series(), Stated())

    with writing(lake, Catalog.MARKET) as session, checked(rows, lake, NOW) as file:
        write(path, bars(range(4)))
        with pytest.raises(DecodeError, match="got other bytes than before"):
            land_file(file, session, RawZone(lake), Stated(), NOW)
    assert rows_of(lake, "klines") == []


def test_coverage_given_days_apart_counts_those_alone(lake: Path) -> None:
    minutes = [*range(10), *range(5 * 1440, 5 * 1440 + 1440)]

    land(lake, write(lake.parent / "x.feather", bars(minutes)))

    assert ask(
        lake, "SELECT day, expected, present, missing, flat FROM market.coverage ORDER BY day"
    ) == [
        (date(2020, 1, 1), 1440, 10, 1430, 0),
        (date(2020, 1, 6), 1440, 1440, 0, 0),
    ]


def test_coverage_given_bars_without_volume_counts_them_as_flat(lake: Path) -> None:
    columns = bars(range(3), volume_base=[0.0, 1.0, 0.0])

    land(lake, write(lake.parent / "x.feather", columns))

    assert ask(lake, "SELECT present, flat FROM market.coverage") == [(3, 2)]


def test_coverage_given_an_explained_day_keeps_what_is_explained(lake: Path) -> None:
    from_exchange(lake, list(range(1400)))
    with writing(lake, Catalog.MARKET) as session:
        session.write(
            lambda connection: connection.execute(
                "INSERT INTO market.coverage BY NAME SELECT 'cryptopair_binance_btcusdt' AS "
                "entity_id, 'klines' AS kind, '1m' AS interval, DATE '2020-01-01' AS day, 1440 AS "
                "expected, 1400 AS present, 0 AS flat, 40 AS no_trade, 0 AS not_listed, 0 AS "
                "delisted, 0 AS missing, now() AS loaded_at"
            )
        )
    explained = "SELECT present, no_trade, missing FROM market.coverage"

    land(lake, write(lake.parent / "x.feather", bars(range(10))))
    assert ask(lake, explained) == [(1400, 40, 0)]

    land(lake, write(lake.parent / "y.feather", bars(range(1400, 1410))))
    assert ask(lake, explained) == [(1410, 30, 0)]


def test_trades_given_shifted_times_are_found_by_their_ids(lake: Path) -> None:
    path = write(lake.parent / "x.feather", trades(range(50)))
    land(lake, path, trades_of("BTC/USDT"))
    shifted = write(lake.parent / "y.feather", trades(range(50), shift_us=60 * MINUTE_US))

    written = land(lake, shifted, trades_of("BTC/USDT"))

    assert counts(written) == (0, 0, 0, 50)
    assert len(rows_of(lake, "trades")) == 50

    replaced = land(lake, shifted, trades_of("BTC/USDT"), REPLACING)

    assert counts(replaced) == (0, 50, 0, 0)
    assert ask(lake, "SELECT count(*), min(ts_event) FROM market.trades") == [
        (50, datetime(2020, 1, 1, 1, tzinfo=UTC))
    ]
