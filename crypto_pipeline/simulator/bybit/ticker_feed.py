"""The tickers topic as a feed.

What belongs here: when a frame is due and which keys it has. What does not: their texts
(`tickers.py`).

Linear: a snapshot, then every 100 ms the keys that changed. Spot: a snapshot whenever something
changed, looked at every 50 ms.
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.categories import Category
from crypto_pipeline.simulator.bybit.executions import sequence
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.tickers import Row, linear_data, spot_data
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.answers import compact

CHANNEL = "tickers"
LINEAR_US, SPOT_US = 100_000, 50_000
SENT_AFTER_US = 2_000
"""From the instant of the figures to their frame."""
_TOGETHER = (("bid1Price", "bid1Size"), ("ask1Price", "ask1Size"))


class TickerFeed(CadencedFeed):
    """The ticker of one symbol.

    Args:
        figures: of the market.
        category: spot or linear.
        listing: of what.
    """

    def __init__(self, figures: BybitFigures, category: Category, listing: Listing) -> None:
        super().__init__(LINEAR_US if category.padded else SPOT_US)
        self.figures, self.category, self.listing = figures, category, listing

    def opening(self, now: int) -> list[Frame]:
        """A snapshot."""
        self._at = now - SENT_AFTER_US
        at = self._at // self.every * self.every
        self._data = self._data_at(at)
        return [self._frame("snapshot", self._data, at, now)]

    def until(self, now: int) -> list[Frame]:
        """What changed, up to the instant whose frame is due now."""
        return list(super().until(now - SENT_AFTER_US))

    def told(self, at: int) -> list[Frame]:
        """What changed since the instant before; nothing once the symbol is delisted."""
        if not self.listing.trading(at // 1000):
            return []
        before, self._data = self._data, self._data_at(at)
        if self._data == before:
            return []
        if not self.category.padded:
            return [self._frame("snapshot", self._data, at, at + SENT_AFTER_US)]
        changed = changes(before, self._data)
        return [self._frame("delta", changed, at, at + SENT_AFTER_US)]

    def _data_at(self, at: int) -> Row:
        data = linear_data if self.category.padded else spot_data
        return data(self.figures, self.listing, at)

    def _frame(self, kind: str, data: Row, at: int, due: int) -> Frame:
        head = {"topic": f"tickers.{self.listing.symbol}"}
        order, ts = {"cs": sequence(at)}, {"ts": (at + SENT_AFTER_US) // 1000}
        if self.category.padded:
            document = {**head, "type": kind, "data": data, **order, **ts}
        else:
            document = {**head, **ts, "type": kind, **order, "data": data}
        return Frame(compact(document), due, CHANNEL, self.listing.symbol)


def changes(before: Row, after: Row) -> Row:
    """The symbol and what differs; price and size of a best level come together."""
    different = {name for name, text in after.items() if before[name] != text}
    for pair in _TOGETHER:
        if different & set(pair):
            different |= set(pair)
    return {name: text for name, text in after.items() if name in different or name == "symbol"}
