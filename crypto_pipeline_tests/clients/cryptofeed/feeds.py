"""Run one feed of cryptofeed, and say what it kept whenever the test asks.

Reads a line of standard input: `exchange` (cryptofeed's class), `symbol`, `channels`, `config`,
`options` (of its constructor), `symbols` (to know without asking, or null), `endpoints` and `tls`
(base URL by production host, plain and with TLS), `ca` (file of the authority that signs the TLS
ones). Then answers the words of `kept.py`, and `log` (what cryptofeed logged).

Two things are changed: the addresses, and whom its websockets trust. All else is as it comes.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

from cryptofeed import exchanges
from cryptofeed.defines import CANDLES, FUNDING, L2_BOOK, TRADES
from cryptofeed.feedhandler import FeedHandler
from cryptofeed.symbols import Symbols

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer_from_loop

_QUIET = {"log": {"disabled": True}, "uvloop": False}


class Log(logging.Handler):
    """The texts that cryptofeed logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        text = record.getMessage()
        if record.exc_info:
            text += f" ({record.exc_info[1]!r})"
        self.lines.append(text)


class Callbacks:
    """What cryptofeed calls.

    Args:
        kept: where it goes.
    """

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.newest: Any = None

    async def trade(self, trade: Any, _: float) -> None:
        """Keep a trade."""
        time = round(trade.timestamp * 1_000_000) // 1000
        self.kept.add_trade(trade.id, time, str(trade.price), str(trade.amount), trade.side)

    async def book(self, book: Any, _: float) -> None:
        """Keep the book, which cryptofeed goes on changing."""
        self.kept.seen["books"] += 1
        self.newest = book.book

    async def candle(self, candle: Any, _: float) -> None:
        """Keep a candle."""
        start = candle.start if candle.start > 10**11 else candle.start * 1000
        prices = (candle.open, candle.high, candle.low, candle.close, candle.volume)
        self.kept.add_bar(round(start), [str(one) for one in prices], bool(candle.closed))

    async def funding(self, funding: Any, _: float) -> None:
        """Keep a funding rate."""
        self.kept.add_funding(str(funding.rate), funding.next_funding_time)

    def report(self, word: str) -> object:
        """What is kept under a word."""
        if word == "book" and self.newest is not None:
            self.kept.clear_book()
            for side in ("bids", "asks"):
                self.kept.change_book(side, getattr(self.newest, side).to_dict().items())
        return self.kept.report(word)


def point(feed: Any, wanted: dict[str, Any]) -> None:
    """Give a feed's class the simulator's addresses."""
    trust = ssl.create_default_context(cafile=wanted["ca"])
    feed.rest_endpoints = [
        dataclasses.replace(each, address=_moved(each.address, wanted["endpoints"]))
        for each in feed.rest_endpoints
    ]
    feed.websocket_endpoints = [
        dataclasses.replace(
            each,
            address=_moved(each.address, wanted["tls"]),
            options={**(each.options or {}), "ssl": trust},
        )
        for each in feed.websocket_endpoints
    ]


def _moved(address: str, endpoints: dict[str, str]) -> str:
    parts = urlsplit(address)
    base = urlsplit(endpoints[parts.netloc])
    scheme = "wss" if parts.scheme == "wss" else base.scheme
    return f"{scheme}://{base.netloc}{parts.path}"


async def main() -> None:
    """Run the feed that the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    log = Log()
    logging.getLogger("feedhandler").addHandler(log)
    callbacks = Callbacks(Kept())
    feed = getattr(exchanges, wanted["exchange"])
    point(feed, wanted)
    if wanted["symbols"]:
        Symbols.set(feed.id, wanted["symbols"], {})
    handler = FeedHandler(config=_QUIET)
    handler.add_feed(_made(feed, wanted, callbacks))
    handler.run(start_loop=False, install_signal_handlers=False)
    await answer_from_loop(lambda word: log.lines if word == "log" else callbacks.report(word))
    await handler.stop_async(asyncio.get_running_loop())


def _made(feed: Any, wanted: dict[str, Any], callbacks: Callbacks) -> Any:
    named = {
        TRADES: callbacks.trade,
        L2_BOOK: callbacks.book,
        CANDLES: callbacks.candle,
        FUNDING: callbacks.funding,
    }
    return feed(
        symbols=[wanted["symbol"]],
        channels=wanted["channels"],
        callbacks={channel: named[channel] for channel in wanted["channels"]},
        config={**_QUIET, **wanted["config"]},
        **wanted["options"],
    )


if __name__ == "__main__":
    asyncio.run(main())
