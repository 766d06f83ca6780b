"""Which exchange's websocket a captured frame came from, and of which stream it is.

What belongs here: reading that off frames, connection URLs and folder names. What does not: lines
and files; the streams that an exchange offers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

SPOT, USD_M, COIN_M = "stream.binance.com:9443", "fstream.binance.com", "dstream.binance.com"
OKX, BYBIT = "ws.okx.com:8443", "stream.bybit.com"
ADVANCED, EXCHANGE = "advanced-trade-ws.coinbase.com", "ws-feed.exchange.coinbase.com"

_HEAD = re.compile(
    rb'\{"stream": ?"(?P<binance>[^"]+)"'
    rb'|\{"topic": ?"(?P<bybit>[^"]+)"'
    rb'|\{"arg": ?\{"channel": ?"(?P<okx>[^"]+)", ?"instId": ?"(?P<instrument>[^"]+)"\}'
    rb'|\{"type": ?"(?P<exchange>\w+)".*?"product_id": ?"(?P<product>[^"]+)"'
    rb'|\{"channel": ?"(?P<advanced>\w+)"(?:.*?"product_id": ?"(?P<traded>[^"]+)")?'
)
_HOSTS = {
    "binance": SPOT, "bybit": BYBIT, "okx": OKX, "exchange": EXCHANGE, "advanced": ADVANCED,
}  # fmt: skip
_EXCHANGE_CHANNELS = {
    "match": "matches", "last_match": "matches", "snapshot": "level2", "l2update": "level2",
    "ticker": "ticker", "heartbeat": "heartbeat", "status": "status",
}  # fmt: skip
_SAME_BUT_FOR_CADENCE = {
    "level2_batch": "level2", "level2_50": "level2",
    "ticker_batch": "ticker", "ticker_1000": "ticker",
}  # fmt: skip
_NO_CHANNELS = {"subscriptions", "error"}
_BINANCE_EVENTS = {
    "trade": "trade", "aggTrade": "aggTrade", "depthUpdate": "depth", "bookTicker": "bookTicker",
    "markPriceUpdate": "markPrice", "24hrTicker": "ticker", "24hrMiniTicker": "miniTicker",
    "forceOrder": "forceOrder",
}  # fmt: skip
_FUTURES = re.compile(rb'"pu":|"X":"|"e":"(?:bookTicker|markPriceUpdate|forceOrder)"')
_INVERSE = re.compile(rb'_perp@|usd_\d{6}@|"s":"\w+USD_(?:PERP|\d{6})"')
_FUTURES_WORDS = {"usdm", "um", "futures", "perp", "linear", "swap", "fstream"}
_INVERSE_WORDS = {"coinm", "cm", "inverse", "dstream"}
_SPOT_WORDS = {"spot"}
_WORD = re.compile(r"[a-z0-9]+")
_CADENCE = re.compile(r"@\d+m?s$")


def stream_of(frame: bytes) -> str:
    """The exchange's own name of the stream, as `FeedSource.feed` takes it; empty for acks."""
    return _named(frame)[1]


def family(stream: str) -> str:
    """A stream without its cadence: whoever asks for one of a family can be given another.

    So can who asks for the `status` of a product: frames of that channel are about all products.
    """
    channel, colon, product = stream.partition(":")
    if channel == "status":
        return channel
    if channel in _SAME_BUT_FOR_CADENCE:
        return f"{_SAME_BUT_FOR_CADENCE[channel]}{colon}{product}"
    return _CADENCE.sub("", stream)


def channel_and_symbol(stream: str) -> tuple[str, str]:
    """The exchange's channel and symbol of a stream, for fault rules; either may be empty."""
    if "@" in stream:
        symbol, _, channel = stream.partition("@")
        return channel, symbol.upper()
    if ":" in stream:
        channel, _, symbol = stream.partition(":")
        return channel, symbol
    channel, dot, symbol = stream.rpartition(".")
    return (channel, symbol) if dot else (stream, "")


def host_of(frames: Iterable[bytes], told: str) -> str:
    """The production host whose websocket sent these; Bybit's category follows after a slash.

    Args:
        frames: some of the file's, from its start.
        told: what its folder, name and connection URL say: names such as `spot` or `linear`.

    Returns:
        A host, `stream.bybit.com/linear`; empty where no frame is of a known stream.
    """
    some, words = list(frames), set(_WORD.findall(told.lower()))
    host = next((host for host, stream in map(_named, some) if stream), "")
    if host == BYBIT:
        return _bybit(words)
    return _binance(some, words) if host == SPOT else host


def _bybit(words: set[str]) -> str:
    if words & _SPOT_WORDS:
        return f"{BYBIT}/spot"
    return f"{BYBIT}/linear" if words & _FUTURES_WORDS else BYBIT


def _binance(frames: list[bytes], words: set[str]) -> str:
    """Contents decide; klines are alike everywhere, so that names decide on them."""
    if any(_INVERSE.search(frame[:200]) for frame in frames) or words & _INVERSE_WORDS:
        return COIN_M
    if any(_FUTURES.search(frame) for frame in frames):
        return USD_M
    return USD_M if words & _FUTURES_WORDS and not words & _SPOT_WORDS else SPOT


def _named(frame: bytes) -> tuple[str, str]:
    """Host and stream of one frame; Binance's is the spot one for now."""
    found = _HEAD.match(frame)
    kind = found.lastgroup if found is not None else None
    if found is None or kind is None:
        return _parsed(frame)
    if kind in ("binance", "bybit"):
        return _HOSTS[kind], found[kind].decode()
    if kind == "instrument":
        return OKX, f"{found['okx'].decode()}:{found['instrument'].decode()}"
    if kind == "product":
        channel = _EXCHANGE_CHANNELS.get(found["exchange"].decode(), "")
        return EXCHANGE, channel and f"{channel}:{found['product'].decode()}"
    return ADVANCED, _advanced(found["advanced"].decode(), (found["traded"] or b"").decode())


def _advanced(channel: str, product: str) -> str:
    if channel in _NO_CHANNELS:
        return ""
    name = "level2" if channel == "l2_data" else channel
    return f"{name}:{product}" if product else name


def _parsed(frame: bytes) -> tuple[str, str]:
    """Host and stream of a frame whose head does not tell, as Binance's raw ones do not.

    Nor does that of Exchange's `status`, which is about no single product.
    """
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(message, dict) or "event" in message:
        return "", ""
    argument, topic = message.get("arg"), message.get("topic")
    if isinstance(topic, str):
        return BYBIT, topic
    if isinstance(argument, dict):
        key = argument.get("instId") or argument.get("instFamily") or argument.get("instType", "")
        return OKX, f"{argument.get('channel')}:{key}"
    if message.get("type") == "status":
        return EXCHANGE, "status"
    return SPOT, _raw_binance(message)


def _raw_binance(message: dict[str, Any]) -> str:
    event, order, kline = message.get("e"), message.get("o"), message.get("k")
    holder = order if event == "forceOrder" and isinstance(order, dict) else message
    symbol = str(holder.get("s", "")).lower()
    if event == "kline":
        return f"{symbol}@kline_{kline.get('i')}" if isinstance(kline, dict) else ""
    if event is None and {"u", "b", "B", "a", "A"} <= message.keys():
        return f"{symbol}@bookTicker"
    channel = _BINANCE_EVENTS.get(str(event), "")
    return channel and f"{symbol}@{channel}"
