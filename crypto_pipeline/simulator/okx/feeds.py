"""OKX's channels, by name.

What belongs here: which path has which channel, and what it is subscribed by. What does not: what
a channel delivers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import funding, instruments
from crypto_pipeline.simulator.okx.book_feed import SNAPSHOTS, IncrementalFeed, SnapshotFeed
from crypto_pipeline.simulator.okx.candle_feed import CandleFeed, QuoteCandleFeed
from crypto_pipeline.simulator.okx.candles import BARS
from crypto_pipeline.simulator.okx.marks import INDEX, MARK, mark_text
from crypto_pipeline.simulator.okx.state_feeds import InstrumentsFeed, Row, RowFeed, StatusFeed
from crypto_pipeline.simulator.okx.tickers import Tickers
from crypto_pipeline.simulator.okx.trade_feed import EveryTradeFeed, MergedTradeFeed
from crypto_pipeline.simulator.streams.feeds import Feed
from crypto_pipeline.simulator.wire.rules import Rules

PUBLIC, BUSINESS = "/public", "/business"
"""The two bases that need no login, as `FeedSource` calls them."""
OF_MEMBERS = ("books-l2-tbt", "books50-l2-tbt")
"""Channels that exist for clients of a high fee tier alone."""

_SWAPS_ONLY = ("mark-price", "funding-rate", "open-interest")


class OkxFeeds:
    """The channels of the synthetic market; a `FeedSource`.

    Args:
        market: what they tell of.
        clock: which instruments are listed now.
        rules: of the books' checksums.
        tickers: of the market.
    """

    def __init__(
        self, market: SyntheticMarket, clock: SimulatorClock, rules: Rules, tickers: Tickers
    ) -> None:
        self.market, self.clock, self.rules, self.tickers = market, clock, rules, tickers
        self._rows: dict[str, Callable[[Listing, int], Row]] = {
            "tickers": tickers.row,
            "index-tickers": tickers.index_row,
            "mark-price": self._mark_row,
            "funding-rate": partial(funding.pushed, market),
            "open-interest": tickers.open_interest,
        }

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of `channel:instId` on one base, None where there is none."""
        channel, _, symbol = stream.partition(":")
        if base == BUSINESS:
            return self._of_business(channel, symbol)
        if base != PUBLIC:
            return None
        if channel == "status":
            return StatusFeed() if not symbol else None
        if channel == "instruments":
            known = symbol in (*instruments.TYPES, *instruments.WITHOUT_INSTRUMENTS)
            return InstrumentsFeed(self.market, symbol) if known else None
        return self._of_public(channel, symbol)

    def _of_public(self, channel: str, symbol: str) -> Feed | None:
        of_index = channel == "index-tickers"
        listing = self._swap(symbol) if of_index else self._listing(symbol)
        if listing is None:
            return None
        if channel == "trades":
            return MergedTradeFeed(self.market, listing)
        if channel == "books":
            return IncrementalFeed(self.market, listing, self.rules)
        if channel in SNAPSHOTS:
            return SnapshotFeed(self.market, listing, channel, SNAPSHOTS[channel])
        if channel not in self._rows:
            return None
        if channel in _SWAPS_ONLY and not instruments.is_swap(listing):
            return None
        return RowFeed(channel, symbol, listing, partial(self._rows[channel], listing))

    def _of_business(self, channel: str, symbol: str) -> Feed | None:
        kind, word, bar = channel.partition("candle")
        if not word:
            listing = self._listing(symbol)
            known = listing is not None and channel == "trades-all"
            return EveryTradeFeed(self.market, listing) if listing and known else None
        listing = self._swap(symbol) if kind == "index-" else self._listing(symbol)
        if listing is None or bar not in BARS:
            return None
        if not kind:
            return CandleFeed(self.market, listing, bar)
        quote = {"index-": INDEX, "mark-price-": MARK}.get(kind)
        if quote is None or bar == "1s" or not instruments.is_swap(listing):
            return None
        return QuoteCandleFeed(self.tickers.quotes, listing, quote, bar)

    def _listing(self, inst_id: str) -> Listing | None:
        return instruments.listing_of(self.market, inst_id, self.clock.now_ms())

    def _swap(self, underlying: str) -> Listing | None:
        return instruments.swap_of(self.market, underlying, self.clock.now_ms())

    def _mark_row(self, listing: Listing, at: int) -> Row:
        return mark_row(self.market, listing, at)


def mark_row(market: SyntheticMarket, listing: Listing, at: int) -> Row:
    """The mark price of a swap at an instant (µs)."""
    mark = market.mark(listing, at)
    return {
        "instId": listing.symbol,
        "instType": "SWAP",
        "markPx": mark_text(listing, mark.mark),
        "ts": str(at // 1000),
    }
