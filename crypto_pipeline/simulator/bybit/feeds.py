"""Bybit's topics, by name.

What belongs here: the grammar of topics, and which category has which. What does not: what a
topic delivers.
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit import books
from crypto_pipeline.simulator.bybit.book_feed import BookFeed
from crypto_pipeline.simulator.bybit.categories import (
    CATEGORIES,
    INTERVALS,
    LINEAR,
    SPOT,
    Category,
    trading,
)
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.kline_feed import KlineFeed
from crypto_pipeline.simulator.bybit.status_feed import SilentFeed, StatusFeed
from crypto_pipeline.simulator.bybit.ticker_feed import TickerFeed
from crypto_pipeline.simulator.bybit.trade_feed import TradeFeed
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import Feed

PUBLIC = "/v5/public/"
STATUS_PATH = "/v5/public/misc/status"
STATUS_TOPIC = "system.status"


class BybitFeeds:
    """The topics of the synthetic market; a `FeedSource`.

    Args:
        market: what they tell of.
        clock: which symbols trade now.
        figures: of the tickers.
    """

    def __init__(
        self, market: SyntheticMarket, clock: SimulatorClock, figures: BybitFigures
    ) -> None:
        self.market, self.clock, self.figures = market, clock, figures

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of a topic on one path, None where there is none."""
        if base == STATUS_PATH:
            return StatusFeed() if stream == STATUS_TOPIC else None
        category = CATEGORIES.get(base.removeprefix(PUBLIC))
        channel, _, symbol = stream.rpartition(".")
        if category is None or not channel:
            return None
        listing = trading(self.market, category, symbol, self.clock.now_ms())
        return None if listing is None else self._feed(category, channel, listing)

    def _feed(self, category: Category, channel: str, listing: Listing) -> Feed | None:
        kind, _, detail = channel.partition(".")
        if kind == "kline" and detail in INTERVALS:
            return KlineFeed(self.market, listing, detail)
        if kind == "orderbook" and detail in books.STEPS:
            known = detail != books.FULL or category is SPOT
            return BookFeed(self.market, category, listing, detail) if known else None
        if channel == "publicTrade":
            return TradeFeed(self.market, category, listing)
        if channel == "tickers":
            return TickerFeed(self.figures, category, listing)
        return SilentFeed() if channel == "allLiquidation" and category is LINEAR else None
