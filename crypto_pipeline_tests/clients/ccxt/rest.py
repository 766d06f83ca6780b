"""Make calls on one exchange of ccxt (async), in order, and print what each gave.

Reads from standard input: `endpoints` (base URL by production host), `exchange` (ccxt's id),
`config` (of its constructor), `calls` (lists of name, arguments, keywords). A call is a method of
the exchange, or one of those here. Prints a list: `{"value": ...}` or `{"error": class, "message":
text}` for each call.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt.async_support as ccxt
from pointing import pointed_at

from crypto_pipeline_tests.clients.reports import say

PAGES = 100
"""More than any paging here takes, so that a venue that repeats itself ends it."""


async def main() -> None:
    """Make the calls that standard input names."""
    wanted = json.loads(sys.stdin.read())
    exchange = getattr(ccxt, wanted["exchange"])(wanted["config"])
    pointed_at(exchange, wanted["endpoints"])
    try:
        say([await _outcome(exchange, *call) for call in wanted["calls"]])
    finally:
        await exchange.close()


async def _outcome(
    exchange: Any, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> dict[str, Any]:
    call = {"attribute": _attribute, "load": _load, "page_ohlcv": _page_ohlcv}.get(name)
    try:
        if call is not None:
            return {"value": await call(exchange, *arguments, **keywords)}
        return {"value": await getattr(exchange, name)(*arguments, **keywords)}
    except ccxt.BaseError as error:
        return {"error": type(error).__name__, "message": str(error)}


async def _attribute(exchange: Any, name: str) -> Any:
    return getattr(exchange, name)


async def _load(exchange: Any) -> dict[str, Any]:
    """The markets without the raw rows that they were read from."""
    markets = await exchange.load_markets()
    kept = ("id", "type", "active", "precision", "limits", "contractSize", "created", "linear")
    return {symbol: {key: market[key] for key in kept} for symbol, market in markets.items()}


async def _page_ohlcv(
    exchange: Any, symbol: str, timeframe: str, since: int, until: int, limit: int
) -> list[Any]:
    """All bars that open in [since, until), as a user pages: on from after the last bar."""
    step = exchange.parse_timeframe(timeframe) * 1000
    bars: list[Any] = []
    for _ in range(PAGES):
        page = await exchange.fetch_ohlcv(symbol, timeframe, since, limit)
        bars += [bar for bar in page if bar[0] < until]
        since = page[-1][0] + step if page else since + limit * step
        if since >= until:
            break
    return bars


if __name__ == "__main__":
    asyncio.run(main())
