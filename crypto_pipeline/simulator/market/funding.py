"""Funding and mark prices of perpetuals: what follows from the premium over the index.

What belongs here: rates, settlements, marks. What does not: an exchange's jitter and rounding.

A rate is the mean premium of its interval plus the interest of 0.01 % less that mean, held within
±0.05 %, as Binance, OKX and Bybit document it; shorter intervals pay their share of eight hours.
"""

from __future__ import annotations

import numpy as np

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.path import basis, index_path
from crypto_pipeline.simulator.market.records import Funding, Mark
from crypto_pipeline.simulator.market.timeframes import HOUR, MINUTE, SEGMENT, SEGMENTS_PER_DAY

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
    interval = listing.interval_hours * HOUR
    now = at // 1000
    settled = now // interval * interval
    mark, index = _mark(seed, listing, now)
    rate = _rate(seed, listing, settled, max(now, settled + MINUTE))
    return Mark(at, mark, index, rate, settled + interval, listing.interval_hours)


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
    predicted = _rate(seed, listing, at - interval, at - MINUTE)
    mark, _ = _mark(seed, listing, at)
    return Funding(at, rate, predicted, mark, listing.interval_hours)


def _mark(seed: int, listing: Listing, at: int) -> tuple[int, int]:
    """Mark and index at an instant (ms), in units of 10^-8."""
    segment = at // SEGMENT
    day, within = divmod(segment, SEGMENTS_PER_DAY)
    index = float(index_path(seed, listing, day)[within])
    premium = float(basis(seed, listing, np.array([segment], np.int64))[0])
    return int(index * (1.0 + premium) * _UNIT), int(index * _UNIT)


def _rate(seed: int, listing: Listing, start: int, end: int) -> int:
    """From the premiums of each minute in [start, end), ms."""
    minutes = np.arange(start // SEGMENT, end // SEGMENT, _SAMPLE, dtype=np.int64)
    mean = float(np.cumsum(basis(seed, listing, minutes))[-1]) / len(minutes)
    held = min(max(_INTEREST - mean, -_HELD_WITHIN), _HELD_WITHIN)
    return int(np.floor((mean + held) * (listing.interval_hours / 8.0) * _UNIT + 0.5))
