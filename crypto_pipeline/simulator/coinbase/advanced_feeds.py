"""What Advanced Trade's websocket channels deliver of the synthetic market.

What belongs here: cadences and what each channel begins with. What does not: the messages' text
(`advanced_frames.py`), subscribing (`advanced_socket.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from crypto_pipeline.simulator.coinbase import advanced_frames as written
from crypto_pipeline.simulator.coinbase.advanced_frames import Event
from crypto_pipeline.simulator.coinbase.candles import FIVE_MINUTES, pushed_rows
from crypto_pipeline.simulator.coinbase.documents import state, status_product
from crypto_pipeline.simulator.coinbase.product_feed import SECOND, STATUS_STEP, ProductFeed
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Feed, Frame, instants

TRADE_BATCH = SECOND // 4
TRADES_BEFORE = 100
"""Trades of a snapshot."""
CANDLES_BEFORE = 100
"""Candles of a snapshot."""


class EventFeed(ProductFeed):
    """A channel's events about one product."""

    def framed(self, text: bytes, at: int) -> Frame:
        """An event as a frame of this feed."""
        return Event(text, at, self.channel, self.listing.symbol)


class TradeFeed(EventFeed):
    """`market_trades`: the last trades, then what each quarter of a second brings."""

    firehose = True

    def opening(self, now: int) -> Sequence[Frame]:
        """The last trades."""
        super().opening(now)
        newest = self.view.market.last_id(self.listing, now + 1)
        first = newest - TRADES_BEFORE + 1
        trades = self.view.market.trades_from(self.listing, first, TRADES_BEFORE, now + 1)
        rows = written.trade_rows(self.listing, trades)
        return [self.framed(written.market_trades(rows, "snapshot"), now)]

    def until(self, now: int) -> Sequence[Frame]:
        """One event for each quarter of a second in which something traded, at its end."""
        end = now // TRADE_BATCH * TRADE_BATCH
        if end <= self.done:
            return []
        trades = self.traded(end)
        due = -(-trades.time // TRADE_BATCH) * TRADE_BATCH
        edges = [*np.flatnonzero(np.diff(due, prepend=-1)).tolist(), len(trades)]
        rows = written.trade_rows(self.listing, trades) if len(trades) else []
        return [
            self.framed(written.market_trades(rows[low:high], "update"), int(due[low]))
            for low, high in pairwise(edges)
        ]


class TickerFeed(EventFeed):
    """`ticker`: an event for each taker order, once all its fills are through."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The ticker of the last trade."""
        super().opening(now)
        return self.told(self.view.statistics.last_trade(self.listing, now), now, "snapshot")

    def until(self, now: int) -> Sequence[Frame]:
        """One event an order, at its instant."""
        told = [self.told(each, int(each.time[0]), "update") for each in self.orders(now)]
        return [frame for frames in told for frame in frames]

    def told(self, trade: Trades, at: int, kind: str, *, best: bool = True) -> list[Frame]:
        """The ticker at an instant (µs) if there ever was a trade."""
        if not len(trade):
            return []
        statistics, listing = self.view.statistics, self.listing
        book = self.view.market.book(listing, at, 1) if best else None
        stretches = statistics.day(listing, at), statistics.month(listing, at)
        text = written.ticker(listing, int(trade.price[0]), stretches, book, kind)
        return [self.framed(text, at)]


class TickerBatchFeed(TickerFeed):
    """`ticker_batch`: every five seconds in which something traded, without the best prices."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The ticker of the last trade."""
        EventFeed.opening(self, now)
        last = self.view.statistics.last_trade(self.listing, now)
        return self.told(last, now, "snapshot", best=False)

    def until(self, now: int) -> Sequence[Frame]:
        """An event at each fifth second, of the last trade before."""
        told = [self.told(*each, "update", best=False) for each in self.batches(now)]
        return [frame for frames in told for frame in frames]


class LevelFeed(EventFeed):
    """`level2`: the whole book, then what changed."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The whole book."""
        super().opening(now)
        book = self.view.levels.book(self.listing, now)
        return [self.framed(written.snapshot(self.listing, book), now)]

    def until(self, now: int) -> Sequence[Frame]:
        """The changes of each state of the book since the last call."""
        changes = self.changes(now)
        return [self.framed(written.update(self.listing, each), each.at) for each in changes]


class CandleFeed(EventFeed):
    """`candles`: of five minutes; each second those that changed."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The last candles."""
        super().opening(now)
        window = Window(0, now // 1000, CANDLES_BEFORE, newest=True)
        bars = self.view.market.page(self.listing, FIVE_MINUTES, window, now + 1)
        rows = pushed_rows(self.listing, bars)
        return [self.framed(written.candles(rows, "snapshot"), now)]

    def until(self, now: int) -> Sequence[Frame]:
        """At each second the candles that may have changed since the one before."""
        seconds = instants(self.advanced(now), now, SECOND)
        found = ((self._rows(at), at) for at in seconds)
        return [self.framed(written.candles(rows, "update"), at) for rows, at in found if rows]

    def _rows(self, at: int) -> list[bytes]:
        """The candle that holds `at`, and the one before if it ended since the last second."""
        first = FIVE_MINUTES.opening((at - SECOND) // 1000)
        bars = self.view.market.bars(self.listing, FIVE_MINUTES, first, at // 1000 + 1, at + 1)
        return pushed_rows(self.listing, bars)


class StatusFeed(EventFeed):
    """`status`: what a product is like, every five seconds."""

    def opening(self, now: int) -> Sequence[Frame]:
        """The product now."""
        super().opening(now)
        return [self._told(now)]

    def until(self, now: int) -> Sequence[Frame]:
        """The product at each fifth second."""
        return [self._told(at) for at in instants(self.advanced(now), now, STATUS_STEP)]

    def _told(self, at: int) -> Frame:
        halted = self.view.market.halted(self.listing, at // 1000)
        flags = state(self.listing, at // 1000, halted=halted)
        return self.framed(written.status([status_product(self.listing, flags)]), at)


class HeartbeatFeed(CadencedFeed):
    """`heartbeats`: every second, of the connection and no product."""

    def told(self, at: int) -> Iterable[Frame]:
        """One event."""
        return [Event(written.heartbeat(at), at, "heartbeats")]


FEEDS: dict[str, Callable[[View, Listing, str], Feed]] = {
    "market_trades": TradeFeed,
    "level2": LevelFeed,
    "ticker": TickerFeed,
    "ticker_batch": TickerBatchFeed,
    "candles": CandleFeed,
    "status": StatusFeed,
}
"""The channels about single products."""


class AdvancedFeeds:
    """The feeds of advanced-trade-ws.coinbase.com; a `FeedSource`.

    Args:
        view: what there is to tell.
    """

    def __init__(self, view: View) -> None:
        self.view = view

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of `channel:product`, or of `heartbeats`; None where there is none."""
        channel, _, symbol = stream.partition(":")
        if stream == "heartbeats":
            return HeartbeatFeed(SECOND)
        listing, made = self.view.listing(symbol), FEEDS.get(channel)
        return None if listing is None or made is None else made(self.view, listing, channel)
