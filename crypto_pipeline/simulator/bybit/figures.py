"""What a ticker tells of a symbol at an instant.

What belongs here: last price and its direction, the price an hour ago, best bid and ask, mark and
funding. What does not: how they are written (`tickers.py`), the figures of the last day
(`market/figures.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crypto_pipeline.simulator.bybit import books
from crypto_pipeline.simulator.bybit.executions import DIRECTIONS, directions
from crypto_pipeline.simulator.market.figures import Figures
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Mark, Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import HOUR, MINUTE, ONE_MINUTE, SEGMENT

_MARK_US = SEGMENT * 1000
"""µs between two marks."""


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The newest trade; price 0 where there is none.

    Attributes:
        price: of it.
        direction: its tick direction.
    """

    price: int = 0
    direction: str = DIRECTIONS[2]


class BybitFigures(Figures):
    """The figures of a market's symbols, those that Bybit alone tells as well.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        super().__init__(market)
        self._hour_ago = lru_cache(maxsize=512)(self._price_before)
        self._mark = lru_cache(maxsize=512)(market.mark)
        self._newest: dict[Listing, tuple[int, LastTrade]] = {}

    def hour_ago(self, listing: Listing, at: int) -> int:
        """The price an hour before the running minute; 0 where nothing was listed."""
        return self._hour_ago(listing, at // 1000 // MINUTE)

    def last(self, listing: Listing, at: int) -> LastTrade:
        """The newest trade up to an instant (µs)."""
        number = self.market.last_id(listing, at + 1)
        known = self._newest.get(listing)
        if known is None or known[0] != number:
            known = number, self._told(listing, self.market.last_trade(listing, at + 1))
            self._newest[listing] = known
        return known[1]

    def best(self, listing: Listing, at: int) -> Book:
        """The best bid and ask."""
        return books.state_at(self.market, listing, at, "1", 1).book

    def mark(self, listing: Listing, at: int) -> Mark:
        """Mark, index and running funding rate of a perpetual, new every thirty seconds."""
        return self._mark(listing, at // _MARK_US * _MARK_US)

    def _price_before(self, listing: Listing, minute: int) -> int:
        """The price an hour before a minute, counted from the epoch."""
        end = minute * MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, end - HOUR, end, end * 1000)
        return int(bars.open[0]) if len(bars) else 0

    def _told(self, listing: Listing, trades: Trades) -> LastTrade:
        if not len(trades):
            return LastTrade()
        direction = DIRECTIONS[int(directions(self.market, listing, trades)[0])]
        return LastTrade(int(trades.price[0]), direction)
