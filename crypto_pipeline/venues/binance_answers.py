"""What Binance's REST answers, read: klines, trades, funding, books, time.

What belongs here: the shapes of Binance's own JSON and which field becomes which column. What does
not: what is asked for and what it costs (`venues/binance.py`), lists of instruments
(`venues/binance_listings.py`), files (`venues/binance_archive.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import TIMESTAMP, with_vwap
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.book_columns import book_table
from crypto_pipeline.venues.columns import (
    NO_KLINES,
    PRECISE_DIGITS,
    Count,
    Milliseconds,
    kline_table,
    number_columns,
    numbers,
    read_json,
)
from crypto_pipeline.venues.csv_columns import MICROSECOND_STAMPS
from crypto_pipeline.venues.funding_columns import funding_table
from crypto_pipeline.venues.trade_columns import taker_sides, trade_table

TradeTime = Annotated[int, msgspec.Meta(ge=0, lt=10**16)]
"""In ms, or where so asked in µs up to the year 2286; `_timestamps` tells them apart."""

_KlineRow = tuple[Milliseconds, str, str, str, str, str, Milliseconds, str, Count, str, str, str]
_KLINE_FIELDS = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume_base",
    "close_time",
    "volume_quote",
    "trade_count",
    "taker_volume_base",
    "taker_volume_quote",
    "unused",
)
_KLINE_NUMBERS = tuple(
    name
    for name in _KLINE_FIELDS
    if name not in ("open_time", "close_time", "trade_count", "unused")
)


_QuickRow = tuple[
    Milliseconds, float, float, float, float, float, Milliseconds, float, Count, float, float, float
]
_QUICK = msgspec.json.Decoder(list[_QuickRow], strict=False)
_TEXTS, _PRICE_TEXTS = 9, 4
"""Texts of a row, and how many of them, the first ones, are prices."""


class _Trade(msgspec.Struct, gc=False):
    """A fill; `isRPITrade` is told of perpetuals alone, and of their newest trades alone."""

    id: Count
    price: str
    qty: str
    time: TradeTime
    buyer_is_maker: bool = msgspec.field(name="isBuyerMaker")
    is_rpi: bool = msgspec.field(name="isRPITrade", default=False)


class _AggTrade(msgspec.Struct, gc=False):
    """Fills of one taker at one price; `f` and `l` are ids of fills, both inclusive."""

    agg_id: Count = msgspec.field(name="a")
    price: str = msgspec.field(name="p")
    amount: str = msgspec.field(name="q")
    first: Count = msgspec.field(name="f")
    last: Count = msgspec.field(name="l")
    time: TradeTime = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")


class _Settlement(msgspec.Struct, gc=False):
    """A settled rate; the mark price is an empty text in old rows, and absent in older answers."""

    symbol: str
    rate: str = msgspec.field(name="fundingRate")
    time: Milliseconds = msgspec.field(name="fundingTime")
    mark: str = msgspec.field(name="markPrice", default="")


class _Book(msgspec.Struct, gc=False):
    """A snapshot; spot's has no time of its own."""

    last_update: Count = msgspec.field(name="lastUpdateId")
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    time: Milliseconds | None = msgspec.field(name="T", default=None)


class _Time(msgspec.Struct):
    server_time: Milliseconds = msgspec.field(name="serverTime")


def read_time(where: str, body: bytes) -> datetime:
    """The exchange's clock."""
    return EPOCH + timedelta(milliseconds=read_json(where, body, _Time).server_time)


def read_kline_page(where: str, series: Series, span: Span, body: bytes) -> pa.Table:
    """A page of klines: `open_time` and the VALUE_COLUMNS."""
    fields = _quick_fields(body)
    if fields is not None:
        columns = {name: pa.array(fields[name], pa.float64()) for name in _KLINE_NUMBERS}
    else:
        rows = read_json(where, body, list[_KlineRow])
        if not rows:
            return NO_KLINES
        fields = dict(zip(_KLINE_FIELDS, zip(*rows, strict=True), strict=True))
        columns = number_columns(where, {name: fields[name] for name in _KLINE_NUMBERS})
    columns["trade_count"] = pa.array(fields["trade_count"], pa.int64())
    columns["vwap"] = with_vwap(columns["volume_base"], columns["volume_quote"])
    return kline_table(where, series, span, _microseconds(fields["open_time"]), columns)


