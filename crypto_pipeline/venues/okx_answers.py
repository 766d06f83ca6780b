"""The shapes of OKX's REST answers: the envelope and the rows in it.

What belongs here: keys and their types, as OKX writes them. What does not: what they mean
(`venues/okx.py`, `venues/okx_listings.py`).
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import read_json

Row = TypeVar("Row")

Level = tuple[str, str, str, str]
"""Price, size, a deprecated 0, number of orders."""


class Envelope(msgspec.Struct, Generic[Row]):
    """What every answer is wrapped in; code "0" is success."""

    code: str
    data: list[Row]
    msg: str = ""


class Time(msgspec.Struct):
    """A row of public/time."""

    ts: str


class Candle(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A row of market/candles and market/history-candles: a list of exactly these."""

    ts: str
    open: str
    high: str
    low: str
    close: str
    vol: str
    vol_ccy: str
    vol_quote: str
    confirm: str


class Listed(msgspec.Struct, rename="camel"):
    """A row of public/instruments; what a type of instruments has not is empty.

    One that is announced may have nothing but its name and state.
    """

    inst_id: str
    state: str
    tick_sz: str = ""
    lot_sz: str = ""
    list_time: str = ""
    exp_time: str = ""
    settle_ccy: str = ""
    ct_type: str = ""
    ct_val: str = ""
    ct_mult: str = ""


class Ticker(msgspec.Struct, rename="camel"):
    """A row of market/tickers."""

    inst_id: str
    last: str
    vol_ccy24h: str = msgspec.field(name="volCcy24h")


class Trade(msgspec.Struct, rename="camel"):
    """A row of market/history-trades."""

    inst_id: str
    side: str
    sz: str
    px: str
    trade_id: str
    ts: str
    source: str | None = None


class Settlement(msgspec.Struct, rename="camel"):
    """A row of public/funding-rate-history."""

    inst_id: str
    funding_rate: str
    realized_rate: str
    funding_time: str


class Book(msgspec.Struct, rename="camel"):
    """The row of market/books."""

    asks: list[Level]
    bids: list[Level]
    ts: str
    seq_id: int | None = None


def rows_of(where: str, body: bytes, shape: type[Row]) -> list[Row]:
    """The rows of an answer.

    Raises:
        DecodeError: it is no JSON, of another shape, or says that the request failed.
    """
    answer = read_json(where, body, Envelope[shape])  # type: ignore[valid-type]
    if answer.code != "0":
        given = f"'{answer.code}' ({answer.msg})"
        raise DecodeError(where, field="code", given=given, expected="'0'")
    return answer.data


def one_row(where: str, body: bytes, shape: type[Row]) -> Row:
    """The only row of an answer.

    Raises:
        DecodeError: as `rows_of` does, or there is none, or another one.
    """
    rows = rows_of(where, body, shape)
    if len(rows) != 1:
        raise DecodeError(where, field="data", given=f"{len(rows)} rows", expected="one row")
    return rows[0]
