"""fct_bars against the exchange's own bars, on the minutes that it published."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.domain.klines import KLINE_SCHEMA, VALUE_COLUMNS
from crypto_pipeline_tests.dbt_project.lakes import Lake
from crypto_pipeline_tests.dbt_project.worker import Worker

ARCHIVE = "data.binance.vision/data/spot/daily/klines"
DAYS = [f"2023-03-{day:02d}" for day in range(1, 15)]


def published(root: Path, symbol: str, interval: str) -> pa.Table:
    """The exchange's files of fourteen days, read without any of the product's decoders."""
    loaded_at = datetime(2023, 3, 20, tzinfo=UTC)
    rows = []
    for day in DAYS:
        file = root / ARCHIVE / symbol / interval / f"{symbol}-{interval}-{day}.zip"
        with zipfile.ZipFile(file) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        for line in csv.reader(io.StringIO(text)):
            opened = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(line[0]))
            prices = [float(value) for value in line[1:5]]
            base, quote, taken, paid = (float(line[column]) for column in (5, 7, 9, 10))
            volumes = [base, quote, int(line[8]), taken, paid, quote / base if base else None]
            key = [f"cryptopair_binance_{symbol.lower()}", "binance", interval, opened]
            rows.append([*key, *prices, *volumes, "archive", loaded_at])
    return pa.table(
        [pa.array(column) for column in zip(*rows, strict=True)], names=KLINE_SCHEMA.names
    ).cast(KLINE_SCHEMA)


@pytest.mark.real_data
def test_bars_given_published_minutes_equal_the_published_hours(
    tmp_path: Path, real_data: Path, worker: Worker
) -> None:
    lake = Lake(tmp_path / "home", worker)
    symbols, intervals = ("BTCUSDT", "ETHUSDT"), ("1m", "1h")
    lake.load(*[published(real_data, s, i) for s in symbols for i in intervals])

    lake.dbt("build")

    columns = ", ".join(("entity_id", "open_time", *VALUE_COLUMNS))
    hours = "SELECT {} FROM {} WHERE interval = '1h' ORDER BY ALL"
    made = lake.rows(hours.format(columns, "marts.fct_bars"))
    assert made == lake.rows(hours.format(columns, "market.klines"))
    assert len(made) == 672
