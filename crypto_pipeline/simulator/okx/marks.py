"""Mark and index prices as OKX writes them, and their candles.

What belongs here: both prices' texts and bars. What does not: funding (`funding.py`), and when a
frame is due.

Both change every thirty seconds; the index is that of the swap's coin in its quote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.path import basis, day_segments, index_path
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text, trimmed_text
from crypto_pipeline.simulator.market.timeframes import DAY, SEGMENT, Timeframe
from crypto_pipeline.simulator.okx.instruments import family
from crypto_pipeline.simulator.okx.numbers import rounded_units

CHANGES_US = 10_000_000
CHANGES_US = SEGMENT * 1000
"""µs between two marks."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One of the two prices of a swap that are not traded.

    Attributes:
        channel: its candle channels' names without the bar.
        of_index: whether it is the index, whose symbol is the swap's underlying.
    """

    channel: str
    of_index: bool

    def symbol(self, listing: Listing) -> str:
        """What the price is asked by."""
        return family(listing) if self.of_index else listing.symbol


MARK = Quote("mark-price-candle", of_index=False)
INDEX = Quote("index-candle", of_index=True)


def mark_text(listing: Listing, units: int) -> str:
    """A mark of 10^-8 on the tick, with the digits of the tick."""
    tick = trimmed_text(listing.tick, listing.price_decimals)
    digits = len(tick.partition(".")[2])
    return decimal_text(rounded_units(units, DECIMALS, digits), digits)


def index_text(listing: Listing, units: int) -> str:
    """An index of 10^-8, rounded as the swap's prices are."""
    tick = trimmed_text(listing.tick, listing.price_decimals)
    digits = len(tick.partition(".")[2])
    return trimmed_text(rounded_units(units, DECIMALS, digits), digits)


class QuoteBars:
    """The candles of both prices.

    Args:
        market: whose swaps.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._of_day = lru_cache(maxsize=256)(self._prices)
        self._closed = lru_cache(maxsize=8192)(self.bar)

    def page(
        self, listing: Listing, quote: Quote, frame: Timeframe, window: Window, now: int
    ) -> list[bytes]:
        """The newest rows of a window, ascending; `now` in µs."""
        last = frame.opening(min(window.end, now // 1000))
        first = max(frame.before(last, window.limit - 1), window.start)
        return self.rows(listing, quote, frame, (first, last), now)

    def rows(
        self, listing: Listing, quote: Quote, frame: Timeframe, span: tuple[int, int], now: int
    ) -> list[bytes]:
        """Rows of six texts that open in `span` (ms, both inclusive), ascending, confirmed.

        They are: open time (ms), open, high, low, close, confirm.
        """
        return list(self._rows(listing, quote, frame, span, now))

    def _rows(
        self, listing: Listing, quote: Quote, frame: Timeframe, span: tuple[int, int], now: int
    ) -> Iterator[bytes]:
        opening = frame.opening(max(span[0], listing.listed_at))
        while opening <= min(span[1], now // 1000):
            end = frame.following(opening)
            if opening >= max(span[0], frame.opening(listing.listed_at)):
                over = end * 1000 <= now
                bar = self._closed if over else self.bar
                prices = bar(listing, quote, opening, end if over else now // 1000 + 1)
                written = '","'.join(index_text(listing, price) for price in prices)
                yield f'["{opening}","{written}","1"]'.encode()
            opening = end

    def bar(self, listing: Listing, quote: Quote, start: int, end: int) -> tuple[int, ...]:
        """Open, high, low and close of [start, end) ms, in units of 10^-8."""
        first, last = start // SEGMENT, -(-end // SEGMENT)
        per_day = DAY // SEGMENT
        parts = []
        for day in range(first // per_day, (last - 1) // per_day + 1):
            within = slice(max(first - day * per_day, 0), last - day * per_day)
            parts.append(self._of_day(listing, quote, day)[within])
        prices = np.concatenate(parts)
        return int(prices[0]), int(prices.max()), int(prices.min()), int(prices[-1])

    def _prices(self, listing: Listing, quote: Quote, day: int) -> Integers:
        """A day's prices by segment, as `SyntheticMarket.mark` has them."""
        prices = index_path(self.market.seed, listing, day)
        if not quote.of_index:
            prices = prices * (1.0 + basis(self.market.seed, listing, day_segments(day)))
        return np.asarray(prices * 10.0**DECIMALS).astype(np.int64)
