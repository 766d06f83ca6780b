"""The order book at an instant: around the price that the next trade meets.

What belongs here: a book's levels, and which of them differ between two states. What does not:
diffs and sequence numbers of an exchange.

The best bid and ask are those that the tape quotes for the next trade, and the side that it takes
holds at least what its order takes. The levels behind lie on a grid of price steps; each changes
its amount the less often the farther it is from the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.days import Day
from crypto_pipeline.simulator.market.listings import listing_key
from crypto_pipeline.simulator.market.noise import Hashes, mixed, stream
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline.simulator.market.timeframes import DAY, SEGMENT

BOOK_STEP = 100_000
"""µs between two states of a book."""
FIRST_STEP = 14_832_288_000
"""Steps from the epoch to 2017-01-01."""
_SLOWEST = 15


def book_at(seed: int, day: Day, at: int, depth: int) -> Book:
    """The book at the last step up to `at`.

    Args:
        seed: of the market.
        day: the listing's day that holds the step.
        at: µs since the epoch.
        depth: levels of each side; fewer where prices would reach 0.
    """
    step = at // BOOK_STEP
    at = step * BOOK_STEP
    bid, next_at = _quote(day, at)
    bids = _below(bid, day.price_step, depth)
    asks = _above(bid + day.price_step, day.price_step, depth)
    key = stream(f"{listing_key(seed, day.listing)}:book")
    bid_amount, ask_amount = (_amounts(key, day, prices, step) for prices in (bids, asks))
    _rest_at_best(day, next_at, bid_amount, ask_amount, step)
    tick = day.listing.tick
    return Book(
        at,
        step - FIRST_STEP,
        bids * tick,
        bid_amount,
        bid_amount // day.size_unit % 7 + 1,
        asks * tick,
        ask_amount,
        ask_amount // day.size_unit % 7 + 1,
    )


def _quote(day: Day, at: int) -> tuple[int, int]:
    """The best bid in ticks after all trades up to `at`, and the next trade's place on the tape."""
    segment = (at - day.day * DAY * 1000) // (SEGMENT * 1000)
    done = day.before(at + 1) - int(day.indices[segment])
    place = int(day.starts[segment]) + done
    return int(day.ticks[segment]) + day.price_step * int(day.tape.quote[place]), place


def _below(best: int, step: int, depth: int) -> Integers:
    """Ticks of bids: the best, then the multiples of `step` below it."""
    first = (best - 1) // step * step
    rest = first - step * np.arange(depth - 1, dtype=np.int64)
    return np.concatenate([np.array([best], np.int64), rest[rest > 0]])


def _above(best: int, step: int, depth: int) -> Integers:
    first = best // step * step + step
    rest = first + step * np.arange(depth - 1, dtype=np.int64)
    return np.concatenate([np.array([best], np.int64), rest])


@lru_cache(maxsize=64)
def _pace(depth: int) -> Hashes:
    """How many steps a level's amount lasts, as a power of two, by its place from the best."""
    places = np.arange(depth)
    lasting = np.minimum(3 + np.frexp(places.astype(np.float64))[1], _SLOWEST)
    return np.where(places < 2, 0, lasting).astype(np.uint64)


def _amounts(key: np.uint64, day: Day, prices: Integers, step: int) -> Integers:
    levels = mixed(prices.astype(np.uint64) + key)
    pace = _pace(len(prices))
    phase = levels & ((np.uint64(1) << pace) - np.uint64(1))
    epoch = (np.uint64(step) + phase) >> pace
    drawn = (mixed(levels + epoch) >> np.uint64(54)).astype(np.int64)
    return (2 + (drawn * drawn >> 12)) * (2 * day.size_unit)


def _rest_at_best(day: Day, place: int, bids: Integers, asks: Integers, step: int) -> None:
    """Add what the next order takes; odd and even sizes take turns, so that each step differs."""
    units = 2 * day.size_unit
    taken = int(day.tape.order_size[place]) * 3 * day.size_unit
    side = asks if day.tape.taker_buys[place] else bids
    side[0] += -(-taken // units) * units
    bids[0] += step % 2 * day.size_unit


def changed_levels(before: Sequence[Integers], after: Sequence[Integers]) -> list[Integers]:
    """The levels of one side that differ between two states.

    Args:
        before: price, amount and whatever else a level has, one array each, prices in order.
        after: the same of the later state.

    Returns:
        The same columns of the levels that are new or otherwise, in the order of `after`, then of
        those that are gone, with zeros but for their price.
    """
    old, new = before[0], after[0]
    order = np.argsort(old)
    place = np.minimum(np.searchsorted(old, new, sorter=order), len(old) - 1)
    found = order[place]
    same = np.logical_and.reduce(
        [was[found] == now for was, now in zip(before, after, strict=True)]
    )
    gone = old[np.isin(old, new, invert=True)]
    zeros = np.zeros(len(gone), np.int64)
    parts = [gone, *(zeros for _ in before[1:])]
    return [np.concatenate([now[~same], end]) for now, end in zip(after, parts, strict=True)]
