"""Days of one listing: where each thirty seconds cut the tape, and the trades that follow.

What belongs here: a day's trades, and the 1m bars that they add up to. What does not: longer bars
and what an exchange shows of them (`bars.py`, `synthetic.py`).
"""

from __future__ import annotations

import numpy as np

from crypto_pipeline.simulator.market.activity import segment_indices
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing, listing_key
from crypto_pipeline.simulator.market.noise import hashed
from crypto_pipeline.simulator.market.path import traded_path
from crypto_pipeline.simulator.market.records import Integers, Trades
from crypto_pipeline.simulator.market.tape import (
    FRACTIONS,
    LENGTH,
    LONGEST_CUT,
    PERIOD,
    Cut,
    order_of,
    tape,
)
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, SEGMENT, SEGMENTS_PER_DAY

PER_MINUTE = 2
_SEGMENT_US = SEGMENT * 1000
_STEPS_OF_A_PRICE = 30_000
_USD_OF_A_SIZE = 40.0
_EXTREME = np.iinfo(np.int64).max // 4


def price_step(listing: Listing, price: float) -> int:
    """How many ticks a price step of the tape is, about 1/30,000 of the price."""
    ticks = price * 10.0**listing.price_decimals / listing.tick
    return max(int(ticks / _STEPS_OF_A_PRICE), 1)


def size_unit(listing: Listing, usd: float) -> int:
    """How much of the base coin a size of the tape is worth, in units of 10^-lot_decimals.

    Args:
        listing: whose.
        usd: usual price of a whole base coin.
    """
    lots = _USD_OF_A_SIZE / usd * 10.0**listing.lot_decimals / listing.lot
    return max(int(lots), 1) * listing.lot


