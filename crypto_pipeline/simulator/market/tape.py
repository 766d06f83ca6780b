"""The tape: one long strip of trades without prices, times or ids, of which each moment is a cut.

What belongs here: the strip of a seed, and what a cut of it adds up to. What does not: where the
cuts are made (`days.py`).

A cut of n trades from position o stands for the trades of thirty seconds of one symbol. Sums, highs
and lows of a cut come from prefix sums and a sparse table, so that a bar costs the same whether
ten or ten thousand trades are behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from crypto_pipeline.simulator.market.noise import hashed, uniform
from crypto_pipeline.simulator.market.records import Flags, Integers

LENGTH = 1 << 16
LONGEST_CUT = 8192
PERIOD = 64
"""Fills per taker order repeat with this period of trade ids, so that any id's order is known."""
FRACTIONS = 10_000

_FILLS = (1, 1, 2, 1, 1, 3, 1, 2, 1, 1, 1, 4, 1, 1, 2, 1, 1, 1, 2, 1, 6, 1, 1, 3, 1, 1, 2, 1, 1)
_FILLS_OF_PERIOD = (*_FILLS, *_FILLS[:9], 2, 1, 1, 1)
_MEMORY = 32
_LEVELS = 14


Small = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Cut:
    """What some cuts add up to, one number each; sizes in units of the symbol's own.

    Attributes:
        size: of all trades.
        size_by_step: sum of size times price step.
        taker_size: of the trades whose taker bought; `taker_size_by_step` likewise.
        high: highest price step, 0 of an empty cut; `low`, and the `first` and `last` likewise.
    """

    size: Integers
    size_by_step: Integers
    taker_size: Integers
    taker_size_by_step: Integers
    high: Integers
    low: Integers
    first: Integers
    last: Integers


class Tape:
    """The strip of one seed.

    Args:
        seed: two strips of one seed are equal.

    Attributes:
        quote: the best bid when each trade comes, in price steps around 0, within ±32; the best
            ask is one step above.
        taker_buys: each trade's side.
        step: each trade's price in steps: the bid, or the ask if the taker buys.
        size: of each trade, from 2 to 1500, a few large, most small.
        fraction: how late within its share of time each order comes, of `FRACTIONS`.
        order_size: what is left of the trade's order, itself included.
    """

    def __init__(self, seed: int) -> None:
        order = np.arange(LENGTH) // PERIOD * ORDERS + ORDER_OF[np.arange(LENGTH) % PERIOD]
        orders = np.arange(int(order[-1]) + 1)
        moves = np.cumsum((hashed(f"{seed}:move", orders) % np.uint64(3)).astype(np.int64) - 1)
        earlier = np.concatenate([np.zeros(_MEMORY, np.int64), moves])[: len(moves)]
        self.quote: Integers = (moves - earlier)[order]
        self.taker_buys: Flags = (hashed(f"{seed}:side", orders) & np.uint64(1) == 1)[order]
        self.step: Integers = self.quote + self.taker_buys
        drawn = uniform(f"{seed}:size", np.arange(LENGTH))
        self.size: Integers = np.floor(1.0 + 3.0 / (0.002 + drawn)).astype(np.int64)
        late = hashed(f"{seed}:late", orders) % np.uint64(FRACTIONS)
        self.fraction: Integers = late.astype(np.int64)[order]
        self.order_size: Integers = _left_of_order(self.size, order)
        self._sums = [_running(values) for values in self._summed()]
        self._highs, self._lows = _extremes(self.step, np.maximum), _extremes(self.step, np.minimum)

    def _summed(self) -> list[Integers]:
        bought = self.size * self.taker_buys
        return [self.size, self.size * self.step, bought, bought * self.step]

    def cuts(self, start: Integers, count: Integers) -> Cut:
        """What the cuts of `count` trades (0 and more) from `start` on add up to."""
        end = start + count
        # take is several times as fast as an index here, and bytes as integers of eight.
        sums = [np.take(running, end) - np.take(running, start) for running in self._sums]
        last = np.maximum(end - 1, start)
        level = _log2(np.maximum(count, 1))
        second = last - (1 << level) + 1
        one, two = level * LENGTH + start, level * LENGTH + second
        high = np.maximum(np.take(self._highs, one), np.take(self._highs, two)).astype(np.int64)
        low = np.minimum(np.take(self._lows, one), np.take(self._lows, two)).astype(np.int64)
        return Cut(*[*sums, high, low, np.take(self.step, start), np.take(self.step, last)])


def order_of(index: Integers) -> Integers:
    """The taker order (from 0) that the trade with this index (from 0) is a fill of."""
    return index // PERIOD * ORDERS + ORDER_OF[index % PERIOD]


def first_of_order(index: Integers) -> Integers:
    """The index of the first fill of the order that the trade with this index is of."""
    return index // PERIOD * PERIOD + _FIRST_OF[index % PERIOD]


def first_fill(order: int) -> int:
    """The index (from 0) of an order's first fill."""
    periods, within = divmod(order, ORDERS)
    return periods * PERIOD + int(np.searchsorted(ORDER_OF, within))


@lru_cache(maxsize=4)
def tape(seed: int) -> Tape:
    """The strip of a seed, made once."""
    return Tape(seed)


def _period() -> Integers:
    orders = np.repeat(np.arange(len(_FILLS_OF_PERIOD)), _FILLS_OF_PERIOD)
    return np.asarray(orders[:PERIOD], np.int64)


ORDER_OF = _period()
ORDERS = int(ORDER_OF[-1]) + 1
_FIRST_OF = np.searchsorted(ORDER_OF, ORDER_OF)


def _running(values: Integers) -> Integers:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])


def _left_of_order(size: Integers, order: Integers) -> Integers:
    ends = np.searchsorted(order, order, side="right")
    running = _running(size)
    return np.asarray(running[ends] - running[:-1])


def _extremes(values: Integers, extreme: np.ufunc) -> Small:
    """From n times `LENGTH` on: the extreme of the 2^n values from each position on."""
    rows = [values.astype(np.int8)]
    for level in range(_LEVELS - 1):
        shift = 1 << level
        later = np.concatenate([rows[-1][shift:], rows[-1][-shift:]])
        rows.append(extreme(rows[-1], later))
    return np.concatenate(rows)


def _log2(count: Integers) -> Integers:
    """The whole part of the binary logarithm, of counts from 1 to 2^52."""
    return np.asarray(np.frexp(count.astype(np.float64))[1] - 1, np.int64)
