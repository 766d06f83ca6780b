"""query_data: typed questions, pandas answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from crypto_pipeline.errors import LakeError, UsageError
from crypto_pipeline.lake.reading import query_data
from crypto_pipeline.lake.tables import INSTRUMENTS
from crypto_pipeline_tests.lake.rows import BTC, ETH, START, klines, land

END = START + timedelta(days=1)


def instrument(entity_id: str, symbol: str) -> dict[str, object]:
    base, quote = symbol.split("/")
    return {
        "entity_id": entity_id,
        "exchange": "binance",
        "instrument_type": "spot",
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "native_symbol": base + quote,
        "valid_from": START,
    }


@pytest.fixture
def loaded(lake: Path) -> Path:
    known = [instrument(BTC, "BTC/USDT"), instrument(ETH, "ETH/USDT")]
    land(lake, pa.Table.from_pylist(known, schema=INSTRUMENTS.schema), INSTRUMENTS)
    land(lake, pa.concat_tables([klines([2, 0, 1]), klines([0], entity_id=ETH)]))
    return lake


def test_query_data_given_entities_is_indexed_by_entity_and_time(loaded: Path) -> None:
    frame = query_data(loaded, "klines", [ETH, BTC], START, END, "1m")

    minutes = [START + n * timedelta(minutes=1) for n in range(3)]
    assert frame.index.names == ["entity_id", "timestamp"]
    assert list(frame.index) == [*((BTC, pd.Timestamp(m)) for m in minutes), (ETH, minutes[0])]
    assert frame.reset_index()["timestamp"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert frame["close"].to_list() == [10.0] * 4
    assert {"open_time", "entity_id"}.isdisjoint(frame.columns)


def test_query_data_given_bounds_takes_the_start_and_leaves_the_end(loaded: Path) -> None:
    minute = timedelta(minutes=1)

    frame = query_data(loaded, "klines", [BTC.upper()], START + minute, START + 2 * minute, "1m")

    assert frame.index.get_level_values("timestamp").to_list() == [START + minute]


@pytest.mark.parametrize(
    ("start", "interval"), [(END, "1m"), (START, "1h")], ids=["no such time", "no such interval"]
)
def test_query_data_given_nothing_to_find_is_empty_with_columns(
    loaded: Path, start: datetime, interval: str
) -> None:
    frame = query_data(loaded, "klines", [BTC], start, END + timedelta(days=1), interval)

    assert frame.empty
    assert frame.index.names == ["entity_id", "timestamp"]
    assert "volume_quote" in frame.columns


def test_query_data_given_an_unknown_entity_names_those_there_are(loaded: Path) -> None:
    with pytest.raises(UsageError, match=f"holds no cryptopair_x_y; it holds {BTC}, {ETH}"):
        query_data(loaded, "klines", [BTC, "cryptopair_x_y"], START, END, "1m")


def test_query_data_given_an_unknown_kind_or_interval_names_the_valid(loaded: Path) -> None:
    with pytest.raises(UsageError, match="valid are klines, bars"):
        query_data(loaded, "trades", [BTC], START, END, "1m")
    with pytest.raises(UsageError, match="interval '7m' is not known"):
        query_data(loaded, "klines", [BTC], START, END, "7m")


def test_query_data_given_a_naive_time_refuses_it(loaded: Path) -> None:
    naive = datetime(2023, 3, 1, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(UsageError, match="end 2023-03-01T00:00:00 is not in UTC"):
        query_data(loaded, "klines", [BTC], START, naive, "1m")


def test_query_data_given_no_bars_yet_says_how_to_make_them(loaded: Path) -> None:
    with pytest.raises(LakeError, match=r"no bars yet; .*crypto-pipeline dbt build"):
        query_data(loaded, "bars", [BTC], START, END, "1h")


def test_query_data_given_no_lake_says_so(home: Path) -> None:
    with pytest.raises(LakeError, match="no lake"):
        query_data(home, "klines", [BTC], START, END, "1m")
