"""What a ticker tells of a symbol at an instant.

What belongs here: last price, figures of the last day, best bid and ask, mark and funding. What
does not: how they are written (`tickers.py`).

The day's figures are of the last 1440 whole minutes and the running one up to the full second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crypto_pipeline.simulator.bybit import books
from crypto_pipeline.simulator.bybit.executions import DIRECTIONS, directions
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Mark
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HOUR, MINUTE, ONE_MINUTE

_MARK_US = 10_000_000
_SECOND_US = 1_000_000
_OPEN_INTEREST_OF_VOLUME = 4


@dataclass(frozen=True, slots=True)
class Totals:
    """Of some bars; prices and amounts as in `Bars`, all 0 of none.

    Attributes:
        first: the first bar's open; `high` and `low` of all.
        volume: base coin; `turnover` quote coin.
    """

    first: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    turnover: int = 0

    def with_bar(self, bars: Bars) -> Totals:
        """These and one bar more, or none."""
        if not len(bars) or not bars.count[0]:
            return self
        if not self.first:
            return totals(bars)
        high, low = max(self.high, int(bars.high[0])), min(self.low, int(bars.low[0]))
        volume = self.volume + int(bars.volume[0])
        return Totals(self.first, high, low, volume, self.turnover + int(bars.quote_volume[0]))


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


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The newest trade; price 0 where there is none.

    Attributes:
        price: of it.
        direction: its tick direction.
    """

    price: int = 0
    direction: str = DIRECTIONS[2]


class Figures:
    """The figures of a market's symbols.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._closed = lru_cache(maxsize=512)(self._closed_minutes)
        self._running = lru_cache(maxsize=512)(self._with_running_minute)
        self._mark = lru_cache(maxsize=512)(market.mark)
        self._trade = lru_cache(maxsize=512)(self._trade_of_id)

    def day(self, listing: Listing, at: int) -> Totals:
        """The last day's totals at an instant (µs)."""
        return self._running(listing, at // _SECOND_US)

    def hour_ago(self, listing: Listing, at: int) -> int:
        """The price an hour before the running minute; 0 where nothing was listed."""
        return self._closed(listing, at // 1000 // MINUTE)[1]

    def open_interest(self, listing: Listing, at: int) -> int:
        """Base coins of one side's open contracts: a quarter of the last day's volume."""
        closed = self._closed(listing, at // 1000 // MINUTE)[0]
        return closed.volume // _OPEN_INTEREST_OF_VOLUME // listing.lot * listing.lot

    def last(self, listing: Listing, at: int) -> LastTrade:
        """The newest trade up to an instant (µs)."""
        return self._trade(listing, self.market.last_id(listing, at + 1))

    def best(self, listing: Listing, at: int) -> Book:
        """The best bid and ask."""
        return books.state_at(self.market, listing, at, "1", 1).book

    def mark(self, listing: Listing, at: int) -> Mark:
        """Mark, index and running funding rate of a perpetual, new every thirty seconds."""
        return self._mark(listing, at // _MARK_US * _MARK_US)

    def _closed_minutes(self, listing: Listing, minute: int) -> tuple[Totals, int]:
        """Totals of the day before a minute (since the epoch), and the price an hour before it."""
        end = minute * MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, end - DAY, end, end * 1000)
        recent = bars[bars.open_time >= end - HOUR]
        return totals(bars), int(recent.open[0]) if len(recent) else 0

    def _with_running_minute(self, listing: Listing, second: int) -> Totals:
        now, opening = second * _SECOND_US, second * 1000 // MINUTE * MINUTE
        running = self.market.bars(listing, ONE_MINUTE, opening, opening + 1, now)
        return self._closed(listing, opening // MINUTE)[0].with_bar(running)

    def _trade_of_id(self, listing: Listing, trade_id: int) -> LastTrade:
        if not trade_id:
            return LastTrade()
        trades = self.market.trading.from_index(listing, trade_id - 1, 1)
        direction = DIRECTIONS[int(directions(self.market, listing, trades)[0])]
        return LastTrade(int(trades.price[0]), direction)
