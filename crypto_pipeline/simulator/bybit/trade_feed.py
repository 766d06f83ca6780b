"""The publicTrade topic as a feed.

What belongs here: which trades make one frame, and its text. What does not: what follows from one
trade (`executions.py`).

The fills of one taker order come in one frame, no more than 1024 in one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from crypto_pipeline.simulator.bybit.categories import Category
from crypto_pipeline.simulator.bybit.executions import (
    DIRECTIONS,
    amounts,
    directions,
    execution_ids,
    sequence,
    sides,
)
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Integers, Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import concatenated, whole_texts
from crypto_pipeline.simulator.streams.feeds import Feed, Frame

CHANNEL = "publicTrade"
MOST_OF_A_FRAME = 1024
SENT_AFTER_US = 2_000
"""From a trade to its frame."""


class TradeFeed(Feed):
    """The trades of one symbol.

    Args:
        market: whose trades.
        category: spot or linear.
        listing: of what.
    """

    firehose = True

    def __init__(self, market: SyntheticMarket, category: Category, listing: Listing) -> None:
        self.market, self.category, self.listing = market, category, listing

    def opening(self, now: int) -> list[Frame]:
        """Nothing: only new trades are sent."""
        self._at = now
        return []

    def until(self, now: int) -> list[Frame]:
        """The trades since, an order's fills together."""
        start, self._at = self._at, max(now, self._at)
        trades = self.market.trades(
            self.listing, start + 1 - SENT_AFTER_US, self._at + 1 - SENT_AFTER_US
        )
        if not len(trades):
            return []
        entries = frame_entries(
            self.category, self.listing, trades, directions(self.market, self.listing, trades)
        )
        return [self._frame(trades, entries, part) for part in _orders(trades)]

    def _frame(self, trades: Trades, entries: list[str], part: slice) -> Frame:
        at = int(trades.time[part.start]) + SENT_AFTER_US
        text = frame_text(self.category, self.listing, entries[part], at // 1000)
        return Frame(text, at, CHANNEL, self.listing.symbol)


def frame_text(category: Category, listing: Listing, entries: list[str], ts: int) -> bytes:
    """One frame of the topic; spot writes `ts` before `type`."""
    times, kind = f'"ts":{ts}', '"type":"snapshot"'
    first, second = (kind, times) if category.padded else (times, kind)
    head = f'{{"topic":"publicTrade.{listing.symbol}",{first},{second},"data":['
    return f"{head}{','.join(entries)}]}}".encode()


def frame_entries(
    category: Category, listing: Listing, trades: Trades, directed: Integers
) -> list[str]:
    """One JSON object a trade, in the order of keys of its category."""
    price, size = amounts(category, listing, trades)
    side = sides(trades.taker_sells, "Sell", "Buy")
    number = execution_ids(category, listing, trades.trade_id)
    time, seq = whole_texts(trades.time // 1000), whole_texts(np.asarray(sequence(trades.time)))
    name = listing.symbol
    if not category.padded:
        head = ('{"i":"', number, '","T":', time, ',"p":"', price, '","v":"', size, '","S":"')
        return concatenated(*head, side, '","seq":', seq, f',"s":"{name}","BT":false,"RPI":false}}')
    tick = pa.array(DIRECTIONS).take(pa.array(directed))
    head = ('{"T":', time, f',"s":"{name}","S":"', side, '","v":"', size, '","p":"', price, '"')
    rest = ('","i":"', number, '","BT":false,"RPI":false,"seq":', seq, "}")
    return concatenated(*head, ',"L":"', tick, *rest)


def _orders(trades: Trades) -> Iterator[slice]:
    """The stretches of trades of one instant, cut where they are too long."""
    starts = np.flatnonzero(np.diff(trades.time, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(trades)], strict=True):
        for first in range(start, end, MOST_OF_A_FRAME):
            yield slice(first, min(first + MOST_OF_A_FRAME, end))
