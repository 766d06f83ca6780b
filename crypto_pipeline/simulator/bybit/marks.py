"""Bars of a perpetual's mark price, index price and premium, as REST writes them.

What belongs here: those bars. What does not: the marks themselves (`market/funding.py`), bars of
trades (`klines.py`).

A mark is new every thirty seconds. A bar opens where the one before it closed, and there is one for
every minute since the listing, in halts too.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.path import basis, day_segments, index_path
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text, signed_text
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, SEGMENT, Timeframe

MARK, INDEX, PREMIUM = "mark", "index", "premium"
PREMIUM_DECIMALS = 6
_PER_MINUTE = MINUTE // SEGMENT
Prices = npt.NDArray[np.int64]
"""Four rows: open, high, low, close; a column for each bar."""


class MarkBars:
    """The bars of a market's marks.

    Args:
        market: whose.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._samples = lru_cache(maxsize=256)(self._compute_samples)
        self._day = lru_cache(maxsize=8192)(self._compute_day)

    def rows(
        self, kind: str, listing: Listing, frame: Timeframe, window: Window, now: int
    ) -> list[bytes]:
        """Rows of five texts: start (ms), open, high, low, close; ascending.

        Args:
            kind: `mark`, `index` or `premium`.
            listing: a perpetual.
            frame: how long a bar is.
            window: which bars.
            now: µs; the bar that holds it is as far as it has come.
        """
        openings = _openings(listing, frame, window, now // 1000)
        if not openings:
            return []
        end = frame.following(openings[-1])
        parts, at = self._parts(kind, listing, frame, openings[0], end, now)
        prices = _grouped(parts, np.searchsorted(at, np.array(openings, np.int64)))
        return [
            _row(kind, listing, opening, values)
            for opening, values in zip(openings, prices.T.tolist(), strict=True)
        ]

    def _parts(
        self, kind: str, listing: Listing, frame: Timeframe, start: int, end: int, now: int
    ) -> tuple[Prices, Integers]:
        """What bars from `start` to `end` (ms) are made of, minutes or days, and their openings."""
        minutes = 0 < frame.step < DAY
        found, at = list[Prices](), list[Integers]()
        for day in range(start // DAY, min(-(-end // DAY), now // 1000 // DAY + 1)):
            shown = (now // 1000 - day * DAY) // SEGMENT + 1
            bars = self._minutes(kind, listing, day, shown)
            if not minutes:
                whole = shown >= bars.shape[1] * _PER_MINUTE
                bars = self._day(kind, listing, day) if whole else _together(bars)
            found.append(bars)
            at.append(day * DAY + np.arange(bars.shape[1], dtype=np.int64) * MINUTE)
        openings = np.concatenate(at)
        inside = (openings >= start) & (openings < end)
        return np.concatenate(found, axis=1)[:, inside], openings[inside]

    def _minutes(self, kind: str, listing: Listing, day: int, shown: int) -> Prices:
        """The minutes of a day up to its first `shown` samples."""
        samples = self._samples(kind, listing, day)[:shown]
        missing = -len(samples) % _PER_MINUTE
        minutes = np.pad(samples, (0, missing), "edge").reshape(-1, _PER_MINUTE)
        before = self._samples(kind, listing, day - 1)[-1]
        opened = np.concatenate([[before], minutes[:-1, -1]])
        high = np.maximum(minutes.max(axis=1), opened)
        low = np.minimum(minutes.min(axis=1), opened)
        return np.stack([opened, high, low, minutes[:, -1]])

    def _compute_day(self, kind: str, listing: Listing, day: int) -> Prices:
        return _together(self._minutes(kind, listing, day, DAY // SEGMENT))

    def _compute_samples(self, kind: str, listing: Listing, day: int) -> Integers:
        """A day's values in units of the kind's own, one each thirty seconds."""
        premium = basis(self.market.seed, listing, day_segments(day))
        if kind == PREMIUM:
            return np.floor(premium * 10.0**PREMIUM_DECIMALS + 0.5).astype(np.int64)
        value = index_path(self.market.seed, listing, day)
        if kind == MARK:
            value = value * (1.0 + premium)
        units, drop = (value * 10.0**DECIMALS).astype(np.int64), DECIMALS - listing.price_decimals
        return np.asarray((units + 10**drop // 2) // 10**drop)


def _grouped(bars: Prices, starts: Integers) -> Prices:
    """Longer bars, each of those from one of `starts` up to the next."""
    ends = np.append(starts[1:], bars.shape[1]) - 1
    high, low = np.maximum.reduceat(bars[1], starts), np.minimum.reduceat(bars[2], starts)
    return np.stack([bars[0][starts], high, low, bars[3][ends]])


def _together(bars: Prices) -> Prices:
    """Bars as one."""
    return _grouped(bars, np.zeros(1, np.int64))


def _openings(listing: Listing, frame: Timeframe, window: Window, now_ms: int) -> list[int]:
    """When the bars of a window open, ascending."""
    last = min(window.end, now_ms)
    if listing.delisted_at is not None:
        last = min(last, listing.delisted_at - 1)
    first = max(window.start, frame.opening(listing.listed_at))
    first = first if frame.opening(first) == first else frame.following(frame.opening(first))
    found, at = list[int](), frame.opening(last) if window.newest else first
    while first <= at <= last and len(found) < window.limit:
        found.append(at)
        at = frame.before(at, 1) if window.newest else frame.following(at)
    return found[::-1] if window.newest else found


def _row(kind: str, listing: Listing, opening: int, values: list[int]) -> bytes:
    if kind == PREMIUM:
        signs = ("-" if value < 0 else "" for value in values)
        sizes = (decimal_text(abs(value), PREMIUM_DECIMALS) for value in values)
        written = [sign + size for sign, size in zip(signs, sizes, strict=True)]
    else:
        written = [signed_text(value, listing.price_decimals) for value in values]
    return ('["' + '","'.join([str(opening), *written]) + '"]').encode()
