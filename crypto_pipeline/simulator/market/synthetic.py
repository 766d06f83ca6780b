"""A synthetic market from a seed: any instant since 2017, computed without its past.

What belongs here: the one face that exchanges ask. What does not: how anything is made; the order
is `coins.py` (what is listed), `path.py` (hidden prices), `activity.py` (counts and ids),
`tape.py` and `days.py` (trades), and then what follows from the trades: `klines.py`, `book.py`,
`restatements.py`; and from the premium: `funding.py`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market import book, calendar, coins, funding
from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.klines import Klines
from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.records import (
    AggTrades,
    Book,
    Funding,
    Mark,
    Trades,
    aggregated_trades,
)
from crypto_pipeline.simulator.market.restatements import Restatement, restatements
from crypto_pipeline.simulator.market.tape import first_fill, order_of
from crypto_pipeline.simulator.market.timeframes import Timeframe
from crypto_pipeline.simulator.market.trading import DAY_US, NO_TRADES, Trading


class SyntheticMarket:
    """The market of one seed.

    Args:
        seed: two markets of one seed are equal to the last digit.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.origin = f"simulator:{seed}"
        self.trading = Trading(seed)
        self.klines = Klines(self.trading)
        self._listings = lru_cache(maxsize=16)(self._by_symbol)

    def listings(self, venue: Venue, instrument_type: InstrumentType) -> list[Listing]:
        """All that an exchange ever listed of a type, in a stable order."""
        return list(coins.listings(venue, instrument_type))

    def listing(self, venue: Venue, instrument_type: InstrumentType, symbol: str) -> Listing | None:
        """The listing by the exchange's own symbol, None where there is none."""
        return self._listings(venue, instrument_type).get(symbol)

    def _by_symbol(self, venue: Venue, instrument_type: InstrumentType) -> dict[str, Listing]:
        return {each.symbol: each for each in coins.listings(venue, instrument_type)}

    def halted(self, listing: Listing, at: int) -> bool:
        """Whether a listing is halted at an instant, ms since the epoch."""
        return bool(calendar.halted(listing, np.array([at], np.int64))[0])

    def trades(self, listing: Listing, start: int, end: int) -> Trades:
        """The trades with time in [start, end), µs since the epoch, ascending."""
        return self.trading.between(listing, start, end) if start < end else NO_TRADES

    def trades_from(self, listing: Listing, first_id: int, count: int, until: int) -> Trades:
        """The trades with trade_id in [first_id, first_id + count) and time < `until` (µs)."""
        last = min(first_id + count - 1, self.last_id(listing, until))
        if last < max(first_id, 1):
            return NO_TRADES
        first = max(first_id, 1)
        return self.trading.from_index(listing, first - 1, last - first + 1)

    def aggs_from(self, listing: Listing, first_agg_id: int, count: int, until: int) -> AggTrades:
        """The aggregates with agg_id in [first_agg_id, first_agg_id + count), time < `until`."""
        first = max(first_agg_id, 1)
        last = min(first_agg_id + count - 1, self.last_agg_id(listing, until))
        if last < first:
            return aggregated_trades(NO_TRADES)
        start, end = first_fill(first - 1), first_fill(last)
        return aggregated_trades(self.trading.from_index(listing, start, end - start))

    def last_id(self, listing: Listing, at: int) -> int:
        """trade_id of the newest trade with time < `at` (µs since the epoch), 0 where none."""
        return self.trading.last_id(listing, at)

    def last_agg_id(self, listing: Listing, at: int) -> int:
        """agg_id of the newest aggregate with time < `at` (µs since the epoch), 0 where none."""
        last = self.last_id(listing, at)
        return int(order_of(np.array([last - 1], np.int64))[0]) + 1 if last else 0

    def last_trade(self, listing: Listing, until: int) -> Trades:
        """The newest trade with time < `until` (µs), alone; none before the first."""
        newest = self.last_id(listing, until)
        return self.trading.from_index(listing, newest - 1, 1) if newest else NO_TRADES

    def bars(self, listing: Listing, frame: Timeframe, start: int, end: int, now: int) -> Bars:
        """The bars that open in [start, end) ms, none later than `now` (µs).

        The bar that holds `now` is of the trades before `now`. A bar without a trade is flat at
        the last price; where the exchange writes no row there is none.
        """
        return self.klines.bars(listing, frame, start, end, now)

    def page(self, listing: Listing, frame: Timeframe, window: Window, now: int) -> Bars:
        """The bars of a window, at most its limit, ascending; `now` (µs) as in `bars`."""
        return self.klines.page(listing, frame, window, now)

    def book(self, listing: Listing, at: int, depth: int) -> Book:
        """The book at the last step up to `at` (µs), the best `depth` levels of each side.

        In a halt it stands as it was at the last step before.
        """
        at = calendar.standing(listing, at)
        return book.book_at(self.seed, self.trading.day(listing, at // DAY_US), at, depth)

    def mark(self, listing: Listing, at: int) -> Mark:
        """The mark of a perpetual at an instant, µs since the epoch."""
        return funding.mark_at(self.seed, listing, at)

    def fundings(self, listing: Listing, start: int, end: int) -> list[Funding]:
        """The settlements in [start, end), ms since the epoch, ascending."""
        return funding.fundings(self.seed, listing, start, end)

    def restated(self, listing: Listing, start: int, end: int) -> list[Restatement]:
        """The 1m bars that open in [start, end) ms and differ in the daily archive, ascending."""
        return restatements(self.trading, listing, start, end)
