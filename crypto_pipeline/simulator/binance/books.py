"""The order book's ids and changes, the same on REST and websockets.

What belongs here: a snapshot's levels, the difference of two states, update ids. What does not:
when which of them is sent (`book_streams.py`).

Ids follow the book's steps, five a step, so that a stream's first id is one more than its last one
before, at every speed, and any REST answer's `lastUpdateId` falls inside one frame of each stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from crypto_pipeline.simulator.binance.digits import Digits
from crypto_pipeline.simulator.market.book import FIRST_STEP
from crypto_pipeline.simulator.market.calendar import standing
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

IDS_PER_STEP = 5
STEP = 100_000
"""µs between two states."""
DEEPEST = 5000
"""Levels of each side that changes are told of."""
_STATES_KEPT = 160
_CHANGES_KEPT = 4096
_STEPS_AROUND = 10
"""Steps of the slowest cadence, 1 s: as many at most lie before a halt, and behind it."""
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a book between two of its states.

    Attributes:
        first_id: of the first update, inclusive.
        last_id: of the last one; the later state's `lastUpdateId`.
        before: the earlier state's `lastUpdateId`.
        at: µs since the epoch of the later state.
        bid_price: levels that changed, descending; `bid_amount` alongside, 0 where none is left.
        ask_price: ascending; `ask_amount` alongside.
    """

    first_id: int
    last_id: int
    before: int
    at: int
    bid_price: Integers
    bid_amount: Integers
    ask_price: Integers
    ask_amount: Integers


def update_id(book: Book) -> int:
    """The `lastUpdateId` of a state."""
    return book.step * IDS_PER_STEP


