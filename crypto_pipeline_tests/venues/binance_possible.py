"""Possible answers of Binance made by hand, and the decoder of each, for tests that spoil them.

What belongs here: one answer a route, as short as can be. What does not: what may be wrong in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.venues.binance import PERP, SPOT
from crypto_pipeline_tests.venues.files import BINANCE, FIRST, daily, series, traded


def text(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


SPAN = daily().span
AGGREGATED, SETTLED = (
    traded(kind=Kind.AGG_TRADES),
    traded("BTC/USDT:USDT", Kind.FUNDING),
)
Decoder = Callable[[bytes], object]


def decode_klines(answer: bytes) -> object:
    return BINANCE.decode_klines("klines", series(), SPAN, answer)


def decode_trades(answer: bytes) -> object:
    return BINANCE.decode_trades("trades", traded(), answer)


def decode_agg_trades(answer: bytes) -> object:
    return BINANCE.decode_trades("aggTrades", AGGREGATED, answer)


def decode_funding(answer: bytes) -> object:
    return BINANCE.decode_funding("funding", SETTLED, answer)


def decode_book(answer: bytes) -> object:
    return BINANCE.decode_book("book", traded().instrument, answer)


def decode_contracts(answer: bytes) -> object:
    return BINANCE.decode_instruments("exchangeInfo", PERP, answer)


def decode_volumes(answer: bytes) -> object:
    return BINANCE.decode_volumes("ticker", SPOT, answer)


def kline(minute: int = 0, **at: Any) -> list[Any]:
    """A possible row; `at` names places in it, as `_4="x"`."""
    opened = FIRST + minute * 60_000
    fields = [opened, *["10.1", "10.3", "10.0", "10.2", "4.0"], opened + 59_999, "40.8", 7]
    row: list[Any] = [*fields, "1.0", "10.2", "0"]
    for place, value in at.items():
        row[int(place[1:])] = value
    return row


TRADE = {"id": 74, "price": "10.1", "qty": "4.0", "time": FIRST, "isBuyerMaker": True}
AGG = {"a": 74, "p": "10.1", "q": "4.0", "f": 90, "l": 91, "T": FIRST, "m": True}
RATE = {
    "symbol": "BTCUSDT",
    "fundingRate": "0.0001",
    "fundingTime": FIRST + 3,
    "markPrice": "34287.54619963",
}
BOOK = {"lastUpdateId": 160, "bids": [["1.5", "2"], ["1", "2"]], "asks": [["3", "0.5"]], "T": FIRST}
CONTRACT = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "contractType": "PERPETUAL",
    "onboardDate": FIRST,
    "deliveryDate": 4_133_404_800_000,
    "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}],
}

POSSIBLE: dict[str, tuple[Decoder, object]] = {
    "klines": (decode_klines, [kline(0), kline(1)]),
    "trades": (decode_trades, [TRADE, {**TRADE, "id": 75}]),
    "agg_trades": (decode_agg_trades, [AGG, {**AGG, "a": 75}]),
    "funding": (decode_funding, [RATE, {**RATE, "fundingTime": FIRST + 28_800_000}]),
    "book": (decode_book, BOOK),
    "instruments": (decode_contracts, {"symbols": [CONTRACT]}),
    "volumes": (decode_volumes, [{"symbol": "BTCUSDT", "quoteVolume": "1.5"}]),
    "time": (lambda answer: BINANCE.decode_time("time", answer), {"serverTime": FIRST}),
    "located": (lambda answer: BINANCE.decode_located("aggTrades", AGGREGATED, answer), [AGG]),
}
"""By route: its decoder, and an answer that it reads."""
