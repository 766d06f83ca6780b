"""What tickers and product lists say of the last day and month.

What belongs here: those numbers. What does not: how they are written.

The last day is the 1440 minutes before the running one, so that it is computed once a minute.
"""

from __future__ import annotations

from functools import lru_cache

from crypto_pipeline.simulator.market.figures import Totals, totals
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_DAY, ONE_MINUTE, Timeframe

MONTH_DAYS = 30
_REMEMBERED = 512


class Statistics:
    """The last day and month of each listing of a market.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._minutes = lru_cache(maxsize=_REMEMBERED)(self._sum_minutes)
        self._days = lru_cache(maxsize=_REMEMBERED)(self._sum_days)

    def day(self, listing: Listing, now: int) -> Totals:
        """The 24 hours before the minute that holds `now` (µs)."""
        return self._minutes(listing, now // 1000 // MINUTE)

    def day_before(self, listing: Listing, now: int) -> Totals:
        """The 24 hours before those of `day`."""
        return self._minutes(listing, now // 1000 // MINUTE - DAY // MINUTE)

    def month(self, listing: Listing, now: int) -> Totals:
        """The 30 days before the day that holds `now` (µs)."""
        return self._days(listing, now // 1000 // DAY)

    def last_trade(self, listing: Listing, now: int) -> Trades:
        """The newest trade up to and with `now` (µs), alone; none before the first."""
        return self.market.last_trade(listing, now + 1)

    def _sum_minutes(self, listing: Listing, minute: int) -> Totals:
        return self._sum(listing, ONE_MINUTE, minute * MINUTE - DAY, minute * MINUTE)

    def _sum_days(self, listing: Listing, day: int) -> Totals:
        return self._sum(listing, ONE_DAY, (day - MONTH_DAYS) * DAY, day * DAY)

    def _sum(self, listing: Listing, frame: Timeframe, start: int, end: int) -> Totals:
        """The bars that open in [start, end) ms as one."""
        if end <= listing.listed_at:
            return Totals()
        return totals(self.market.bars(listing, frame, start, end, end * 1000))
