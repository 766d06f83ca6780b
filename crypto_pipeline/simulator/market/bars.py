"""Bars as whole numbers, and their exact aggregation.

What belongs here: the bars of a stretch of time, which of them a request asks for. What does not:
where they come from (`klines.py`), their text (`texts.py`).

Prices, volumes and their products are integers in units of 10^-decimals, so that every sum is
exact to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from crypto_pipeline.simulator.market.records import Flags, Integers


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
