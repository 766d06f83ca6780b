"""Coinbase: spot, through Advanced Trade, and through Exchange where Advanced lacks a thing.

Sources: Coinbase's references of Advanced Trade (klines, products, books) and of Exchange (trades),
and captured answers of both. The two speak of one and the same order book.

Klines are Advanced's: nine intervals of up to 350 bars a page, where Exchange has six of 300 and
answers from a cache that may be five minutes old. Advanced's answers may be a second old, which
bars closed before that second do not mind: no `cache-control: no-cache` is sent, and a range that
is to be whole ends at least that second before now.

Trades are Exchange's: Advanced gives the newest hundred and no cursor, Exchange every trade since
the listing by its id, counted for each product without a hole.

Books are Advanced's: as many levels as are asked for. Exchange gives all of them or one, 23,000
levels of BTC-USD at a time; its `sequence` counts the messages of a feed that needs a key, so it
orders nothing that is collected here. A book of Advanced has a time and no number.

Perpetuals are left out: Coinbase International was closed in September 2026, and of the perpetual
style futures of Coinbase Derivatives no funding history is published. Coinbase has no archive.

What belongs here: facts about routes and rows. What does not: products (`coinbase_products.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.klines import MICROSECOND, microseconds
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.venues.book_columns import book_table
from crypto_pipeline.venues.capabilities import (
    Bound,
    Capabilities,
    Empty,
    KlineRoute,
    Limit,
    Locate,
    Request,
    TradeRoute,
    Unit,
    Walk,
)
from crypto_pipeline.venues.coinbase_products import read_listings, read_volumes
from crypto_pipeline.venues.columns import (
    NO_KLINES,
    kline_table,
    number_columns,
    numbers,
    read_json,
    stamps,
)
from crypto_pipeline.venues.records import ListingPage, TradeCursor
from crypto_pipeline.venues.rfc3339 import utc_instant, utc_instants
from crypto_pipeline.venues.trade_columns import taker_sides, trade_table
from crypto_pipeline.venues.venue import Venue

ROOT = "/api/v3/brokerage"
ADVANCED, EXCHANGE = "advanced", "exchange"
_ADVANCED_COST, _EXCHANGE_COST = {ADVANCED: 1}, {EXCHANGE: 1}

GRANULARITIES = {
    Interval.M1: "ONE_MINUTE",
    Interval.M5: "FIVE_MINUTE",
    Interval.M15: "FIFTEEN_MINUTE",
    Interval.M30: "THIRTY_MINUTE",
    Interval.H1: "ONE_HOUR",
    Interval.H2: "TWO_HOUR",
    Interval.H4: "FOUR_HOUR",
    Interval.H6: "SIX_HOUR",
    Interval.D1: "ONE_DAY",
}

KLINES = KlineRoute(
    request=Request(ADVANCED, f"{ROOT}/market/products/{{}}/candles", costs=_ADVANCED_COST),
    intervals=GRANULARITIES,
    rows=350,
    start=Bound("start", Unit.SECOND),
    end=Bound("end", Unit.SECOND),
    empty=Empty.ABSENT,
    silent=frozenset(
        {"volume_quote", "trade_count", "taker_volume_base", "taker_volume_quote", "vwap"}
    ),
    symbol=None,
    interval="granularity",
    limit=None,
)
"""351 buckets are refused with 400; 350 are also what comes without a limit."""

TRADE_ROWS = 1000
BOOK_LEVELS = 1000
"""The most of either route's one answer; no more is charged for them than for less."""

_SECOND_US = 1_000_000
_MILLISECOND_US = 1_000


class _Candle(msgspec.Struct):
    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str


class _Candles(msgspec.Struct):
    candles: list[_Candle]


class _Trade(msgspec.Struct):
    trade_id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    side: Literal["buy", "sell"]
    size: str
    price: str
    time: str


class _Level(msgspec.Struct):
    price: str
    size: str


class _PriceBook(msgspec.Struct):
    product_id: str
    bids: list[_Level]
    asks: list[_Level]
    time: str


class _Book(msgspec.Struct):
    pricebook: _PriceBook


class _Clock(msgspec.Struct):
    epochMillis: str  # noqa: N815 - the exchange's own name


