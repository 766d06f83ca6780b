"""Hidden prices: of a coin in USD, of a symbol in its quote, of a perpetual against its index.

What belongs here: smooth prices at any moment. What does not: trades (`days.py`).

A coin has one hidden price on all exchanges; each exchange's own differs from it by a few
hundredths of a percent. Time is counted in segments of thirty seconds since the epoch.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.calendar import peg
from crypto_pipeline.simulator.market.coins import STABLE, coin_of
from crypto_pipeline.simulator.market.listings import Listing, listing_key
from crypto_pipeline.simulator.market.noise import Floats, exponential, smooth
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.timeframes import SEGMENTS_PER_DAY

_BLOCK = 8
"""Days that a coin's path is computed for at once: long bars ask for many in a row."""
_STEP = 0.00035
_ALL_SCALES = range(11)
_PEG_NOISE = 0.0002
_VENUE_NOISE = 0.00008
_BASIS_SCALES = range(4, 8)
_BASIS_NOISE = 0.00012


def day_segments(day: int) -> Integers:
    """The segments of a day, counted from the epoch."""
    return np.arange(day * SEGMENTS_PER_DAY, (day + 1) * SEGMENTS_PER_DAY, dtype=np.int64)


def coin_path(seed: int, coin: str, day: int) -> Floats:
    """USD for one coin at each segment of a day."""
    block, part = _place(day)
    return _coin_path(seed, coin, block)[part]


@lru_cache(maxsize=128)
def _coin_path(seed: int, coin: str, block: int) -> Floats:
    segments = _block_segments(block)
    if coin == "USD":
        return np.ones(len(segments))
    if coin in STABLE:
        wobble = smooth(f"{seed}:{coin}:peg", segments, range(3, 5))
        return (1.0 + _PEG_NOISE * wobble) * peg(coin, segments)
    shape = coin_of(coin)
    own = smooth(f"{seed}:{coin}:path", segments, _ALL_SCALES)
    moved = _STEP * shape.volatility * (0.6 * _common(seed, block) + 0.7 * own)
    return float(shape.price) * exponential(moved)


@lru_cache(maxsize=32)
def _common(seed: int, block: int) -> Floats:
    return smooth(f"{seed}:market:path", _block_segments(block), _ALL_SCALES)


def _place(day: int) -> tuple[int, slice]:
    """The block of a day, and which of its segments are the day's."""
    block, within = divmod(day, _BLOCK)
    return block, slice(within * SEGMENTS_PER_DAY, (within + 1) * SEGMENTS_PER_DAY)


def _block_segments(block: int) -> Integers:
    first = block * _BLOCK * SEGMENTS_PER_DAY
    return np.arange(first, first + _BLOCK * SEGMENTS_PER_DAY, dtype=np.int64)


def index_path(seed: int, listing: Listing, day: int) -> Floats:
    """The hidden price of a listing in its quote, the same on all exchanges, at each segment."""
    base = coin_path(seed, listing.coin or listing.base, day)
    return listing.multiplier * base / coin_path(seed, listing.quote, day)


def traded_path(seed: int, listing: Listing, day: int) -> Floats:
    """The price that an exchange trades a listing around, at each segment of a day."""
    block, part = _place(day)
    return index_path(seed, listing, day) * _own_path(seed, listing, block)[part]


@lru_cache(maxsize=64)
def _own_path(seed: int, listing: Listing, block: int) -> Floats:
    """How many times the index an exchange's own price is."""
    segments = _block_segments(block)
    key = f"{listing_key(seed, listing)}:own"
    own = 1.0 + _VENUE_NOISE * smooth(key, segments, range(1, 3))
    if listing.instrument_type is InstrumentType.PERP:
        own = own * (1.0 + basis(seed, listing, segments))
    return own


def basis(seed: int, listing: Listing, segments: Integers) -> Floats:
    """By what share a perpetual trades above its index; funding follows it."""
    key = f"{seed}:{listing.venue}:{listing.symbol}:basis"
    return 0.00005 + _BASIS_NOISE * smooth(key, segments, _BASIS_SCALES)
