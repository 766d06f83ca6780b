"""How many trades there are, and so which trade ids each day and each thirty seconds hold.

What belongs here: counts and ids. What does not: prices, sizes, times within thirty seconds.

A day's number of trades is drawn by itself, so that the id of any day's first trade is a sum over
days; within the day each segment of thirty seconds gets its share by drawn weights. Boundaries are
moved to the start of a taker order, which follows from the id alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.calendar import halted
from crypto_pipeline.simulator.market.coins import daily_trades
from crypto_pipeline.simulator.market.listings import Listing, listing_key
from crypto_pipeline.simulator.market.noise import Floats, uniform
from crypto_pipeline.simulator.market.path import day_segments
from crypto_pipeline.simulator.market.records import Flags, Integers
from crypto_pipeline.simulator.market.tape import first_of_order
from crypto_pipeline.simulator.market.timeframes import DAY, SEGMENT, SEGMENTS_PER_DAY

_DAYS = 12_000


@lru_cache(maxsize=1024)
def first_indices(seed: int, listing: Listing) -> tuple[int, Integers]:
    """The day of the listing, and the index (from 0) of the first trade of each day from there.

    An index is a trade_id less 1. Days are counted from the epoch; there are 12,000.
    """
    first = listing.listed_at // DAY
    days = np.arange(first, first + _DAYS, dtype=np.int64)
    drawn = 0.8 + 0.4 * uniform(f"{listing_key(seed, listing)}:day", days)
    counts = np.floor(daily_trades(listing) * drawn * _open_share(listing, days)).astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return first, first_of_order(starts)


def last_instant(listing: Listing) -> int:
    """The last instant that the market knows trades of, ms since the epoch."""
    return (listing.listed_at // DAY + _DAYS) * DAY - 1


def _open_share(listing: Listing, days: Integers) -> Floats:
    """Which share of each day the listing is listed."""
    end = listing.delisted_at or (_DAYS + int(days[-1])) * DAY
    begun = np.maximum(days * DAY, listing.listed_at)
    return np.asarray(np.maximum(np.minimum((days + 1) * DAY, end) - begun, 0) * (1.0 / DAY))


def segment_indices(seed: int, listing: Listing, day: int) -> Integers:
    """The index of the first trade of each segment of a day, and of the next day: 2881 numbers."""
    listed, starts = first_indices(seed, listing)
    if not 0 <= day - listed < _DAYS:
        return np.zeros(SEGMENTS_PER_DAY + 1, np.int64)
    start, end = int(starts[day - listed]), int(starts[day - listed + 1])
    weights = np.cumsum(_weights(seed, listing, day))
    total = float(weights[-1])
    if end == start or total == 0:
        return np.full(SEGMENTS_PER_DAY + 1, start, np.int64)
    inner = start + np.floor((end - start) * (weights / total)).astype(np.int64)
    inner[-1] = end
    return np.concatenate([np.array([start], np.int64), first_of_order(np.minimum(inner, end))])


def _weights(seed: int, listing: Listing, day: int) -> Floats:
    """How busy each segment of a day is, relative to the others; 0 where nothing can trade."""
    segments = day_segments(day)
    drawn = uniform(f"{listing_key(seed, listing)}:busy", segments)
    hour = (segments % SEGMENTS_PER_DAY) * (24.0 / SEGMENTS_PER_DAY)
    season = 0.7 + 0.6 * (1.0 - np.abs(hour - 14.0) / 14.0)
    return np.where(_open(listing, segments), season * drawn / (1.05 - drawn), 0.0)


def _open(listing: Listing, segments: Integers) -> Flags:
    at = segments * SEGMENT
    listed = at >= listing.listed_at
    if listing.delisted_at is not None:
        listed &= at < listing.delisted_at
    return np.asarray(listed & ~halted(listing, at))


def day_of_index(seed: int, listing: Listing, index: int) -> int:
    """The day (since the epoch) that holds the trade with this index (from 0)."""
    listed, starts = first_indices(seed, listing)
    return listed + int(np.searchsorted(starts, index, side="right")) - 1
