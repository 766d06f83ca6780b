"""Coinbase's decoders against ccxt's own parsing of the same bytes.

ccxt's `coinbaseexchange` turns the maker's side of a trade into the taker's, as we do; its
`coinbase` hands the maker's on, so no trade is compared with that one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import ccxt
import pyarrow as pa
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Status, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.coinbase import KLINES, Coinbase
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import body, endpoints_at
from crypto_pipeline_tests.venues.coinbase_answers import (
    BARS,
    BTC,
    COINBASE,
    TRADES,
    advanced,
    recorded_trades,
    seconds,
)

SPOT = InstrumentType.SPOT
ADVANCED, EXCHANGE = ccxt.coinbase(), ccxt.coinbaseexchange()
DAY = Span(datetime(2025, 2, 9, tzinfo=UTC), datetime(2025, 2, 9, 5, 50, tzinfo=UTC))
FIRST_CANDLES = ("open", "high", "low", "close", "volume_base")


@pytest.fixture
def coinbase(market: SimulatorProcess) -> Coinbase:
    return Coinbase(endpoints_at(market, "coinbase"))


def milliseconds(times: pa.ChunkedArray) -> list[int]:
    return [microseconds(time) // 1000 for time in times.to_pylist()]


def same_klines(series: Series, span: Span, answer: bytes) -> None:
    ours = COINBASE.decode_klines("candles", series, span, answer)
    parsed = [ADVANCED.parse_ohlcv(candle) for candle in json.loads(answer)["candles"]]

    columns = [milliseconds(ours["open_time"]), *(ours[name].to_pylist() for name in FIRST_CANDLES)]
    assert [list(row) for row in zip(*columns, strict=True)] == sorted(parsed)
    assert len(parsed) >= 2


def same_trades(series: Series, answer: bytes) -> None:
    ours = COINBASE.decode_trades("trades", series, answer)
    native = COINBASE.native_symbol(series.instrument)
    at = EXCHANGE.safe_market(native, None, "-")
    parsed = [EXCHANGE.parse_trade(row, at) for row in json.loads(answer)]

    fields = ("trade_id", "side", "price", "amount")
    columns = [milliseconds(ours["ts_event"]), *(ours[name].to_pylist() for name in fields)]
    expected = [
        (each["timestamp"], each["id"], each["side"], each["price"], each["amount"])
        for each in reversed(parsed)
    ]
    assert list(zip(*columns, strict=True)) == expected
    assert len(parsed) >= 2


def same_book(answer: bytes) -> None:
    (ours,) = COINBASE.decode_book("book", BTC, answer).to_pylist()
    data = json.loads(answer)["pricebook"]
    at = ADVANCED.parse8601(data["time"])
    parsed = ADVANCED.parse_order_book(data, "BTC/USD", at, "bids", "asks", "price", "size")

    for side in ("bids", "asks"):
        assert [[level["price"], level["amount"]] for level in ours[side]] == parsed[side]
    assert microseconds(ours["ts_event"]) // 1000 == parsed["timestamp"]
    assert len(parsed["bids"]) >= 2


def same_products(answer: bytes) -> None:
    ours = COINBASE.decode_instruments("products", SPOT, answer).listings
    rows = [row for row in json.loads(answer)["products"] if not row["alias"]]
    parsed = [ADVANCED.parse_spot_market(row, {}) for row in rows]

    assert [(each.native_symbol, each.instrument.symbol) for each in ours] == [
        (each["id"], each["symbol"]) for each in parsed
    ]
    assert [sizes(each.tick_size, each.lot_size, each.min_notional) for each in ours] == [
        sizes(
            each["precision"]["price"], each["precision"]["amount"], each["limits"]["cost"]["min"]
        )
        for each in parsed
    ]
    disabled = (Status.HALTED, Status.DELISTED)
    assert [each.status not in disabled for each in ours] == [each["active"] for each in parsed]
    assert len(parsed) >= 1


def sizes(*given: Any) -> list[float]:
    return [float(each) for each in given]


@pytest.mark.parametrize("interval", KLINES.intervals)
def test_decode_klines_given_any_interval_agrees_with_ccxt(
    coinbase: Coinbase, interval: Interval
) -> None:
    series = Series(BTC, interval)
    span = Span(DAY.start - 3 * timedelta(days=1), DAY.start)
    page = Span(max(span.start, span.end - 350 * interval.length), span.end)

    same_klines(series, page, body(coinbase, coinbase.klines_request(KLINES, series, page)))


@pytest.mark.parametrize("cursor", [TradeCursor(), TradeCursor(1_000), TradeCursor(591_000_000)])
def test_decode_trades_given_a_page_agrees_with_ccxt(
    coinbase: Coinbase, cursor: TradeCursor
) -> None:
    same_trades(TRADES, body(coinbase, coinbase.trades_request(TRADES, cursor)))


@pytest.mark.parametrize(
    ("request_of", "agree"),
    [
        (lambda coinbase: coinbase.book_request(BTC), same_book),
        (lambda coinbase: coinbase.instruments_request(SPOT, None), same_products),
        (
            lambda coinbase: coinbase.klines_request(KLINES, BARS, DAY),
            partial(same_klines, BARS, DAY),
        ),
    ],
    ids=["book", "products", "klines"],
)
def test_decoders_given_the_simulators_answers_agree_with_ccxt(
    coinbase: Coinbase, request_of: Callable[[Coinbase], Any], agree: Callable[[bytes], None]
) -> None:
    agree(body(coinbase, request_of(coinbase)))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("capture", "agree"),
    [
        (
            "http_candles",
            partial(same_klines, Series(BTC, Interval.H1), seconds(1712188800, 1712196000)),
        ),
        ("http_product_book", same_book),
        ("http_products", same_products),
    ],
    ids=["candles", "book", "products"],
)
def test_decoders_given_captures_agree_with_ccxt(
    real_data: Path, capture: str, agree: Callable[[bytes], None]
) -> None:
    agree(advanced(real_data, capture))


@pytest.mark.real_data
@pytest.mark.parametrize("product", ["SKL-USD", "DASH-BTC", "NMR-EUR"])
def test_decode_trades_given_captured_matches_agrees_with_ccxt(
    real_data: Path, product: str
) -> None:
    instrument = parse_symbol("coinbase", product.replace("-", "/"))

    same_trades(Series(instrument, kind=Kind.TRADES), recorded_trades(real_data, product))