def standing_id(listing: Listing, at: int) -> int:
    """The `lastUpdateId` of the state that is shown at an instant, µs."""
    return (standing(listing, at) // STEP - FIRST_STEP) * IDS_PER_STEP


def without_levels(book: Book) -> Book:
    """The state with all its levels taken away."""
    sides = ("bid", "ask")
    names = [f"{side}_{what}" for side in sides for what in ("price", "amount", "orders")]
    return replace(book, **{name: getattr(book, name)[:0] for name in names})


class Books:
    """The books of one market, and their changes.

    Args:
        market: whose books.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._state = lru_cache(maxsize=_STATES_KEPT)(self._full)
        self._step = lru_cache(maxsize=_CHANGES_KEPT)(self._one_step)
        self.best = lru_cache(maxsize=_CHANGES_KEPT)(self._best)

    def _best(self, listing: Listing, at: int) -> Book:
        """The two best levels at `at` (µs), which is on the grid of `STEP`."""
        return self.market.book(listing, at, 1)

    def _full(self, listing: Listing, at: int) -> Book:
        """The state without its counts of orders, which no frame tells."""
        book = self.market.book(listing, at, DEEPEST)
        return replace(book, bid_orders=_NONE, ask_orders=_NONE)

    def change(self, listing: Listing, earlier: int, later: int) -> Change:
        """From the state at `earlier` to that at `later`, both µs on the grid of `STEP`.

        It holds every level that changed in between, also one that is again as it was: a client's
        snapshot may be of then.
        """
        moments = pairwise(self._moments(listing, earlier, later))
        steps = [self._step(listing, first, second) for first, second in moments]
        return steps[0] if len(steps) == 1 else _together(steps)

    def _moments(self, listing: Listing, earlier: int, later: int) -> list[int]:
        """Both, and the instants between them at which the book moved."""
        between = range(earlier + STEP, later, STEP)
        looked_at = {*between[:_STEPS_AROUND], *between[-_STEPS_AROUND:]}
        moved = {standing(listing, at) // STEP * STEP for at in looked_at}
        return [earlier, *sorted(at for at in moved if earlier < at < later), later]

    def _one_step(self, listing: Listing, earlier: int, later: int) -> Change:
        old, new = self._state(listing, earlier), self._state(listing, later)
        bids = changed_levels(-old.bid_price, old.bid_amount, -new.bid_price, new.bid_amount)
        asks = changed_levels(old.ask_price, old.ask_amount, new.ask_price, new.ask_amount)
        before = update_id(old)
        return Change(
            before + 1, update_id(new), before, new.at, -bids[0], bids[1], asks[0], asks[1]
        )


def _together(steps: Sequence[Change]) -> Change:
    """Successive changes as one; the last amount of a level counts."""
    bids, asks = (
        _newest(
            np.concatenate([getattr(step, f"{side}_price") for step in steps]),
            np.concatenate([getattr(step, f"{side}_amount") for step in steps]),
        )
        for side in ("bid", "ask")
    )
    first, last = steps[0], steps[-1]
    return Change(
        first.first_id,
        last.last_id,
        first.before,
        last.at,
        bids[0][::-1],
        bids[1][::-1],
        *asks,
    )


def _newest(prices: Integers, amounts: Integers) -> tuple[Integers, Integers]:
    """Each price once, ascending, with its last amount."""
    found, place = np.unique(prices[::-1], return_index=True)
    return found, amounts[::-1][place]


def changed_levels(
    old: Integers, old_amount: Integers, new: Integers, new_amount: Integers
) -> tuple[Integers, Integers]:
    """The levels of one side that are new, gone or of another amount.

    Args:
        old: prices of the earlier state, best first, ascending.
        old_amount: its amounts.
        new: prices of the later state, likewise.
        new_amount: its amounts.

    Returns:
        Prices, ascending, and amounts, 0 of what is gone. A level worse than all of the later
        state is not known to be gone.
    """
    if not len(old) or not len(new):
        return new, new_amount
    # Behind the best levels both states mostly lie on the same prices.
    anchor = max(int(old[min(1, len(old) - 1)]), int(new[min(1, len(new) - 1)]))
    first, second = int(np.searchsorted(old, anchor)), int(np.searchsorted(new, anchor))
    shared = min(len(old) - first, len(new) - second)
    prices = new[second : second + shared]
    if not shared or not np.array_equal(old[first : first + shared], prices):
        first, second, shared, prices = len(old), len(new), 0, prices[:0]
    amounts = new_amount[second : second + shared]
    other = old_amount[first : first + shared] != amounts
    head, head_amount = _differing(
        old[:first], old_amount[:first], new[:second], new_amount[:second], whole=shared > 0
    )
    entered = slice(second + shared, None)
    return (
        np.concatenate([head, prices[other], new[entered]]),
        np.concatenate([head_amount, amounts[other], new_amount[entered]]),
    )


def _differing(
    old: Integers, old_amount: Integers, new: Integers, new_amount: Integers, *, whole: bool
) -> tuple[Integers, Integers]:
    """As `changed_levels`, of any prices; `whole` says that nothing worse is left unseen."""
    kept = dict(zip(new.tolist(), new_amount.tolist(), strict=True))
    before = dict(zip(old.tolist(), old_amount.tolist(), strict=True))
    worst = max(kept, default=0)
    gone = {price: 0 for price in before if price not in kept and (whole or price <= worst)}
    changed = {price: amount for price, amount in kept.items() if before.get(price) != amount}
    levels = sorted({**changed, **gone}.items())
    prices, amounts = np.array(levels, np.int64).reshape(-1, 2).T
    return prices, amounts


def best_texts(digits: Digits, book: Book) -> tuple[str, str, str, str]:
    """Best bid, its amount, best ask, its amount; zeros of a side without levels."""
    bid, bid_amount, ask, ask_amount = (
        int(levels[:1].sum())
        for levels in (book.bid_price, book.bid_amount, book.ask_price, book.ask_amount)
    )
    bids = digits.price_text(bid), digits.amount_text(bid_amount)
    return *bids, digits.price_text(ask), digits.amount_text(ask_amount)


def levels_text(digits: Digits, prices: Integers, amounts: Integers) -> str:
    """Levels as JSON: a list of [price, amount]."""
    pairs = zip(digits.prices(prices), digits.amounts(amounts), strict=True)
    return "[" + ",".join(f'["{price}","{amount}"]' for price, amount in pairs) + "]"
