"""Run one of Binance's own connectors, and say what it brought whenever the test asks.

Reads a line of standard input: `product` (`spot` or `usds`), `stream` and `rest` (base URLs),
`symbol`, `watch` (methods of `Session`) and `astray` (streams to ask of a base that does not have
them, by the connector's name of the base). Then answers the words of `kept.py`.

The connector parses every message into its own model; one that does not fit is an error. It keeps
no book: it is kept here by the steps that Binance documents, and a gap in it is an error too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from binance_sdk_spot import Spot

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer_from_loop

DEPTH = 1000
Subscription = tuple[Awaitable[Any], Callable[[Any], None]]
"""The connector's request for a stream, and who takes its messages."""


class LocalBook:
    """A book by the documented steps: buffer, snapshot, then every change in sequence.

    Args:
        kept: where it is kept.
        snapshot: asks REST for one.
    """

    def __init__(self, kept: Kept, snapshot: Callable[[], Any]) -> None:
        self.kept, self._snapshot = kept, snapshot
        self._waiting: list[Any] = []
        self._last: int | None = None
        self._task: asyncio.Task[None] | None = None

    def take(self, change: Any) -> None:
        """Apply a change, or hold it until there is a snapshot."""
        self.kept.seen["books"] += 1
        if self._last is None:
            self._waiting.append(change)
            if self._task is None:
                self._task = asyncio.ensure_future(self._begin())
        else:
            self._apply(change)

    async def _begin(self) -> None:
        book = await asyncio.get_running_loop().run_in_executor(None, self._snapshot)
        self.kept.change_book("bids", book.bids)
        self.kept.change_book("asks", book.asks)
        self._last = book.last_update_id
        for change in self._waiting:
            self._apply(change)

    def _apply(self, change: Any) -> None:
        last, futures = self._last or 0, hasattr(change, "pu")
        if change.u < last or (change.u == last and not futures):
            return
        first = change.U <= last + (0 if futures else 1) <= change.u
        if not first and not (futures and change.pu == last):
            self.kept.errors.append(f"gap: after {last} came {change.U} to {change.u}")
        self.kept.change_book("bids", change.b)
        self.kept.change_book("asks", change.a)
        self._last = change.u


class Session:
    """One connector with the streams of one symbol.

    Args:
        wanted: what standard input said.
    """

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.kept, self.symbol = Kept(), wanted["symbol"]
        rest = ConfigurationRestAPI(base_path=wanted["rest"])
        streams = ConfigurationWebSocketStreams(stream_url=wanted["stream"])
        self.spot = wanted["product"] == "spot"
        product = Spot if self.spot else DerivativesTradingUsdsFutures
        self.client = product(config_rest_api=rest, config_ws_streams=streams)
        self.book = LocalBook(self.kept, self._snapshot)

    async def open(self, watch: list[str], astray: dict[str, list[str]]) -> None:
        """Connect and subscribe."""
        connection = await self.client.websocket_streams.create_connection()
        connection.on_connection("error", lambda error: self.kept.errors.append(repr(error)))
        for name in watch:
            stream, take = getattr(self, name)(connection)
            (await stream).on("message", take)
        for base, names in astray.items():
            await connection.subscribe(names, stream_url=base)
            for name in names:
                connection.on("message", self._stray, name)
        self.kept.seen["subscribed"] = len(watch) + len(astray)

    def trades(self, to: Any) -> Subscription:
        """Every fill; the connector offers it on spot alone."""
        return to.trade(symbol=self.symbol), lambda it: self._trade(it.t, it)

    def aggregates(self, to: Any) -> Subscription:
        """Aggregated trades."""
        ask = to.agg_trade if self.spot else to.aggregate_trade_streams
        return ask(symbol=self.symbol), lambda it: self._trade(it.a, it)

    def bars(self, to: Any) -> Subscription:
        """Klines of a minute."""
        ask = to.kline if self.spot else to.kline_candlestick_streams
        return ask(symbol=self.symbol, interval="1m"), lambda it: self._bar(it.k)

    def depth(self, to: Any) -> Subscription:
        """Changes of the book."""
        ask = to.diff_book_depth if self.spot else to.diff_book_depth_streams
        return ask(symbol=self.symbol, update_speed="100ms"), self.book.take

    def marks(self, to: Any) -> Subscription:
        """Mark prices with the running funding rate; futures alone."""
        ask = to.mark_price_stream(symbol=self.symbol, update_speed="1s")
        return ask, lambda it: self.kept.add_funding(it.r, it.T)

    def _trade(self, trade_id: int, it: Any) -> None:
        self.kept.add_trade(trade_id, it.T, it.p, it.q, "sell" if it.m else "buy")

    def _bar(self, bar: Any) -> None:
        self.kept.add_bar(bar.t, (bar.o, bar.h, bar.l, bar.c, bar.v), bar.x)

    def _stray(self, _: Any) -> None:
        self.kept.seen["astray"] += 1

    def _snapshot(self) -> Any:
        ask = self.client.rest_api.depth if self.spot else self.client.rest_api.order_book
        return ask(symbol=self.symbol.upper(), limit=DEPTH).data()


async def main() -> None:
    """Run what the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    session = Session(wanted)
    await session.open(wanted["watch"], wanted["astray"])
    await answer_from_loop(session.kept.report)
    await session.client.websocket_streams.close_connection(close_session=True)


if __name__ == "__main__":
    asyncio.run(main())
