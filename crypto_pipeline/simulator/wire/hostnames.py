"""The production hosts that the simulator stands for, by exchange.

What belongs here: their names, as `GET /endpoints` gives them and as rules name them. What does
not: what they answer.
"""

from __future__ import annotations

from crypto_pipeline.simulator.market.listings import Venue

HOSTS: dict[str, Venue] = {
    "api.binance.com": "binance",
    "api1.binance.com": "binance",
    "data-api.binance.vision": "binance",
    "fapi.binance.com": "binance",
    "dapi.binance.com": "binance",
    "data.binance.vision": "binance",
    "s3-ap-northeast-1.amazonaws.com": "binance",
    "stream.binance.com:9443": "binance",
    "data-stream.binance.vision": "binance",
    "fstream.binance.com": "binance",
    "dstream.binance.com": "binance",
    "www.okx.com": "okx",
    "openapi.okx.com": "okx",
    "static.okx.com": "okx",
    "ws.okx.com:8443": "okx",
    "api.bybit.com": "bybit",
    "api.bytick.com": "bybit",
    "stream.bybit.com": "bybit",
    "public.bybit.com": "bybit",
    "api.coinbase.com": "coinbase",
    "api.exchange.coinbase.com": "coinbase",
    "advanced-trade-ws.coinbase.com": "coinbase",
    "ws-feed.exchange.coinbase.com": "coinbase",
}
"""Each host's exchange, in the order of `GET /endpoints`."""


def valid_host(name: str) -> str:
    """The name, if it is one.

    Raises:
        ValueError: it is none; the text lists those that are.
    """
    if name not in HOSTS:
        raise ValueError(f"no such host; valid are {', '.join(HOSTS)}")
    return name
