"""Klines on REST: which rows a request asks for, and their text.

What belongs here: the row of twelve fields, windows. What does not: where bars come from, how a
websocket pushes them (`kline_streams.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.binance.dialects import Dialect, timeframe
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.binance.parameters import (
    Query,
    RequestError,
    required,
    row_limit,
    time_ms,
    zone_offset,
)
from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.texts import whole_texts
from crypto_pipeline.simulator.market.timeframes import Timeframe

US_PER_MS = 1000


class BarSource(Protocol):
    """Where the rows of a window come from: the synthetic market or recordings."""

    def rows(self, asked: Asked, now_us: int) -> Sequence[bytes]:
        """The rows as JSON text, ascending; `now_us` decides how far the open bar has come."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for klines, its parameters read.

    Attributes:
        listing: whose.
        interval: the exchange's name of the length.
        frame: that length, on the grid of the time zone asked for.
        window: which rows.
        per_ms: 1 for times in ms, 1000 for µs.
    """

    listing: Listing
    interval: str
    frame: Timeframe
    window: Window
    per_ms: int


def asked_klines(
    dialect: Dialect, listing: Listing, query: Query, now_us: int, per_ms: int
) -> Asked | None:
    """What a request asks for, its rows' times per ms; None where its times leave nothing.

    Raises:
        RequestError: a parameter is missing or wrong.
    """
    interval = required(query, "interval")
    offset = zone_offset(query) if dialect.spot else 0
    frame = timeframe(dialect, interval, offset)
    if frame is None:
        raise RequestError(-1120, "Invalid interval.")
    limit = row_limit(query, dialect.most_klines)
    start, end = time_ms(query, "startTime"), time_ms(query, "endTime")
    now = now_us // US_PER_MS
    last = now if end is None else min(end, now)
    if start is not None and start > last:
        return None
    window = Window(start or 0, last, limit, newest=start is None)
    return Asked(listing, interval, frame, window, per_ms)


def close_times(opens: Integers, frame: Timeframe) -> Integers:
    """The last ms of each bar."""
    if frame.step:
        return opens + (frame.step - 1)
    return np.array([frame.following(opening) - 1 for opening in opens.tolist()], np.int64)


def kline_columns(listing: Listing, bars: Bars, frame: Timeframe, per_ms: int) -> list[pa.Array]:
    """The first eleven columns as text, as REST and archive write them.

    Args:
        listing: whose bars.
        bars: the bars.
        frame: their length.
        per_ms: 1 for times in ms, 1000 for µs.
    """
    digits = digits_of(listing)
    price, lot = listing.price_decimals, listing.lot_decimals
    closes = (close_times(bars.open_time, frame) + 1) * per_ms - 1
    return [
        whole_texts(bars.open_time * per_ms),
        *(digits.column(units, price) for units in (bars.open, bars.high, bars.low, bars.close)),
        digits.column(bars.volume, lot),
        whole_texts(closes),
        digits.column(bars.quote_volume, price + lot),
        whole_texts(bars.count),
        digits.column(bars.taker_volume, lot),
        digits.column(bars.taker_quote_volume, price + lot),
    ]


_AROUND = ("[", ',"', '","', '","', '","', '","', '",', ',"', '",', ',"', '","')
"""What stands before each of the eleven columns of a row."""


def encoded_rows(listing: Listing, bars: Bars, frame: Timeframe, per_ms: int = 1) -> list[bytes]:
    """The rows of klines as REST writes them, one JSON text each."""
    if not len(bars):
        return []
    parts: list[object] = []
    for before, column in zip(_AROUND, kline_columns(listing, bars, frame, per_ms), strict=True):
        parts += [before, column]
    rows = pc.binary_join_element_wise(*parts, '","0"]', "")
    return [row.encode() for row in rows.to_pylist()]
