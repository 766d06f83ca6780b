"""The calls that are made of every exchange of ccxt, and where the bars that they ask for open.

What belongs here: what is asked, and what ccxt makes of a refusal. What does not: what the answers
are compared with (`expected.py`), which exchanges there are (`ccxt_markets.py`).
"""

from __future__ import annotations

from typing import Any

from crypto_pipeline.simulator.market.timeframes import DAY
from crypto_pipeline_tests.clients.ccxt_markets import Call, Market
from crypto_pipeline_tests.clients.expected import timeframe

SINCE = 1_704_067_200_000
"""2024-01-01T00:00Z, a Monday: every timeframe's grid but that of 3 days has a bar there."""
BARS, TRADES, LEVELS = 4, 50, 50
TIMEFRAMES = {
    "binance": "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M",
    "okx": "1m 3m 5m 15m 30m 1h 2h 4h 6h 12h 1d 1w 1M 3M",
    "bybit": "1m 3m 5m 15m 30m 1h 2h 4h 6h 12h 1d 1w 1M",
    "coinbase": "1m 5m 15m 30m 1h 2h 6h 1d",
    "coinbaseexchange": "1m 5m 15m 1h 6h 1d",
}
TIMEFRAMES["binanceusdm"] = TIMEFRAMES["binance"]


REFUSED: dict[str, tuple[str, list[Any], str]] = {
    "api.binance.com": ("publicGetKlines", [{"symbol": "NONE", "interval": "1m"}], "BadSymbol"),
    "fapi.binance.com": (
        "fapiPublicGetKlines",
        [{"symbol": "NONE", "interval": "1m"}],
        "BadSymbol",
    ),
    "www.okx.com": ("publicGetMarketCandles", [{"instId": "NONE-USDT"}], "BadSymbol"),
    "api.bybit.com": (
        "publicGetV5MarketKline",
        [{"category": "linear", "symbol": "NONE", "interval": "1"}],
        "BadRequest",
    ),
    "api.coinbase.com": (
        "v3PublicGetBrokerageMarketProductsProductIdCandles",
        [{"product_id": "NONE-USD", "granularity": "ONE_MINUTE", "start": 1, "end": 61}],
        "ExchangeError",
    ),
    "api.exchange.coinbase.com": (
        "publicGetProductsIdCandles",
        [{"id": "NONE-USD"}],
        "OrderNotFound",
    ),
}
"""A call that ccxt does not check, and what it makes of the exchange's own error."""


NO_FUNDING = {
    "binance": "[]",
    "okx": "BadSymbol",
    "bybit": "NotSupported",
    "coinbase": "NotSupported",
    "coinbaseexchange": "NotSupported",
}
"""What asking for a pair's funding gives; on Binance ccxt asks the futures host, and drops it."""


def calls_of(market: Market) -> dict[str, Call]:
    """Name, arguments and keywords of every call; `fetch_status` last, it is dear on OKX."""
    symbol = market.symbol
    bars: dict[str, Call] = {
        f"bars {name}": ("fetch_ohlcv", [symbol, name, SINCE, count_of(name)], {})
        for name in TIMEFRAMES[market.exchange].split()
    }
    return {
        "markets": ("load", [], {}),
        "timeframes": ("attribute", ["timeframes"], {}),
        "time": ("fetch_time", [], {}),
        "newest bars": ("fetch_ohlcv", [symbol, "1m"], {"limit": BARS}),
        **bars,
        "trades": ("fetch_trades", [symbol], {"limit": TRADES}),
        "book": ("fetch_order_book", [symbol, LEVELS], {}),
        "fundings": ("fetch_funding_rate_history", [symbol], {"limit": 3}),
        "unknown": ("fetch_ohlcv", ["NONE/NONE", "1m"], {}),
        "trades since": ("fetch_trades", [symbol, SINCE], {"limit": 1}),
        "refused": (*REFUSED[market.host][:2], {}),
        "status": ("fetch_status", [], {}),
    }


def count_of(name: str) -> int:
    """How many bars to ask for; of months fewer, they are dear to compute."""
    return 2 if name.endswith("M") else BARS


def openings_of(market: Market, name: str, first: int) -> list[int]:
    """Where the bars since SINCE open; only the exchange knows on which days those of three do."""
    grid = timeframe(name)
    wanted = SINCE
    if market.exchange == "bybit" and name in ("1w", "1M"):
        # ccxt rounds `since` up to whole weeks, or 30 days, from the epoch.
        step = {"1w": 7 * DAY, "1M": 30 * DAY}[name]
        wanted = grid.following(grid.opening(-(-SINCE // step) * step))
    openings = [wanted if name != "3d" else first]
    while len(openings) < count_of(name):
        openings.append(grid.following(openings[-1]))
    return openings
