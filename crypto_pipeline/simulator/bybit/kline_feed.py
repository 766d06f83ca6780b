"""The kline topics as feeds.

What belongs here: when a bar is sent. What does not: how it is written (`klines.py`).

A bar that changed is sent each second, one that did not each minute, and once more when it is
over, confirmed.
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.categories import INTERVALS
from crypto_pipeline.simulator.bybit.klines import frame_text
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame

SECOND_US = 1_000_000
UNCHANGED_US = 60 * SECOND_US
Sent = tuple[int, int]
"""Open time and number of trades of a bar."""


class KlineFeed(CadencedFeed):
    """The bars of one symbol and interval.

    Args:
        market: whose bars.
        listing: of what.
        interval: as Bybit names it.
    """

    def __init__(self, market: SyntheticMarket, listing: Listing, interval: str) -> None:
        super().__init__(SECOND_US)
        self.market, self.listing, self.interval = market, listing, interval
        self.timeframe = INTERVALS[interval]

    def opening(self, now: int) -> list[Frame]:
        """Nothing at once; the running bar comes with the next full second."""
        self._at, self._sent_at = now, 0
        self._sent: Sent = (-1, 0)
        return []

    def told(self, at: int) -> list[Frame]:
        """What is due at a full second: the confirmed bar at its end, else the running one."""
        opening = self.timeframe.opening(at // 1000)
        over = opening == at // 1000
        if over:
            opening = self.timeframe.before(opening, 1)
        bars = self._bar(opening, at)
        if not len(bars):
            return []
        new = (opening, int(bars.count[0]))
        if not over and new == self._sent and at - self._sent_at < UNCHANGED_US:
            return []
        self._sent, self._sent_at = new, at
        return [self._frame(bars, at)]

    def _bar(self, opening: int, now: int) -> Bars:
        """The bar that opens then, as its trades before `now` (µs) make it."""
        return self.market.bars(self.listing, self.timeframe, opening, opening + 1, now)

    def _frame(self, bars: Bars, at: int) -> Frame:
        end = self.timeframe.following(int(bars.open_time[0]))
        ts, last = at // 1000, int(bars.last_id[0])
        matched = self.market.trades_from(self.listing, last, 1, at) if last > 0 else None
        matched_ms = min(ts, end - 1) if matched is None else int(matched.time[0]) // 1000
        text = frame_text(self.listing, self.interval, bars, end, matched_ms, ts)
        return Frame(text, at, f"kline.{self.interval}", self.listing.symbol)
