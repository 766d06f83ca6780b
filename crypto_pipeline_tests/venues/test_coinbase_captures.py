"""Recorded answers of Coinbase, decoded: the real texts, digits and sides."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import ccxt
import pytest

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.rfc3339 import utc_instants
from crypto_pipeline_tests.venues.coinbase_answers import (
    BARS,
    BTC,
    COINBASE,
    advanced,
    candles,
    frames,
    recorded_trades,
    seconds,
)

pytestmark = pytest.mark.real_data

PRODUCTS = ["SKL-USD", "DASH-BTC", "SKL-BTC", "BAND-BTC", "NMR-EUR", "BAND-GBP"]
EXCHANGE = Path("recent", "bbgo", "coinbase_exchange_rest_ws")
ORDER = ("start", "low", "high", "open", "close", "volume")
"""Of a candle of Exchange, which has no names for its fields."""


def series(product: str) -> Series:
    return Series(parse_symbol("coinbase", product.replace("-", "/")), kind=Kind.TRADES)


def test_decode_klines_given_a_capture_is_its_two_hours(real_data: Path) -> None:
    span = seconds(1712188800, 1712196000)

    page = COINBASE.decode_klines(
        "candles", Series(BTC, Interval.H1), span, advanced(real_data, "http_candles")
    )

    first, second = page.select(page.column_names[:7]).to_pylist()
    assert first == {
        "open_time": datetime(2024, 4, 4, 0, tzinfo=UTC),
        "open": 65984.18,
        "high": 66387.77,
        "low": 65857.35,
        "close": 66314.59,
        "volume_base": 358.74851052,
        "volume_quote": None,
    }
    assert second["open_time"] == datetime(2024, 4, 4, 1, tzinfo=UTC)


def test_decode_klines_given_exchanges_own_candles_agrees_with_ccxt_of_exchange(
    real_data: Path,
) -> None:
    page, *_ = json.loads((real_data / EXCHANGE / "TestExchange_QueryKLines.json").read_text())
    rows = json.loads(page["response"]["body"], parse_float=str, parse_int=str)
    named = [dict(zip(ORDER, row, strict=True)) for row in rows]
    span = seconds(int(rows[-1][0]), int(rows[0][0]) + 60)

    ours = COINBASE.decode_klines("candles", BARS, span, candles(*named))

    columns = ("open", "high", "low", "close", "volume_base")
    oracle = ccxt.coinbaseexchange()
    expected = [oracle.parse_ohlcv(row)[1:] for row in reversed(rows)]
    assert [[*row.values()] for row in ours.select(columns).to_pylist()] == expected
    assert len(expected) == 350


def test_decode_book_given_a_capture_is_its_five_levels(real_data: Path) -> None:
    book = COINBASE.decode_book("book", BTC, advanced(real_data, "http_product_book"))

    (row,) = book.to_pylist()
    assert row["ts_event"] == datetime(2026, 4, 7, 0, 28, 59, 662782, tzinfo=UTC)
    assert row["bids"][0] == {"price": 68923.66, "amount": 0.17189468}
    assert row["asks"][-1] == {"price": 68928.0, "amount": 0.058}
    assert (len(row["bids"]), len(row["asks"])) == (5, 5)


@pytest.mark.parametrize("product", PRODUCTS)
def test_decode_trades_given_captured_matches_counts_without_a_hole(
    real_data: Path, product: str
) -> None:
    page = COINBASE.decode_trades("t", series(product), recorded_trades(real_data, product))

    ids = page["trade_seq"].to_pylist()
    assert ids == list(range(ids[0], ids[0] + page.num_rows))
    assert page.num_rows == len(frames(real_data, "match", product))


@pytest.mark.parametrize("product", PRODUCTS)
def test_decode_trades_given_captured_matches_has_the_side_that_the_ticker_calls_the_takers(
    real_data: Path, product: str
) -> None:
    takers = {each["trade_id"]: each["side"] for each in frames(real_data, "ticker", product)}

    page = COINBASE.decode_trades("t", series(product), recorded_trades(real_data, product))

    sides = dict(zip(page["trade_seq"].to_pylist(), page["side"].to_pylist(), strict=True))
    told = sides.keys() & takers.keys()
    assert len(told) >= 3
    assert {seq: sides[seq] for seq in told} == {seq: takers[seq] for seq in told}


def test_utc_instants_given_captured_tickers_reads_six_digits_and_nine(real_data: Path) -> None:
    exchanges = json.loads((real_data / EXCHANGE / "TestExchange_QueryTickers.json").read_text())
    texts = [json.loads(each["response"]["body"])["time"] for each in exchanges]

    read = utc_instants("ticker", "time", texts)

    assert texts[:2] == ["2025-08-18T05:57:58.133100Z", "2025-08-18T05:57:59.203013541Z"]
    assert read.to_pylist()[:2] == [
        datetime(2025, 8, 18, 5, 57, 58, 133100, tzinfo=UTC),
        datetime(2025, 8, 18, 5, 57, 59, 203013, tzinfo=UTC),
    ]
