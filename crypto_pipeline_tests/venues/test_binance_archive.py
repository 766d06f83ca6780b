"""Binance's archive: where its files are, and each recorded value as it was published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.klines import KLINE_SCHEMA, VALUE_COLUMNS, microseconds
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.records import ArchiveFile
from crypto_pipeline.venues.venue import find_venue
from crypto_pipeline_tests.venues.files import ARCHIVE, BINANCE, daily, monthly, recorded, texts

PUBLISHED = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "volume_base": "volume",
    "volume_quote": "quote_volume",
    "taker_volume_base": "taker_buy_volume",
    "taker_volume_quote": "taker_buy_quote_volume",
}
"""Our column of each DOUBLE that the archive publishes, and the archive's own name for it."""

MARCH = [
    daily(date(2023, 3, day), symbol) for symbol in ("BTC/USDT", "ETH/USDT") for day in range(1, 15)
]
HOURS = [
    monthly(day)
    for day in (date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1))
]
PERPS = [monthly(date(2026, 2, 1), symbol, "1m") for symbol in ("AVAX/USDT:USDT", "NEAR/USDT:USDT")]


def span(start: date, end: date) -> Span:
    return Span(*(datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (start, end)))


@pytest.mark.parametrize(
    ("file", "path", "covered"),
    [
        (
            daily(date(2023, 2, 28)),
            "spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-02-28.zip",
            span(date(2023, 2, 28), date(2023, 3, 1)),
        ),
        (
            monthly(date(2024, 12, 1)),
            "spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12.zip",
            span(date(2024, 12, 1), date(2025, 1, 1)),
        ),
        (
            monthly(date(2024, 2, 1), "AVAX/USDT:USDT", "1d"),
            "futures/um/monthly/klines/AVAXUSDT/1d/AVAXUSDT-1d-2024-02.zip",
            span(date(2024, 2, 1), date(2024, 3, 1)),
        ),
    ],
)
def test_archive_file_given_a_day_or_month_is_where_binance_puts_it(
    file: ArchiveFile, path: str, covered: Span
) -> None:
    assert file.url == f"{ARCHIVE}/data/{path}"
    assert file.checksum_url == f"{file.url}.CHECKSUM"
    assert file.name == path.rpartition("/")[2]
    assert file.span == covered


def test_find_venue_given_an_unknown_exchange_names_the_known() -> None:
    with pytest.raises(UsageError, match=r"'mtgox' is not known; valid are .*binance"):
        find_venue("mtgox")


@pytest.mark.real_data
@pytest.mark.parametrize("file", [*MARCH, *HOURS, *PERPS], ids=lambda file: str(file.name))
def test_decode_given_a_recorded_file_keeps_every_value(real_data: Path, file: ArchiveFile) -> None:
    content = recorded(real_data, file)

    klines, published = BINANCE.decode_archive(file, content), texts(content)

    assert klines.num_rows == file.series.grid.bars_between(file.span.start, file.span.end)
    for ours, theirs in PUBLISHED.items():
        assert klines[ours].to_pylist() == [float(row[theirs]) for row in published]
    assert klines["trade_count"].to_pylist() == [int(row["count"]) for row in published]


@pytest.mark.real_data
@pytest.mark.parametrize("file", [*HOURS, *PERPS], ids=lambda file: str(file.name))
def test_decode_given_ms_or_µs_gives_the_grid_of_the_month(
    real_data: Path, file: ArchiveFile
) -> None:
    times = BINANCE.decode_archive(file, recorded(real_data, file))["open_time"].cast(pa.int64())

    first, end = microseconds(file.span.start), microseconds(file.span.end)
    assert times.to_pylist() == list(range(first, end, file.series.grid.microseconds))


@pytest.mark.real_data
def test_decode_given_a_recorded_file_has_the_columns_of_a_kline(real_data: Path) -> None:
    klines = BINANCE.decode_archive(PERPS[0], recorded(real_data, PERPS[0]))

    assert klines.column_names == ["open_time", *VALUE_COLUMNS]
    assert [field.type for field in klines.schema] == [
        KLINE_SCHEMA.field(name).type for name in klines.column_names
    ]
