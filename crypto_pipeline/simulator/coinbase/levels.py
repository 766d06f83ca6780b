"""How books are told: whole, and as what changed from one state to the next.

What belongs here: depths and changes. What does not: how a level is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from crypto_pipeline.simulator.market.book import BOOK_STEP, changed_levels
from crypto_pipeline.simulator.market.calendar import standing
from crypto_pipeline.simulator.market.coins import daily_trades
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

_DEEP, _SHALLOW = 10_000, 1_000
_BUSY = 30_000
_REMEMBERED_CHANGES = 512
_REMEMBERED_BOOKS = 8
MOST_STATES = 64
"""States of a book that are told one by one; of more at once only some are told."""


def depth(listing: Listing) -> int:
    """How many levels of each side a listing's book has; the busiest have 10,000."""
    return _DEEP if daily_trades(listing) >= _BUSY else _SHALLOW


@dataclass(frozen=True, slots=True)
class Changes:
    """The levels that differ between two states of a book, with their new amounts, 0 if gone.

    Attributes:
        at: µs since the epoch, of the later state.
        bid_price: in no order; `bid_amount` alongside.
        ask_price: in no order; `ask_amount` alongside.
    """

    at: int
    bid_price: Integers
    bid_amount: Integers
    ask_price: Integers
    ask_amount: Integers

    def __len__(self) -> int:
        """How many levels."""
        return len(self.bid_price) + len(self.ask_price)


class Levels:
    """The full books of a market, shared by all connections.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._books = lru_cache(maxsize=_REMEMBERED_BOOKS)(self._book)
        self._changes = lru_cache(maxsize=_REMEMBERED_CHANGES)(self._compare)

    def book(self, listing: Listing, at: int) -> Book:
        """The full book at the last step up to `at`, µs since the epoch."""
        return self._books(listing, standing(listing, at) // BOOK_STEP)

    def changes(self, listing: Listing, after: int, until: int) -> list[Changes]:
        """What changed at each step in (after, until], µs since the epoch; nothing once delisted.

        Of more than `MOST_STATES` steps only every n-th is told, the last one included.
        """
        if listing.delisted_at is not None:
            until = min(until, listing.delisted_at * 1000 - 1)
        first, last = after // BOOK_STEP, until // BOOK_STEP
        stride = max(1, -(-(last - first) // MOST_STATES))
        told = [*range(first, last, stride), last]
        return [self._changes(listing, *steps) for steps in pairwise(told) if steps[0] < steps[1]]

    def _book(self, listing: Listing, step: int) -> Book:
        return self.market.book(listing, step * BOOK_STEP, depth(listing))

    def _compare(self, listing: Listing, before: int, after: int) -> Changes:
        old, new = (self.book(listing, step * BOOK_STEP) for step in (before, after))
        rising = old.bid_price[::-1], old.bid_amount[::-1]
        bids = changed_levels(rising, (new.bid_price, new.bid_amount))
        asks = changed_levels((old.ask_price, old.ask_amount), (new.ask_price, new.ask_amount))
        return Changes(new.at, *bids, *asks)
