"""What a ticker tells of the last day: first price, high, low, volumes, open interest.

What belongs here: those numbers. What does not: how an exchange writes them.

The day is the last 1440 whole minutes and the running one up to the full second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_MINUTE

_SECOND_US = 1_000_000
_OPEN_INTEREST_OF_VOLUME = 4


@dataclass(frozen=True, slots=True)
class Totals:
    """Of some bars; prices and amounts as in `Bars`, all 0 of none.

    Attributes:
        first: the first bar's open; `high` and `low` of all.
        volume: base coin; `quote_volume` quote coin.
    """

    first: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    quote_volume: int = 0

    def with_bar(self, bars: Bars) -> Totals:
        """These and one bar more, or none."""
        if not len(bars) or not bars.count[0]:
            return self
        if not self.first:
            return totals(bars)
        high, low = max(self.high, int(bars.high[0])), min(self.low, int(bars.low[0]))
        volume = self.volume + int(bars.volume[0])
        return Totals(self.first, high, low, volume, self.quote_volume + int(bars.quote_volume[0]))

    def with_price(self, price: int) -> Totals:
        """These, high and low reaching to the newest price: the second may be ahead of them."""
        if not price:
            return self
        first, low = self.first or price, min(self.low, price) if self.low else price
        return Totals(first, max(self.high, price), low, self.volume, self.quote_volume)


def totals(bars: Bars) -> Totals:
    """What some bars add up to."""
    if not len(bars):
        return Totals()
    return Totals(
        int(bars.open[0]),
        int(bars.high.max()),
        int(bars.low.min()),
        int(bars.volume.sum()),
        int(bars.quote_volume.sum()),
    )


class Figures:
    """The figures of a market's symbols.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._closed = lru_cache(maxsize=512)(self._closed_minutes)
        self._running = lru_cache(maxsize=512)(self._with_running_minute)

    def day(self, listing: Listing, at: int) -> Totals:
        """The last day's totals at an instant (µs)."""
        return self._running(listing, at // _SECOND_US)

    def open_interest(self, listing: Listing, at: int) -> int:
        """Base coins of one side's open contracts: a quarter of the last day's volume."""
        volume = self._closed(listing, at // 1000 // MINUTE).volume
        return volume // _OPEN_INTEREST_OF_VOLUME // listing.lot * listing.lot

    def _closed_minutes(self, listing: Listing, minute: int) -> Totals:
        """Totals of the day before a minute, counted from the epoch."""
        end = minute * MINUTE
        return totals(self.market.bars(listing, ONE_MINUTE, end - DAY, end, end * 1000))

    def _with_running_minute(self, listing: Listing, second: int) -> Totals:
        now, opening = second * _SECOND_US, second * 1000 // MINUTE * MINUTE
        running = self.market.bars(listing, ONE_MINUTE, opening, opening + 1, now)
        return self._closed(listing, opening // MINUTE).with_bar(running)
