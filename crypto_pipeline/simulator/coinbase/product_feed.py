"""What channels about one product have in common, on both interfaces.

What belongs here: how far a feed got, and what traded since. What does not: any channel.
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.streams.feeds import Feed, Frame


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
