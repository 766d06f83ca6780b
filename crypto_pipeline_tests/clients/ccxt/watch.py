"""Watch one symbol with ccxt.pro, and say what was kept whenever the test asks.

Reads a line of standard input: `endpoints`, `exchange`, `config`, `symbol`, `watch` (method names,
each with its further arguments). Then answers the words of `kept.py`; a book has its `nonce` too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt.pro as ccxt
from pointing import pointed_at

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer_from_loop

MOST_ERRORS = 5
"""No method is called again after so many."""
PAUSE = 0.05
"""Seconds after an error."""


class Watcher:
    """What one exchange's streams of one symbol brought.

    Args:
        exchange: of ccxt.pro.
        symbol: ccxt's.
    """

    def __init__(self, exchange: Any, symbol: str) -> None:
        self.exchange, self.symbol, self.kept = exchange, symbol, Kept()

    async def watch(self, method: str, arguments: list[Any]) -> None:
        """Call a method over and over, until it fails too often."""
        while len(self.kept.errors) < MOST_ERRORS:
            try:
                got = await getattr(self.exchange, method)(self.symbol, *arguments)
            except ccxt.BaseError as error:
                self.kept.errors.append(f"{type(error).__name__}: {error}")
                await asyncio.sleep(PAUSE)
                continue
            self.kept.seen[method] += 1
            self._keep(method, got)

    def report(self, word: str) -> object:
        """What was kept; the book is ccxt's own."""
        book = self.exchange.orderbooks.get(self.symbol)
        if word != "book" or book is None:
            return self.kept.report(word)
        bids, asks = ([level[:2] for level in book[side]] for side in ("bids", "asks"))
        return {"bids": bids, "asks": asks, "nonce": book["nonce"]}

    def _keep(self, method: str, got: Any) -> None:
        if method == "watch_trades":
            for one in got:
                sized = (one["price"], one["amount"], one["side"])
                self.kept.add_trade(one["id"], one["timestamp"], *sized)
        if method == "watch_ohlcv":
            for row in got:
                self.kept.add_bar(row[0], row[1:], closed=False)


async def main() -> None:
    """Watch what the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    exchange = getattr(ccxt, wanted["exchange"])(wanted["config"])
    pointed_at(exchange, wanted["endpoints"])
    watcher = Watcher(exchange, wanted["symbol"])
    tasks = [asyncio.create_task(watcher.watch(*each)) for each in wanted["watch"]]
    try:
        await answer_from_loop(watcher.report)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main())
