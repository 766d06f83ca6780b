"""What tickers and product lists say of the last day and month.

What belongs here: those numbers. What does not: how they are written.

The last day is the 1440 minutes before the running one, so that it is computed once a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_DAY, ONE_MINUTE, Timeframe

MONTH_DAYS = 30
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time summed up; all 0 where nothing traded.

    Attributes:
        open: the first price, in units of 10^-price_decimals; `high`, `low`, `close` likewise.
        volume: base coin, in units of 10^-lot_decimals.
        quote_volume: quote coin, in units of 10^-(price_decimals + lot_decimals).
    """

    open: int = 0
    high: int = 0
    low: int = 0
    close: int = 0
    volume: int = 0
    quote_volume: int = 0


def summed(bars: Bars) -> Stretch:
    """Bars as one stretch."""
    if not len(bars):
        return Stretch()
    highest, lowest = int(bars.high.max()), int(bars.low.min())
    volumes = int(bars.volume.sum()), int(bars.quote_volume.sum())
    return Stretch(int(bars.open[0]), highest, lowest, int(bars.close[-1]), *volumes)


class Statistics:
    """The last day and month of each listing of a market.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._minutes = lru_cache(maxsize=_REMEMBERED)(self._sum_minutes)
        self._days = lru_cache(maxsize=_REMEMBERED)(self._sum_days)

    def day(self, listing: Listing, now: int) -> Stretch:
        """The 24 hours before the minute that holds `now` (µs)."""
        return self._minutes(listing, now // 1000 // MINUTE)

    def day_before(self, listing: Listing, now: int) -> Stretch:
        """The 24 hours before those of `day`."""
        return self._minutes(listing, now // 1000 // MINUTE - DAY // MINUTE)

    def month(self, listing: Listing, now: int) -> Stretch:
        """The 30 days before the day that holds `now` (µs)."""
        return self._days(listing, now // 1000 // DAY)

    def last_trade(self, listing: Listing, now: int) -> Trades:
        """The newest trade up to and with `now` (µs), alone; none before the first."""
        newest = self.market.last_id(listing, now + 1)
        return self.market.trades_from(listing, newest, 1, now + 1)

    def _sum_minutes(self, listing: Listing, minute: int) -> Stretch:
        return self._sum(listing, ONE_MINUTE, minute * MINUTE - DAY, minute * MINUTE)

    def _sum_days(self, listing: Listing, day: int) -> Stretch:
        return self._sum(listing, ONE_DAY, (day - MONTH_DAYS) * DAY, day * DAY)

    def _sum(self, listing: Listing, frame: Timeframe, start: int, end: int) -> Stretch:
        """The bars that open in [start, end) ms as one."""
        if end <= listing.listed_at:
            return Stretch()
        return summed(self.market.bars(listing, frame, start, end, end * 1000))
