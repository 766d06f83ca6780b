"""The paths of spot with their weights: api.binance.com, api1.binance.com, data-api.binance.vision.

What belongs here: the table. What does not: answers (`paths.py`).
"""

from __future__ import annotations

import re

from crypto_pipeline.simulator.binance.dialects import SPOT
from crypto_pipeline.simulator.binance.info import spot_info
from crypto_pipeline.simulator.binance.parameters import Query, RequestError, symbol_texts
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
from crypto_pipeline.simulator.market.calendar import HALTS
from crypto_pipeline.simulator.market.listings import Listing

_STATUSES = ("TRADING", "HALT", "BREAK")
_PERMISSION = "SPOT"
_NORMAL: dict[str, object] = {"status": 0, "msg": "normal"}
_MAINTENANCE: dict[str, object] = {"status": 1, "msg": "system_maintenance"}


def spot_basics(symbols: Symbols, klines: Klines) -> dict[str, Route]:
    """What recordings answer as well: symbols, klines and the system's status, by path."""

    def information(call: Call) -> Reply:
        shown = call.query.get("showPermissionSets", "true") != "false"
        return spot_info(SPOT, asked_symbols(symbols, call), call.now, permission_sets=shown)

    rows = Route(klines.reply, weighs(2), klines.slow)
    return {
        **basics(SPOT, information),
        "/api/v3/klines": rows,
        "/api/v3/uiKlines": rows,
        "/sapi/v1/system/status": Route(lambda _: _NORMAL),
    }


def asked_symbols(symbols: Symbols, call: Call) -> list[tuple[Listing, str]]:
    """What an exchangeInfo is to list: by name, by status, by permission, or everything.

    Raises:
        RequestError: a filter is wrong, or goes not with another.
    """
    names, status = symbol_texts(call.query), call.query.get("symbolStatus")
    permissions = call.query.get("permissions")
    if names is not None and (status is not None or permissions is not None):
        raise RequestError(-1128, "Combination of optional parameters invalid.")
    if status not in (None, *_STATUSES):
        raise RequestError(-1130, "Data sent for parameter 'symbolStatus' is not valid.")
    if permissions is not None and _PERMISSION not in re.findall(r"\w+", permissions):
        return []
    found = symbols.with_status(call.now_ms, names)
    return [each for each in found if status in (None, each[1])]


def spot_routes(paths: MarketPaths, klines: Klines) -> dict[str, Route]:
    """Every path of the synthetic market's spot."""
    trades = paths.trades
    return {
        **spot_basics(paths.symbols, klines),
        "/sapi/v1/system/status": Route(_status),
        "/api/v3/aggTrades": Route(paths.of_symbol(trades.aggregated), weighs(4), always),
        "/api/v3/trades": Route(paths.of_symbol(trades.recent), weighs(25), always),
        "/api/v3/historicalTrades": Route(paths.of_symbol(trades.historical), weighs(25), always),
        "/api/v3/depth": Route(paths.depth, paths.tickers.depth_weight),
        "/api/v3/avgPrice": Route(paths.average, weighs(2)),
        "/api/v3/ticker/24hr": Route(paths.day, _day_weight, unnamed),
        "/api/v3/ticker/bookTicker": Route(paths.book_ticker, _pair_weight, unnamed),
        "/api/v3/ticker/price": Route(paths.price, _pair_weight, unnamed),
    }


def _status(call: Call) -> Reply:
    """Maintenance while nothing of the exchange trades."""
    halted = any(start <= call.now_ms < end for start, end in HALTS["binance"])
    return _MAINTENANCE if halted else _NORMAL


def _pair_weight(query: Query) -> int:
    return 2 if "symbol" in query else 4


def _day_weight(query: Query) -> int:
    if "symbol" in query:
        return 2
    several = query.get("symbols", "").count(",") + 1
    if "symbols" not in query or several > 100:
        return 80
    return 2 if several <= 20 else 40
