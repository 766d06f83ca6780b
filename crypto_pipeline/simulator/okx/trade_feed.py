"""The channels of trades as feeds.

What belongs here: which trades are due when. What does not: how they are written (`trades.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades, aggregated_trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx.trades import every_frame, merged_frames
from crypto_pipeline.simulator.streams.feeds import Feed, Frame


class EveryTradeFeed(Feed):
    """`trades-all`: each fill in a frame of its own.

    Args:
        market: whose trades.
        listing: of what.
    """

    firehose = True
    channel = "trades-all"

    def __init__(self, market: SyntheticMarket, listing: Listing) -> None:
        self.market, self.listing = market, listing

    def opening(self, now: int) -> list[Frame]:
        """Nothing: only new trades are sent."""
        self._at = now
        return []

    def until(self, now: int) -> list[Frame]:
        """The trades since."""
        start, self._at = self._at, max(now, self._at)
        return self._frames(self.market.trades(self.listing, start + 1, self._at + 1))

    def _frames(self, trades: Trades) -> list[Frame]:
        return self._framed(every_frame(self.listing, trades), trades.time.tolist())

    def _framed(self, texts: list[str], times: list[int]) -> list[Frame]:
        pairs = zip(texts, times, strict=True)
        return [Frame(text.encode(), at, self.channel, self.listing.symbol) for text, at in pairs]


class MergedTradeFeed(EveryTradeFeed):
    """`trades`: the fills of one taker order at one price in one frame.

    It begins with the newest trade, as captured connections do.
    """

    channel = "trades"

    def opening(self, now: int) -> list[Frame]:
        """The newest trade."""
        self._at = now
        agg_id = self.market.last_agg_id(self.listing, now + 1)
        newest = self.market.aggs_from(self.listing, agg_id, 1, now + 1)
        texts = merged_frames(self.listing, newest)
        return self._framed(texts, [now] * len(texts))

    def _frames(self, trades: Trades) -> list[Frame]:
        merged = aggregated_trades(trades)
        return self._framed(merged_frames(self.listing, merged), merged.time.tolist())
