"""What traded in the last 24 hours and the last minutes of a symbol.

What belongs here: those sums. What does not: their messages (`tickers.py`, `ticker_streams.py`).

The window moves by whole minutes: it holds the running minute and the 1439 before it, so that its
sums are those of the 1m bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.bars import NO_BARS, Bars, aggregated, joined
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_MINUTE

AVERAGED_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Rolling:
    """The trades of a stretch together, in the units of `Bars`.

    Attributes:
        open_time: ms since the epoch of its begin.
        previous_close: price before it, its own open where nothing was before.
        last_amount: of the newest trade.
        first_id: trade_id of the first trade, -1 where none; `last_id` of the last.
    """

    open_time: int
    previous_close: int
    last_amount: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_volume: int
    count: int
    first_id: int
    last_id: int


class Statistics:
    """The sums of one market.

    Args:
        market: whose trades.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._closed = lru_cache(maxsize=512)(self._closed_day)

    def day(self, listing: Listing, now_us: int) -> Rolling | None:
        """The last 24 hours, at the last price where nothing traded; None before any trade."""
        minute = now_us // 1000 // MINUTE * MINUTE
        closed, previous = self._closed(listing, minute)
        running = self.market.bars(listing, ONE_MINUTE, minute, minute + MINUTE, now_us)
        bars, open_time = joined([closed, running]), now_us // 1000 - DAY
        last = self.market.last_trade(listing, now_us)
        if not len(last):
            return None
        price, amount = int(last.price[0]), int(last.amount[0])
        if not len(bars):
            return Rolling(open_time, price, amount, price, price, price, price, 0, 0, 0, -1, -1)
        return _rolling(bars, previous, amount, open_time)

    def _closed_day(self, listing: Listing, minute: int) -> tuple[Bars, int]:
        """The closed minutes of the window as one bar, and the close before it (-1 if none)."""
        start = minute - DAY + MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, start - MINUTE, minute, minute * 1000)
        within = bars[bars.open_time >= start]
        before = bars[bars.open_time < start]
        previous = int(before.close[-1]) if len(before) else -1
        return (_one(within) if len(within) else NO_BARS), previous

    def average(self, listing: Listing, now_us: int) -> tuple[int, int, int]:
        """Quote and base volume of the last five minutes, and the last price (0 before any)."""
        start = now_us // 1000 // MINUTE * MINUTE - (AVERAGED_MINUTES - 1) * MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, start, now_us // 1000 + 1, now_us)
        last = self.market.last_trade(listing, now_us)
        close = int(last.price[0]) if len(last) else 0
        return int(bars.quote_volume.sum()), int(bars.volume.sum()), close


def _one(bars: Bars) -> Bars:
    return aggregated(bars, np.array([0]), bars.open_time[:1])


def _rolling(bars: Bars, previous: int, amount: int, open_time: int) -> Rolling:
    total = _one(bars)
    names = ("open", "high", "low", "close", "volume", "quote_volume", "count")
    values = [int(getattr(total, name)[0]) for name in (*names, "first_id", "last_id")]
    return Rolling(open_time, values[0] if previous < 0 else previous, amount, *values)