class Coinbase(Venue):
    """Coinbase over the REST of Advanced Trade and of Exchange."""

    exchange: ClassVar[str] = "coinbase"
    capabilities: ClassVar[Mapping[InstrumentType, Capabilities]] = {
        InstrumentType.SPOT: Capabilities(
            klines=(KLINES,),
            trades=TradeRoute(rows=TRADE_ROWS, walk=Walk.BACKWARD, locate=Locate.BISECT),
            counted=True,
            book_levels=BOOK_LEVELS,
        )
    }
    limits: ClassVar[Sequence[Limit]] = (Limit(ADVANCED, 10, 1.0), Limit(EXCHANGE, 10, 1.0))
    """Requests of one address. Exchange lets 15 pass in a burst, which is not made use of."""
    ccxt_ids: ClassVar[Mapping[str, str]] = {ADVANCED: "coinbase", EXCHANGE: "coinbaseexchange"}

    def native_symbol(self, instrument: Instrument) -> str:
        """Base and quote with a hyphen, `BTC-USD`, where the list does not say otherwise."""
        known = self.listings.get(instrument.entity_id)
        return known.native_symbol if known else f"{instrument.base}-{instrument.quote}"

    def time_request(self, instrument_type: InstrumentType) -> Request:
        """`GET /time` of Advanced Trade."""
        _refuse_perpetuals(instrument_type)
        return Request(ADVANCED, f"{ROOT}/time", costs=_ADVANCED_COST)

    def decode_time(self, where: str, body: bytes) -> datetime:
        """The clock, to the millisecond."""
        read = read_json(where, body, _Clock)
        at_us = stamps(where, "epochMillis", [read.epochMillis], _MILLISECOND_US)[0]
        return EPOCH + int(at_us) * MICROSECOND

    def instruments_request(self, instrument_type: InstrumentType, cursor: str | None) -> Request:
        """`GET /market/products`, those included that are no longer traded."""
        _refuse_perpetuals(instrument_type)
        page = {"cursor": cursor} if cursor else {}
        every = {"product_type": "SPOT", "get_all_products": "true", **page}
        return Request(ADVANCED, f"{ROOT}/market/products", every, _ADVANCED_COST)

    def decode_instruments(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> ListingPage:
        """The spot products that have an order book of their own."""
        return read_listings(where, body)

    def volumes_request(self, instrument_type: InstrumentType) -> Request:
        """`GET /market/products`: each product says what it traded."""
        _refuse_perpetuals(instrument_type)
        traded = {"product_type": "SPOT"}
        return Request(ADVANCED, f"{ROOT}/market/products", traded, _ADVANCED_COST)

    def decode_volumes(
        self, where: str, instrument_type: InstrumentType, body: bytes
    ) -> Mapping[str, float]:
        """By product, without those whose figures are empty."""
        return read_volumes(where, body)

    def decode_klines(self, where: str, series: Series, span: Span, body: bytes) -> pa.Table:
        """Candles, newest first as they come; a bar without a trade is absent."""
        rows = [msgspec.structs.astuple(row) for row in read_json(where, body, _Candles).candles]
        if not rows:
            return NO_KLINES
        starts, *values = zip(*rows, strict=True)
        names = ("open", "high", "low", "close", "volume_base")
        columns = number_columns(where, dict(zip(names, values, strict=True)))
        return kline_table(where, series, span, stamps(where, "start", starts, _SECOND_US), columns)

    def trades_request(self, series: Series, cursor: TradeCursor) -> Request:
        """`GET /products/{id}/trades` of Exchange: ids below the cursor's, the newest without one.

        Raises:
            UsageError: it has no aggregated trades, and names no instant.
        """
        self.refuse_unoffered(series)
        if cursor.before is not None:
            raise UsageError("coinbase's trades are asked for by id, not by time")
        after = {} if cursor.id is None else {"after": cursor.id}
        path = f"/products/{self.native_symbol(series.instrument)}/trades"
        return Request(EXCHANGE, path, {"limit": TRADE_ROWS, **after}, _EXCHANGE_COST)

    def decode_trades(self, where: str, series: Series, body: bytes) -> pa.Table:
        """Trades by id. `side` is the maker's there, and is turned into the taker's here alone."""
        self.refuse_unoffered(series)
        rows = read_json(where, body, list[_Trade])
        columns = zip(*map(msgspec.structs.astuple, rows), strict=True) if rows else [()] * 5
        ids, maker_sides, sizes, prices, times = map(list, columns)
        read = {
            "trade_seq": pa.array(ids, pa.int64()),
            "ts_event": utc_instants(where, "time", times),
            "price": numbers(where, "price", prices),
            "amount": numbers(where, "size", sizes),
            "side": taker_sides(pc.equal(pa.array(maker_sides, pa.string()), "buy")),
        }
        return trade_table(where, [read], series.kind)

    def book_request(self, instrument: Instrument) -> Request:
        """`GET /market/product_book` of Advanced Trade."""
        _refuse_perpetuals(instrument.instrument_type)
        deep: Mapping[str, str | int] = {
            "product_id": self.native_symbol(instrument),
            "limit": BOOK_LEVELS,
        }
        return Request(ADVANCED, f"{ROOT}/market/product_book", deep, _ADVANCED_COST)

    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """The book with its time; Advanced Trade does not number its states."""
        book = read_json(where, body, _Book).pricebook
        symbol = self.native_symbol(instrument)
        if book.product_id != symbol:
            raise DecodeError(
                where, field="product_id", given=f"'{book.product_id}'", expected=f"'{symbol}'"
            )
        bids, asks = (
            [msgspec.structs.astuple(level) for level in side] for side in (book.bids, book.asks)
        )
        at = microseconds(utc_instant(where, "time", book.time))
        return book_table(where, bids, asks, at_us=at)


def _refuse_perpetuals(instrument_type: InstrumentType) -> None:
    if instrument_type not in Coinbase.capabilities:
        raise UsageError(
            f"coinbase has no {instrument_type.value} instruments here; it has spot ones"
        )
