"""The trades of a market, by time or by id, on any day.

What belongs here: finding trades, and the minutes they add up to. What does not: how a day is made
(`days.py`), longer bars (`klines.py`).
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.activity import day_of_index, first_indices
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.coins import coin_of
from crypto_pipeline.simulator.market.days import Day, price_step, size_unit
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.timeframes import DAY, SEGMENT, SEGMENTS_PER_DAY

DAY_US = DAY * 1000
_SEGMENT_US = SEGMENT * 1000
_MINUTE_US = 60_000_000
_DAYS_WITHOUT_TRADE = 40


class Trading:
    """All trades of one seed.

    Args:
        seed: of the market.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.day = lru_cache(maxsize=256)(self._make_day)
        self.minutes = lru_cache(maxsize=1024)(self._make_minutes)
        self._segment = lru_cache(maxsize=4096)(self._make_segment)

    def _make_day(self, listing: Listing, day: int) -> Day:
        """A day of a listing, counted from the epoch."""
        return Day(self.seed, listing, day, _shape(listing))

    def _make_minutes(self, listing: Listing, day: int) -> Bars:
        """All 1440 minutes of a day, flat where nothing traded."""
        made = self.day(listing, day)
        return made.minutes(0, 1440, made.end_index, self.close_before(listing, day))

    def stretch(self, listing: Listing, day: int, days: int) -> Bars:
        """All minutes of several days in a row at once, for bars that are longer than one."""
        made = Day(self.seed, listing, day, _shape(listing), days)
        return made.minutes(0, 1440 * days, made.end_index, self.close_before(listing, day))

    def _make_segment(self, listing: Listing, day: int, segment: int) -> Trades:
        return self.day(listing, day).trades(segment, segment + 1)

    def minute_until(self, listing: Listing, now: int) -> Bars:
        """The minute that holds `now` (µs), of the trades before `now`."""
        day, minute = now // DAY_US, now % DAY_US // _MINUTE_US
        earlier = self.minutes(listing, day).close
        close = int(earlier[minute - 1]) if minute else self.close_before(listing, day)
        before = self.last_id(listing, now)
        return self.day(listing, day).minutes(minute, minute + 1, before, close)

    def close_before(self, listing: Listing, day: int) -> int:
        """Price of the last trade before a day; 0 where there is none in 40 days."""
        for earlier in range(day - 1, max(day - _DAYS_WITHOUT_TRADE, 0), -1):
            made = self.day(listing, earlier)
            if made.end_index > made.first_index:
                return made.last_price()
        return 0

    def between(self, listing: Listing, start: int, end: int) -> Trades:
        """The trades with time in [start, end), µs since the epoch."""
        parts = [
            self._part(listing, day, max(start, day * DAY_US), min(end, (day + 1) * DAY_US))
            for day in range(start // DAY_US, -(-end // DAY_US))
        ]
        return joined(parts)

    def _part(self, listing: Listing, day: int, start: int, end: int) -> Trades:
        """As `between`, within one day."""
        first = (start - day * DAY_US) // _SEGMENT_US
        last = -(-(end - day * DAY_US) // _SEGMENT_US)
        if last - first == 1:
            found = self._segment(listing, day, first)
        else:
            found = self.day(listing, day).trades(first, max(first, last))
        low, high = np.searchsorted(found.time, [start, end])
        return found[int(low) : int(high)]

    def from_index(self, listing: Listing, index: int, count: int) -> Trades:
        """The trades with index (trade_id less 1) in [index, index + count)."""
        at, end, parts = max(index, 0), index + count, [NO_TRADES]
        starts = first_indices(self.seed, listing)[1]
        while at < min(end, int(starts[-1])):
            made = self.day(listing, day_of_index(self.seed, listing, at))
            until = min(end, made.end_index)
            parts.append(_by_index(made, at, until))
            at = until
        return joined(parts)

    def last_id(self, listing: Listing, at: int) -> int:
        """trade_id of the newest trade with time < `at` (µs since the epoch), 0 where none."""
        first, starts = first_indices(self.seed, listing)
        day = at // DAY_US
        if not 0 <= day - first < len(starts) - 1:
            return 0 if day < first else int(starts[-1])
        segment = at % DAY_US // _SEGMENT_US
        inside = self._segment(listing, day, segment)
        begun = int(self.day(listing, day).indices[segment])
        return begun + int(np.searchsorted(inside.time, at))


_NONE = np.empty(0, np.int64)
NO_TRADES = Trades(_NONE, _NONE, _NONE, _NONE, _NONE, np.empty(0, np.bool_))


def joined(parts: list[Trades]) -> Trades:
    """Trades of several stretches as one."""
    if not parts:
        return NO_TRADES
    names = [field.name for field in fields(Trades)]
    return Trades(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _by_index(made: Day, at: int, until: int) -> Trades:
    first = int(np.searchsorted(made.indices, at, side="right")) - 1
    end = int(np.searchsorted(made.indices, until, side="left"))
    found = made.trades(first, min(max(end, first + 1), SEGMENTS_PER_DAY))
    skipped = at - int(made.indices[first])
    return found[skipped : skipped + until - at]


@lru_cache(maxsize=1024)
def _shape(listing: Listing) -> tuple[int, int]:
    """Ticks of a price step, and base units of a size, by the middle of the price range."""
    usd = float(coin_of(listing.coin or listing.base).price) * listing.multiplier
    return price_step(listing, usd), size_unit(listing, usd)
