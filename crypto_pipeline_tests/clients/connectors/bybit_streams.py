"""Run pybit's websocket, and say what it brought whenever the test asks.

Reads a line of standard input: `category`, `socket` (base URL), `symbol`, `watch` (any of `trades`,
`bars`, `book`, `tickers`), `depth` of the book. Then answers the words of `kept.py`. pybit keeps
the book by itself and hands it over whole. What ends its thread is an error.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pybit.unified_trading

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer


class Callbacks:
    """What pybit calls, in its own thread."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.newest: dict[str, Any] | None = None

    def trades(self, message: dict[str, Any]) -> None:
        """Keep the trades of a message."""
        for one in message["data"]:
            self.kept.add_trade(one["i"], one["T"], one["p"], one["v"], one["S"])

    def bars(self, message: dict[str, Any]) -> None:
        """Keep the bars of a message."""
        for one in message["data"]:
            prices = (one["open"], one["high"], one["low"], one["close"], one["volume"])
            self.kept.add_bar(one["start"], prices, one["confirm"])

    def book(self, message: dict[str, Any]) -> None:
        """Keep the book as pybit has it now."""
        self.kept.seen["books"] += 1
        self.newest = {side: list(message["data"][side]) for side in ("b", "a")}

    def tickers(self, message: dict[str, Any]) -> None:
        """Keep the funding of a ticker."""
        data = message["data"]
        self.kept.add_funding(data["fundingRate"], int(data["nextFundingTime"]))

    def report(self, word: str) -> object:
        """What is kept under a word."""
        newest = self.newest
        if word == "book" and newest is not None:
            self.kept.clear_book()
            self.kept.change_book("bids", newest["b"])
            self.kept.change_book("asks", newest["a"])
        return self.kept.report(word)


class Complaints(logging.Handler):
    """What the websocket library under pybit logs of an error in a callback.

    Args:
        errors: where it goes.
    """

    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.errors.append(record.getMessage())


def main() -> None:
    """Run what the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    pybit.unified_trading.PUBLIC_WSS = wanted["socket"] + "/v5/public/{CHANNEL_TYPE}"
    socket = pybit.unified_trading.WebSocket(channel_type=wanted["category"], testnet=False)
    callbacks, symbol = Callbacks(), wanted["symbol"]
    logging.getLogger("websocket").addHandler(Complaints(callbacks.kept.errors))
    subscribe = {
        "trades": lambda: socket.trade_stream(symbol, callbacks.trades),
        "bars": lambda: socket.kline_stream(1, symbol, callbacks.bars),
        "book": lambda: socket.orderbook_stream(wanted["depth"], symbol, callbacks.book),
        "tickers": lambda: socket.ticker_stream(symbol, callbacks.tickers),
    }
    for name in wanted["watch"]:
        subscribe[name]()
    answer(callbacks.report)
    socket.exit()


if __name__ == "__main__":
    main()