class Day:
    """The trades of one listing on one day, or on several in a row, by segments of thirty seconds.

    Args:
        seed: of the market.
        listing: whose trades.
        day: the first, since the epoch.
        shape: ticks of a price step, and base units of a size.
        days: how many.
    """

    def __init__(
        self, seed: int, listing: Listing, day: int, shape: tuple[int, int], days: int = 1
    ) -> None:
        self.listing, self.day, self.tape = listing, day, tape(seed)
        self.price_step, self.size_unit = shape
        all_days = range(day, day + days)
        indices = [segment_indices(seed, listing, each) for each in all_days]
        self.indices = np.concatenate([*(each[:-1] for each in indices), indices[-1][-1:]])
        path = np.concatenate([traded_path(seed, listing, each) for each in all_days])
        ticks = path * (10.0**listing.price_decimals / listing.tick)
        self.ticks: Integers = np.floor(ticks + 0.5).astype(np.int64)
        segments = day * SEGMENTS_PER_DAY + np.arange(len(path), dtype=np.int64)
        drawn = hashed(f"{listing_key(seed, listing)}:cut", segments)
        places = np.uint64((LENGTH - LONGEST_CUT) // PERIOD)
        # The cut starts where the tape's orders break as the trade ids' do.
        self.starts: Integers = (drawn % places).astype(np.int64) * PERIOD
        self.starts += self.indices[:-1] % PERIOD
        self.sizes: Integers = (drawn >> np.uint64(62)).astype(np.int64) % 3 + 1

    @property
    def first_index(self) -> int:
        """Index (from 0) of the first trade; `end_index` of the first one after."""
        return int(self.indices[0])

    @property
    def end_index(self) -> int:
        """Index of the first trade after the last day."""
        return int(self.indices[-1])

    def last_price(self) -> int:
        """Price of the day's last trade; there has to be one."""
        index = self.end_index - 1
        segment = int(np.searchsorted(self.indices, index, side="right")) - 1
        place = int(self.starts[segment]) + index - int(self.indices[segment])
        ticks = int(self.ticks[segment]) + self.price_step * int(self.tape.step[place])
        return ticks * self.listing.tick

    def trades(self, first: int, end: int) -> Trades:
        """All trades of the segments [first, end) of the day."""
        index = np.arange(self.indices[first], self.indices[end], dtype=np.int64)
        counts = np.diff(self.indices[first : end + 1])
        of = np.repeat(np.arange(first, end), counts)
        at = self.starts[of] + index - self.indices[of]
        price = (self.ticks[of] + self.price_step * self.tape.step[at]) * self.listing.tick
        amount = self.tape.size[at] * (self.sizes[of] * self.size_unit)
        orders = order_of(index)
        time = self._times(of, orders, at)
        return Trades(index + 1, orders + 1, time, price, amount, ~self.tape.taker_buys[at])

    def _times(self, of: Integers, orders: Integers, at: Integers) -> Integers:
        """Orders share a segment's time evenly, each late in its share by the tape's fraction."""
        begun, last = order_of(self.indices[of]), order_of(self.indices[of + 1] - 1)
        place = (orders - begun) * FRACTIONS + self.tape.fraction[at]
        share = place * (_SEGMENT_US // FRACTIONS) // (last - begun + 1)
        return np.asarray(self.day * DAY * 1000 + of * _SEGMENT_US + share)

    def before(self, at: int) -> int:
        """Index of the first trade of the day with time >= `at` (µs since the epoch)."""
        segment = (at - self.day * DAY * 1000) // _SEGMENT_US
        if not 0 <= segment < len(self.starts):
            return self.first_index if segment < 0 else self.end_index
        inside = self.trades(segment, segment + 1)
        return int(self.indices[segment]) + int(np.searchsorted(inside.time, at))

    def minutes(self, first: int, end: int, before: int, close: int) -> Bars:
        """1m bars of the minutes [first, end) of the day from the trades with index < `before`.

        A minute without a trade is flat at the price before it, `close` (of the last trade before
        `first`) if it has none in the stretch.
        """
        part = slice(first * PER_MINUTE, end * PER_MINUTE)
        starts = self.indices[part]
        counts = np.clip(before - starts, 0, np.diff(self.indices[part.start : part.stop + 1]))
        cut = self.tape.cuts(self.starts[part], counts)
        count = _minutes(counts)
        prices = self._prices(part, counts, cut)
        flat = _carried(np.where(count > 0, prices[3], -1), close)
        shown = [np.where(count > 0, price, flat) for price in prices]
        volume, taker = self._volumes(part, cut)
        ids = (starts[::PER_MINUTE] + 1, starts[::PER_MINUTE] + count)
        known = [np.where(count > 0, each, -1) for each in ids]
        opening = self.day * DAY + np.arange(first, end, dtype=np.int64) * MINUTE
        return Bars(*[opening, *shown, *volume, count, *taker, *known])

    def _prices(self, part: slice, counts: Integers, cut: Cut) -> list[Integers]:
        """Open, high, low and close of each minute that has a trade."""
        traded = counts > 0
        first, high, low, last = (
            (self.ticks[part] + self.price_step * step) * self.listing.tick
            for step in (cut.first, cut.high, cut.low, cut.last)
        )
        opened, closed = first[::PER_MINUTE], last[::PER_MINUTE]
        for place in range(1, PER_MINUTE):
            some = traded[place::PER_MINUTE]
            before = _minutes(counts, place) > 0
            opened = np.where(before, opened, first[place::PER_MINUTE])
            closed = np.where(some, last[place::PER_MINUTE], closed)
        highest = _extreme(np.maximum, np.where(traded, high, -_EXTREME))
        return [opened, highest, _extreme(np.minimum, np.where(traded, low, _EXTREME)), closed]

    def _volumes(self, part: slice, cut: Cut) -> tuple[list[Integers], list[Integers]]:
        """Volume in base and in quote: of all trades, and of those whose taker bought."""
        units = self.sizes[part] * self.size_unit
        worth, step = self.ticks[part] * self.listing.tick, self.price_step * self.listing.tick
        money = worth * cut.size + step * cut.size_by_step
        taker_money = worth * cut.taker_size + step * cut.taker_size_by_step
        return (
            [_minutes(units * cut.size), _minutes(units * money)],
            [_minutes(units * cut.taker_size), _minutes(units * taker_money)],
        )


def _minutes(values: Integers, places: int = PER_MINUTE) -> Integers:
    """The sum of the first `places` segments of each minute; adding slices is faster than rows."""
    total = values[::PER_MINUTE]
    for place in range(1, places):
        total = total + values[place::PER_MINUTE]
    return total


def _extreme(extreme: np.ufunc, values: Integers) -> Integers:
    """The extreme of each minute's segments."""
    found = values[::PER_MINUTE]
    for place in range(1, PER_MINUTE):
        found = extreme(found, values[place::PER_MINUTE])
    return found


def _carried(closes: Integers, close: int) -> Integers:
    """The last close that is not -1 up to each place, `close` before the first."""
    places = np.maximum.accumulate(np.where(closes >= 0, np.arange(1, len(closes) + 1), 0))
    return np.concatenate([np.array([close], np.int64), closes])[places]
