"""Encoded rows of bars, kept by day: what REST pages are cut from.

What belongs here: the cache. What does not: how an exchange writes a row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.klines import divides_day
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, Timeframe

Encode = Callable[[Listing, Bars, Timeframe], list[bytes]]
"""From bars to one JSON text a bar."""
MOST_OPEN = 4096
"""Rows of running bars that are kept."""


class EncodedRows:
    """The rows of a market's bars as one exchange writes them.

    Args:
        market: whose bars.
        encode: how the exchange writes them.
    """

    def __init__(self, market: SyntheticMarket, encode: Encode) -> None:
        self.market, self.encode = market, encode
        self._day = lru_cache(maxsize=1024)(self._encode_day)
        self._open: dict[tuple[Listing, Timeframe, int, int], list[bytes]] = {}

    def rows(self, listing: Listing, frame: Timeframe, window: Window, now: int) -> list[bytes]:
        """The rows of a window, at most its limit, ascending; `now` in µs."""
        if not divides_day(frame):
            bars = self.market.page(listing, frame, window, now)
            return self.encode(listing, bars, frame)
        first, last = self.market.klines.span(listing, frame, window, now)
        current = frame.opening(now // 1000)
        rows = self._closed(listing, frame, (first, min(last, current - 1)), window)
        if first <= current <= last and (window.newest or len(rows) < window.limit):
            rows += self._open_row(listing, frame, current, now)
        return rows[-window.limit :] if window.newest else rows[: window.limit]

    def _closed(
        self, listing: Listing, frame: Timeframe, span: tuple[int, int], window: Window
    ) -> list[bytes]:
        """The rows that open in `span` (both ends inclusive), until there are enough."""
        first, last = span
        days, parts, count = range(first // DAY, last // DAY + 1), list[list[bytes]](), 0
        for day in reversed(days) if window.newest else days:
            openings, rows = self._day(listing, frame, day)
            low, high = np.searchsorted(openings, [first, last + 1])
            parts.append(rows[low:high])
            count += high - low
            if count >= window.limit:
                break
        if len(parts) == 1:
            return parts[0]
        ordered = reversed(parts) if window.newest else parts
        return [row for part in ordered for row in part]

    def _open_row(self, listing: Listing, frame: Timeframe, at: int, now: int) -> list[bytes]:
        """The row of the bar that holds `now`, encoded again only after another trade."""
        key = (listing, frame, at, self.market.last_id(listing, now))
        rows = self._open.get(key)
        if rows is None:
            if len(self._open) >= MOST_OPEN:
                self._open.clear()
            bars = self.market.bars(listing, frame, at, at + 1, now)
            # Threads share this: what another one cleared meanwhile is still in hand.
            rows = self._open[key] = self.encode(listing, bars, frame)
        return rows

    def _encode_day(
        self, listing: Listing, frame: Timeframe, day: int
    ) -> tuple[Integers, list[bytes]]:
        """Open times and rows of a whole day, as they are when the day is over."""
        start, end = day * DAY, (day + 1) * DAY
        bars = self.market.bars(listing, frame, start, end, end * 1000)
        return bars.open_time, self.encode(listing, bars, frame)
