"""Funding and mark prices of perpetuals: what follows from the premium over the index.

What belongs here: rates, settlements, marks. What does not: an exchange's jitter and rounding.

A rate is the mean premium of its interval plus the interest of 0.01 % less that mean, held within
±0.05 %, as Binance, OKX and Bybit document it; shorter intervals pay their share of eight hours.
"""

from __future__ import annotations

import numpy as np

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.path import (
    SEGMENT,
    SEGMENTS_PER_DAY,
    basis,
    index_path,
)
from crypto_pipeline.simulator.market.records import Funding, Mark

HOUR = 3_600_000
DECIMALS = 8
"""Of rates, marks and indices."""

_UNIT = 10.0**DECIMALS
_INTEREST = 0.0001
_HELD_WITHIN = 0.0005
_SAMPLE = 2  # segments: a premium a minute


def mark_at(seed: int, listing: Listing, at: int) -> Mark:
    """The mark of a perpetual.

    Args:
        seed: of the market.
        listing: a perpetual.
        at: µs since the epoch.
    """
    segment = at // (SEGMENT * 1000)
    index = _index(seed, listing, segment)
    premium = float(basis(seed, listing, np.array([segment], np.int64))[0])
    interval = listing.interval_hours * HOUR
    settled = at // 1000 // interval * interval
    rate = _rate(seed, listing, settled, max(at // 1000, settled + 60_000))
    mark = int(index * (1.0 + premium) * _UNIT)
    return Mark(at, mark, int(index * _UNIT), rate, settled + interval, listing.interval_hours)


def fundings(seed: int, listing: Listing, start: int, end: int) -> list[Funding]:
    """The settlements in [start, end), ms since the epoch, ascending; none of the listing's first.

    A predicted rate is of the last minute before the settlement.
    """
    interval = listing.interval_hours * HOUR
    first = max(start, listing.listed_at + 1)
    last = end if listing.delisted_at is None else min(end, listing.delisted_at)
    settled = range(-(-first // interval) * interval, last, interval)
    return [_funding(seed, listing, at) for at in settled]


def _funding(seed: int, listing: Listing, at: int) -> Funding:
    interval = listing.interval_hours * HOUR
    rate = _rate(seed, listing, at - interval, at)
    predicted = _rate(seed, listing, at - interval, at - 60_000)
    segment = at // SEGMENT
    premium = float(basis(seed, listing, np.array([segment], np.int64))[0])
    mark = int(_index(seed, listing, segment) * (1.0 + premium) * _UNIT)
    return Funding(at, rate, predicted, mark, listing.interval_hours)


def _index(seed: int, listing: Listing, segment: int) -> float:
    day, within = divmod(segment, SEGMENTS_PER_DAY)
    return float(index_path(seed, listing, day)[within])


def _rate(seed: int, listing: Listing, start: int, end: int) -> int:
    """From the premiums of each minute in [start, end), ms."""
    minutes = np.arange(start // SEGMENT, end // SEGMENT, _SAMPLE, dtype=np.int64)
    mean = float(np.cumsum(basis(seed, listing, minutes))[-1]) / len(minutes)
    held = min(max(_INTEREST - mean, -_HELD_WITHIN), _HELD_WITHIN)
    return int(np.floor((mean + held) * (listing.interval_hours / 8.0) * _UNIT + 0.5))
