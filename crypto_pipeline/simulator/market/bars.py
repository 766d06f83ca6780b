"""Bars as whole numbers, their exact aggregation, and their text.

What belongs here: what is listed, the bars of a stretch of time, how an exchange writes them.
What does not: where the numbers come from (`market.py`, `recordings.py`).

Prices, volumes and their products are integers in units of 10^-decimals, so that every sum is
exact to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Flags, Integers

Row = list[int | str]
"""A kline as Binance's REST writes it: twelve fields, times and trade count as integers."""

SPOT_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Window:
    """The klines that a request asks for.

    Attributes:
        start: ms since the epoch of the first open time, inclusive.
        end: ms of the last open time, inclusive; never later than the simulator's now.
        limit: the most rows to give, 1 or more.
        newest: whether the rows nearest to `end` are given where there are more than `limit`.
    """

    start: int
    end: int
    limit: int
    newest: bool


class KlineSource(Protocol):
    """Where the simulated REST takes its klines from."""

    origin: str

    def listings(self, instrument_type: InstrumentType) -> list[Listing]:
        """Every symbol of that type."""

    def rows(self, listing: Listing, interval: Interval, window: Window, now: int) -> list[Row]:
        """The rows of a window, ascending; `now` (ms) decides how far the open bar has come."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars in a row, one array each, all of one length.

    Attributes:
        open_time: ms since the epoch.
        open: price, in units of 10^-price_decimals; `high`, `low`, `close` likewise.
        volume: base coin, in units of 10^-lot_decimals; `taker_volume` likewise.
        quote_volume: quote coin, in units of 10^-(price_decimals + lot_decimals);
            `taker_quote_volume` likewise.
        count: how many trades.
        first_id: trade_id of the first trade, -1 where none; `last_id` of the last.
    """

    open_time: Integers
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Integers
    quote_volume: Integers
    count: Integers
    taker_volume: Integers
    taker_quote_volume: Integers
    first_id: Integers
    last_id: Integers

    def __len__(self) -> int:
        """How many bars."""
        return len(self.open_time)

    def __getitem__(self, part: slice | Flags) -> Bars:
        """Some of the bars."""
        return Bars(*(getattr(self, field.name)[part] for field in fields(self)))


def joined(parts: Sequence[Bars]) -> Bars:
    """Bars of several stretches as one."""
    names = [field.name for field in fields(Bars)]
    return Bars(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


NO_BARS = Bars(*(np.empty(0, np.int64) for _ in fields(Bars)))


def aggregated(bars: Bars, starts: Integers, open_time: Integers) -> Bars:
    """Longer bars: the trades of each stretch together.

    Args:
        bars: ascending.
        starts: positions in `bars` where a longer bar begins, ascending, from 0.
        open_time: of each longer bar, ms since the epoch.
    """
    traded = bars.count > 0
    first, last = _first_traded(traded, starts)
    extreme = np.iinfo(np.int64).max // 4
    some = first < len(bars)
    at, until = np.where(some, first, starts), np.where(some, last, starts)
    high = np.maximum.reduceat(np.where(traded, bars.high, -extreme), starts)
    low = np.minimum.reduceat(np.where(traded, bars.low, extreme), starts)
    prices = [np.where(some, price, bars.close[at]) for price in (high, low)]
    totals = [np.add.reduceat(total, starts) for total in _totals(bars)]
    ids = (bars.first_id[at], bars.last_id[until])
    return Bars(*[open_time, bars.open[at], *prices, bars.close[until], *totals, *ids])


def _first_traded(traded: Flags, starts: Integers) -> tuple[Integers, Integers]:
    """Position of the first and the last bar with a trade in each stretch; the length if none."""
    places, length = np.arange(len(traded)), len(traded)
    first = np.minimum.reduceat(np.where(traded, places, length), starts)
    last = np.maximum.reduceat(np.where(traded, places, -1), starts)
    return first, np.where(last < 0, length, last)


def _totals(bars: Bars) -> tuple[Integers, ...]:
    volumes = (bars.volume, bars.quote_volume, bars.count)
    return (*volumes, bars.taker_volume, bars.taker_quote_volume)


def decimal_texts(units: Integers, decimals: int, printed: int) -> pa.Array:
    """Whole columns of `decimal_text`, padded with zeros to `printed` digits after the point."""
    if printed == 0:
        return pa.array(units).cast(pa.string())
    whole, rest = np.divmod(units, 10**decimals)
    digits = pc.utf8_lpad(pa.array(rest).cast(pa.string()), width=decimals, padding="0")
    fraction = digits if decimals else pa.array([""] * len(units))
    padding = "0" * (printed - decimals)
    texts = pc.binary_join_element_wise(pa.array(whole).cast(pa.string()), fraction, ".")
    return pc.binary_join_element_wise(texts, padding, "")


def columns(listing: Listing, bars: Bars, interval: Interval, per_ms: int = 1) -> list[pa.Array]:
    """The twelve columns of Binance's klines, as text.

    Args:
        listing: whose bars.
        bars: the bars.
        interval: their length.
        per_ms: 1 for times in ms, 1000 for µs.
    """
    spot = listing.instrument_type is InstrumentType.SPOT
    price, lot = listing.price_decimals, listing.lot_decimals

    def texts(units: Integers, decimals: int) -> pa.Array:
        return decimal_texts(units, decimals, SPOT_DECIMALS if spot else decimals)

    open_time = bars.open_time * per_ms
    close_time = open_time + interval.microseconds // 1000 * per_ms - 1
    return [
        pa.array(open_time).cast(pa.string()),
        *(texts(prices, price) for prices in (bars.open, bars.high, bars.low, bars.close)),
        texts(bars.volume, lot),
        pa.array(close_time).cast(pa.string()),
        texts(bars.quote_volume, price + lot),
        pa.array(bars.count).cast(pa.string()),
        texts(bars.taker_volume, lot),
        texts(bars.taker_quote_volume, price + lot),
        pa.array(["0"] * len(bars)),
    ]


def rest_row(texts: list[str]) -> Row:
    """A row of twelve texts with the types that REST gives them."""
    row: Row = [*texts[:11], "0"]
    for index in (0, 6, 8):
        row[index] = int(texts[index])
    return row