def _quick_fields(body: bytes) -> dict[str, tuple[Any, ...]] | None:
    """The fields of a page with its texts read as numbers at once; None where that is not safe.

    It is where every row has its nine texts, none of a price is longer than a DOUBLE keeps, and no
    number is NaN or infinite. Else the texts are looked at one by one, and refused by name.
    """
    try:
        rows = _QUICK.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    quotes = np.flatnonzero(np.frombuffer(body, dtype=np.uint8) == ord('"'))
    if not rows or quotes.size != len(rows) * _TEXTS * 2:
        return None
    lengths = (quotes[1::2] - quotes[::2] - 1).reshape(-1, _TEXTS)
    fields = dict(zip(_KLINE_FIELDS, zip(*rows, strict=True), strict=True))
    finite = math.isfinite(sum(sum(fields[name]) for name in _KLINE_NUMBERS))
    return fields if finite and lengths[:, :_PRICE_TEXTS].max() <= PRECISE_DIGITS else None


def read_trade_page(where: str, kind: Kind, body: bytes) -> pa.Table:
    """A page of trades, or of aggregated trades."""
    return _agg_trades(where, body) if kind is Kind.AGG_TRADES else _trades(where, body)


def read_located(where: str, kind: Kind, body: bytes) -> int | None:
    """The id of the first aggregated trade of a page, or of its first fill."""
    rows = read_json(where, body, list[_AggTrade])
    if not rows:
        return None
    return rows[0].agg_id if kind is Kind.AGG_TRADES else rows[0].first


def read_funding_page(where: str, symbol: str, body: bytes) -> pa.Table:
    """A page of settlements of one perpetual: FUNDING_COLUMNS."""
    rows = read_json(where, body, list[_Settlement])
    for number, row in enumerate(rows, start=1):
        if row.symbol != symbol:
            raise DecodeError(
                where, row=number, field="symbol", given=f"'{row.symbol}'", expected=f"'{symbol}'"
            )
    return funding_table(
        where,
        _microseconds([row.time for row in rows]),
        {
            "rate": numbers(where, "rate", [row.rate for row in rows]),
            "mark_price": numbers(where, "mark_price", [row.mark or None for row in rows]),
        },
    )


def read_book(where: str, body: bytes) -> pa.Table:
    """A snapshot of the book: BOOK_COLUMNS, one row."""
    book = read_json(where, body, _Book)
    at_us = None if book.time is None else book.time * 1000
    return book_table(where, book.bids, book.asks, at_us=at_us, sequence_id=book.last_update)


def _trades(where: str, body: bytes) -> pa.Table:
    rows = read_json(where, body, list[_Trade])
    kinds = pa.array([row.is_rpi for row in rows], pa.bool_())
    columns = {
        "trade_seq": pa.array([row.id for row in rows], pa.int64()),
        "ts_event": _timestamps([row.time for row in rows]),
        "price": numbers(where, "price", [row.price for row in rows]),
        "amount": numbers(where, "amount", [row.qty for row in rows]),
        "side": taker_sides(pa.array([row.buyer_is_maker for row in rows], pa.bool_())),
        "trade_type": pc.if_else(kinds, "rpi", None),
    }
    return trade_table(where, [columns], Kind.TRADES)


def _agg_trades(where: str, body: bytes) -> pa.Table:
    rows = read_json(where, body, list[_AggTrade])
    columns = {
        "agg_id": pa.array([row.agg_id for row in rows], pa.int64()),
        "first_trade_seq": pa.array([row.first for row in rows], pa.int64()),
        "last_trade_seq": pa.array([row.last for row in rows], pa.int64()),
        "ts_event": _timestamps([row.time for row in rows]),
        "price": numbers(where, "price", [row.price for row in rows]),
        "amount": numbers(where, "amount", [row.amount for row in rows]),
        "side": taker_sides(pa.array([row.buyer_is_maker for row in rows], pa.bool_())),
    }
    return trade_table(where, [columns], Kind.AGG_TRADES)


def _microseconds(milliseconds: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array(milliseconds, dtype=np.int64) * 1000


def _timestamps(stamps: Sequence[int]) -> pa.Array:
    """Times of trades: in µs where they were asked for so, else in ms."""
    in_microseconds = bool(stamps) and stamps[0] >= MICROSECOND_STAMPS
    times = np.array(stamps, dtype=np.int64) if in_microseconds else _microseconds(stamps)
    return pa.array(times).cast(TIMESTAMP)
