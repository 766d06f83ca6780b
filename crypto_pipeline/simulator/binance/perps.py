"""The paths of USDⓈ-M with their weights: fapi.binance.com; and those of the empty COIN-M.

What belongs here: the tables, the API key, the funding limit. What does not: answers (`paths.py`,
`funding.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from crypto_pipeline.simulator.binance.dialects import PERP
from crypto_pipeline.simulator.binance.funding import FundingPages
from crypto_pipeline.simulator.binance.info import coin_margined_info, perp_info
from crypto_pipeline.simulator.binance.limits import FIVE_MINUTES
from crypto_pipeline.simulator.binance.parameters import Query, RequestError, rough_limit
from crypto_pipeline.simulator.binance.paths import (
    Klines,
    MarketPaths,
    always,
    basics,
    unnamed,
    weighs,
)
from crypto_pipeline.simulator.binance.rest import Call, Reply, Route
from crypto_pipeline.simulator.binance.symbols import Symbols
from crypto_pipeline.simulator.wire.limits import FixedWindow
from crypto_pipeline.simulator.wire.rules import Rules

FUNDING_REQUESTS = 500
"""Of fundingRate and fundingInfo together, a client's in five minutes."""


def perp_basics(symbols: Symbols, klines: Klines) -> dict[str, Route]:
    """What recordings answer as well: symbols and klines, by path."""

    def information(call: Call) -> Reply:
        return perp_info(PERP, symbols.with_status(call.now_ms, None), call.now_ms)

    rows = Route(klines.reply, kline_weight, klines.slow)
    return {**basics(PERP, information), "/fapi/v1/klines": rows}


def perp_routes(
    paths: MarketPaths, klines: Klines, others: dict[str, Klines], rules: Rules
) -> dict[str, Route]:
    """Every path of the synthetic market's perpetuals.

    Args:
        paths: their answers.
        klines: of trades.
        others: klines of other prices, by the path's last part.
        rules: of the funding limit.
    """
    trades, tickers = paths.trades, paths.tickers
    more = {
        f"/fapi/v1/{name}": Route(each.reply, kline_weight, always) for name, each in others.items()
    }
    keyed = _with_key(paths.of_symbol(trades.historical))
    return {
        **perp_basics(paths.symbols, klines),
        **more,
        "/fapi/v1/aggTrades": Route(paths.of_symbol(trades.aggregated), weighs(20), always),
        "/fapi/v1/trades": Route(paths.of_symbol(trades.recent), weighs(5), always),
        "/fapi/v1/historicalTrades": Route(keyed, weighs(200), always),
        "/fapi/v1/depth": Route(paths.depth, tickers.depth_weight),
        "/fapi/v1/ticker/24hr": Route(paths.day, _alone_or_all(1, 40), unnamed),
        "/fapi/v1/ticker/bookTicker": Route(paths.book_ticker, _alone_or_all(2, 5), unnamed),
        "/fapi/v1/ticker/price": Route(paths.price, _alone_or_all(1, 2), unnamed),
        "/fapi/v2/ticker/price": Route(paths.price, _alone_or_all(1, 2), unnamed),
        **_funding_routes(paths, rules),
    }


def coin_margined_routes() -> dict[str, Route]:
    """COIN-M: alive, and without a symbol."""
    return {
        "/dapi/v1/ping": Route(lambda _: {}),
        "/dapi/v1/time": Route(lambda call: {"serverTime": call.now_ms}),
        "/dapi/v1/exchangeInfo": Route(lambda call: coin_margined_info(PERP, call.now_ms)),
    }


def kline_weight(query: Query) -> int:
    """What klines weigh, by their limit."""
    rows = rough_limit(query)
    steps = ((100, 1), (500, 2), (1001, 5))
    return next((weight for below, weight in steps if rows < below), 10)


def _funding_routes(paths: MarketPaths, rules: Rules) -> dict[str, Route]:
    replies = _FundingReplies(paths)
    shared = FixedWindow(rules, FUNDING_REQUESTS, FIVE_MINUTES)
    return {
        "/fapi/v1/fundingRate": Route(replies.history, weighs(0), always, shared),
        "/fapi/v1/fundingInfo": Route(replies.adjusted, weighs(0), allowance=shared),
        "/fapi/v1/premiumIndex": Route(replies.premium, _alone_or_all(1, 10), unnamed),
    }


class _FundingReplies:
    """How the three paths read their requests."""

    def __init__(self, paths: MarketPaths) -> None:
        self.pages, self.symbols = FundingPages(paths.market), paths.symbols

    def history(self, call: Call) -> Reply:
        """Settled rates of one symbol, or of all."""
        if "symbol" not in call.query:
            trading = self.symbols.trading(call.now_ms)
            return self.pages.newest(trading, call.query, call.now_ms)
        listing = self.symbols.asked(call.query, call.now_ms)
        return self.pages.history(listing, call.query, call.now_ms)

    def adjusted(self, call: Call) -> Reply:
        """Symbols with an interval of their own."""
        return self.pages.adjusted(self.symbols.trading(call.now_ms))

    def premium(self, call: Call) -> Reply:
        """Marks of one symbol, or of all."""
        listings, alone = self.symbols.several(call.query, call.now_ms)
        rows = [self.pages.premium(each, call.now_us) for each in listings]
        return rows[0] if alone else rows


def _alone_or_all(alone: int, every: int) -> Callable[[Query], int]:
    return lambda query: alone if "symbol" in query else every


def _with_key(reply: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """The reply to whoever sends an API key; any will do."""

    def keyed(call: Call) -> Reply:
        if not any(name.lower() == "x-mbx-apikey" and key for name, key in call.headers.items()):
            raise RequestError(-2014, "API-key format invalid.", 401)
        return reply(call)

    return keyed
