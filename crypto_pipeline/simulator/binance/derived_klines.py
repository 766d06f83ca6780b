"""Klines of prices that nothing trades at: a perpetual's mark, its index, its premium.

What belongs here: those bars and their rows. What does not: bars of trades (`klines.py`), the mark
of an instant (`mark_streams.py`, `funding.py`).

Such a price changes every thirty seconds; each second of it counts as one value of the bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from crypto_pipeline.simulator.binance.digits import rate_text
from crypto_pipeline.simulator.binance.klines import Asked
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.path import basis, day_segments, index_path
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, SEGMENT, Timeframe

Kind = Literal["markPriceKlines", "indexPriceKlines", "premiumIndexKlines"]
KINDS: tuple[Kind, ...] = ("markPriceKlines", "indexPriceKlines", "premiumIndexKlines")

_UNIT = 10.0**8


@dataclass(frozen=True, slots=True)
class DerivedBar:
    """One bar.

    Attributes:
        opening: ms since the epoch.
        closing: its last ms.
        prices: open, high, low, close, in units of 10^-8.
        count: seconds that it holds.
    """

    opening: int
    closing: int
    prices: tuple[int, int, int, int]
    count: int

    def fields(self, per_ms: int = 1) -> list[int | str]:
        """The twelve fields of a row; nothing traded in it."""
        prices = [rate_text(price) for price in self.prices]
        closing = (self.closing + 1) * per_ms - 1
        return [self.opening * per_ms, *prices, "0", closing, "0", self.count, "0", "0", "0"]


class DerivedBars:
    """The bars of one kind; a `BarSource`.

    Args:
        market: whose perpetuals.
        kind: of which price.
    """

    def __init__(self, market: SyntheticMarket, kind: Kind) -> None:
        self.market, self.kind = market, kind
        self._day = lru_cache(maxsize=256)(self._segments)
        self._whole = lru_cache(maxsize=65536)(self._whole_day)

    def rows(self, asked: Asked, now_us: int) -> Sequence[bytes]:
        """The rows of a request as JSON text, ascending."""
        window, frame = asked.window, asked.frame
        last = min(window.end, (asked.listing.delisted_at or window.end + 1) - 1)
        at = first_opening(frame, asked.listing, window.start)
        if window.newest:
            at = max(frame.before(frame.opening(last), window.limit - 1), at)
        end = frame.before(at, -window.limit)
        found = self.bars(asked.listing, frame, at, min(end, last + 1), now_us)
        return [_text(bar.fields(asked.per_ms)) for bar in found]

    def bars(
        self, listing: Listing, frame: Timeframe, start: int, end: int, now_us: int
    ) -> Iterator[DerivedBar]:
        """The bars that open in [start, end) ms; `start` is an opening, `now_us` cuts the last."""
        at = start
        while at < end:
            following = frame.following(at)
            parts = self._parts(listing, at, min(following, now_us // 1000 + 1))
            highest, lowest = parts[:, 1].max(), parts[:, 2].min()
            prices = (int(parts[0, 0]), int(highest), int(lowest), int(parts[-1, 3]))
            seconds = (min(following * 1000, now_us) - at * 1000) // 1_000_000
            yield DerivedBar(at, following - 1, prices, max(seconds, 1))
            at = following

    def _parts(self, listing: Listing, start: int, end: int) -> Integers:
        """Open, high, low, close of stretches that make up [start, end) ms, one a row."""
        if end - start <= DAY and start // DAY == (end - 1) // DAY:
            midnight = start // DAY * DAY
            values = self._day(listing, start // DAY)
            part = values[(start - midnight) // SEGMENT : -(-(end - midnight) // SEGMENT)]
            return np.repeat(part[:, None], 4, axis=1)
        days = range(start // DAY, (end - 1) // DAY)
        whole = np.array([self._whole(listing, day) for day in days], np.int64).reshape(-1, 4)
        return np.concatenate([whole, self._parts(listing, (end - 1) // DAY * DAY, end)])

    def _whole_day(self, listing: Listing, day: int) -> tuple[int, int, int, int]:
        values = self._day(listing, day)
        return int(values[0]), int(values.max()), int(values.min()), int(values[-1])

    def _segments(self, listing: Listing, day: int) -> Integers:
        """The price at each thirty seconds of a day."""
        seed = self.market.seed
        if self.kind == "indexPriceKlines":
            values = index_path(seed, listing, day)
        else:
            values = basis(seed, listing, day_segments(day))
            if self.kind == "markPriceKlines":
                values = index_path(seed, listing, day) * (1.0 + values)
        return np.floor(values * _UNIT).astype(np.int64)


def first_opening(frame: Timeframe, listing: Listing, start: int) -> int:
    """Where the first bar from `start` (ms) on opens; the first of all holds the listing's day."""
    at = frame.opening(max(start, listing.listed_at))
    return at if at >= start else frame.following(at)


def _text(fields: list[int | str]) -> bytes:
    written = (str(each) if isinstance(each, int) else f'"{each}"' for each in fields)
    return f"[{','.join(written)}]".encode()
