"""What Exchange's websocket channels deliver of the synthetic market.

What belongs here: cadences and what each channel begins with. What does not: the messages' text
(`exchange_frames.py`), subscribing (`exchange_socket.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto_pipeline.simulator.coinbase import exchange_frames as written
from crypto_pipeline.simulator.coinbase.currencies import coins_of, exchange_currencies
from crypto_pipeline.simulator.coinbase.documents import exchange_product, state
from crypto_pipeline.simulator.coinbase.product_feed import SECOND, STATUS_STEP, ProductFeed
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Feed, Frame, instants
from crypto_pipeline.simulator.wire.answers import compact


class MatchFeed(ProductFeed):
    """`matches`: the last trade once, then each."""

    firehose = True

    def opening(self, now: int) -> Sequence[Frame]:
        """The last trade, as `last_match`."""
        super().opening(now)
        last = self.view.statistics.last_trade(self.listing, now)
        texts = written.matches(self.listing, last, "last_match")
        return [self.framed(text, now) for text in texts]

    def until(self, now: int) -> Sequence[Frame]:
        """One message a trade, at its instant."""
        trades = self.traded(now)
        if not len(trades):
            return []
        texts = written.matches(self.listing, trades)
        return [self.framed(*each) for each in zip(texts, trades.time.tolist(), strict=True)]


class TickerFeed(ProductFeed):
    """`ticker`: a message for each taker order, once all its fills are through."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The ticker of the last trade."""
        super().opening(now)
        return self.told(self.view.statistics.last_trade(self.listing, now), now)

    def until(self, now: int) -> Sequence[Frame]:
        """One message an order, at its instant."""
        told = [self.told(each, int(each.time[0])) for each in self.orders(now)]
        return [frame for frames in told for frame in frames]

    def told(self, trade: Trades, at: int) -> list[Frame]:
        """The ticker at an instant (µs) if there ever was a trade."""
        if not len(trade):
            return []
        statistics, listing = self.view.statistics, self.listing
        book = self.view.market.book(listing, at, 1)
        day, month = statistics.day(listing, at), statistics.month(listing, at)
        return [self.framed(written.ticker(listing, trade, book, day, month), at)]


class TickerBatchFeed(TickerFeed):
    """`ticker_batch`: every five seconds in which something traded."""

    def until(self, now: int) -> Sequence[Frame]:
        """A message at each fifth second, of the last trade before."""
        told = [self.told(*each) for each in self.batches(now)]
        return [frame for frames in told for frame in frames]


class HeartbeatFeed(ProductFeed):
    """`heartbeat`: every second."""

    def until(self, now: int) -> Sequence[Frame]:
        """A message at each second."""
        seconds = instants(self.advanced(now), now, SECOND)
        newest = ((self.view.market.last_id(self.listing, at + 1), at) for at in seconds)
        return [self.framed(written.heartbeat(self.listing, *each), each[1]) for each in newest]


class LevelFeed(ProductFeed):
    """`level2_batch`: the whole book, then what changed."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The whole book."""
        super().opening(now)
        book = self.view.levels.book(self.listing, now)
        return [self.framed(written.snapshot(self.listing, book), now)]

    def until(self, now: int) -> Sequence[Frame]:
        """The changes of each state of the book since the last call."""
        changes = self.changes(now)
        return [self.framed(written.l2update(self.listing, each), each.at) for each in changes]


class QuietFeed(ProductFeed):
    """`auctionfeed` and `rfq_matches`: nothing ever, for there are no auctions and no quotes."""

    def until(self, now: int) -> Sequence[Frame]:
        """Nothing."""
        self.done = now
        return []


class StatusFeed(CadencedFeed):
    """`status`: all products and currencies, every five seconds.

    Args:
        view: what there is to tell.
    """

    def __init__(self, view: View) -> None:
        super().__init__(STATUS_STEP)
        self.view = view

    def opening(self, now: int) -> Sequence[Frame]:
        """The state of all."""
        super().opening(now)
        return self.told(now)

    def told(self, at: int) -> Sequence[Frame]:
        """The state of all."""
        now, listings = at // 1000, self.view.products.listings(at // 1000)
        halted = [self.view.market.halted(listing, now) for listing in listings]
        products = [
            {**exchange_product(listing, state(listing, now, halted=halts)), "type": "spot"}
            for listing, halts in zip(listings, halted, strict=True)
        ]
        currencies = exchange_currencies(coins_of(listings))
        document = {"type": "status", "products": products, "currencies": currencies}
        return [Frame(compact(document), at, "status")]


FEEDS: dict[str, Callable[[View, Listing, str], Feed]] = {
    "heartbeat": HeartbeatFeed,
    "ticker": TickerFeed,
    "ticker_batch": TickerBatchFeed,
    "ticker_1000": TickerBatchFeed,
    "matches": MatchFeed,
    "level2_batch": LevelFeed,
    "level2_50": LevelFeed,
    "auctionfeed": QuietFeed,
    "rfq_matches": QuietFeed,
}
"""The channels about single products, by the names that they are asked for."""


class ExchangeFeeds:
    """The feeds of ws-feed.exchange.coinbase.com; a `FeedSource`.

    Args:
        view: what there is to tell.
    """

    def __init__(self, view: View) -> None:
        self.view = view

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of `channel:product`, or of `status`; None where there is none."""
        channel, _, symbol = stream.partition(":")
        if stream == "status":
            return StatusFeed(self.view)
        listing = self.view.listing(symbol)
        made = FEEDS.get(channel)
        return None if listing is None or made is None else made(self.view, listing, channel)
