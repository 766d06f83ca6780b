"""What channels about one product have in common, on both interfaces.

What belongs here: how far a feed got, and what happened since. What does not: any channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crypto_pipeline.simulator.coinbase.levels import Changes
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.streams.feeds import Feed, Frame, instants

SECOND = 1_000_000
TICKER_BATCH = 5 * SECOND
STATUS_STEP = 5 * SECOND


class ProductFeed(Feed):
    """A channel's messages about one product.

    Args:
        view: what there is to tell.
        listing: whose messages.
        channel: what the frames are called for fault rules.
    """

    def __init__(self, view: View, listing: Listing, channel: str) -> None:
        self.view, self.listing, self.channel = view, listing, channel
        self.done = 0

    def framed(self, text: bytes, at: int) -> Frame:
        """A message as a frame of this feed."""
        return Frame(text, at, self.channel, self.listing.symbol)

    def advanced(self, now: int) -> int:
        """How far the feed had come (µs), now that it has come to `now`."""
        done, self.done = self.done, now
        return done

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing, unless a channel says otherwise."""
        self.done = now
        return []

    def traded(self, now: int) -> Trades:
        """The trades since the last call, up to and with `now`."""
        return self.view.market.trades(self.listing, self.advanced(now) + 1, now + 1)

    def orders(self, now: int) -> list[Trades]:
        """The last fill of each taker order since the last call, up to and with `now`."""
        trades = self.traded(now)
        last = np.flatnonzero(np.diff(trades.agg_id, append=-1))
        return [trades[place : place + 1] for place in last.tolist()]

    def batches(self, now: int) -> list[tuple[Trades, int]]:
        """The last trade before each fifth second in which something traded, and that instant."""
        found: list[tuple[Trades, int]] = []
        for at in instants(self.advanced(now), now, TICKER_BATCH):
            last = self.view.statistics.last_trade(self.listing, at)
            if len(last) and int(last.time[0]) > at - TICKER_BATCH:
                found.append((last, at))
        return found

    def changes(self, now: int) -> list[Changes]:
        """The changes of the book since the last call, without the states that brought none."""
        changes = self.view.levels.changes(self.listing, self.advanced(now), now)
        return [each for each in changes if len(each)]
