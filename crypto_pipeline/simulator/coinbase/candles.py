"""Candles of both interfaces: granularities, and rows as text.

What belongs here: what Exchange and Advanced Trade write of a bar. What does not: parameters.
"""

from __future__ import annotations

import pyarrow as pa

from crypto_pipeline.simulator.coinbase.notation import joined_texts
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.texts import trimmed_texts, whole_texts
from crypto_pipeline.simulator.market.timeframes import MINUTE, Timeframe

EXCHANGE_LENGTHS = (60, 300, 900, 3600, 21600, 86400)
"""Granularities of Exchange in seconds; there are no others."""

_NAMED_MINUTES = {
    "ONE_MINUTE": 1,
    "FIVE_MINUTE": 5,
    "FIFTEEN_MINUTE": 15,
    "THIRTY_MINUTE": 30,
    "ONE_HOUR": 60,
    "TWO_HOUR": 120,
    "FOUR_HOUR": 240,
    "SIX_HOUR": 360,
    "ONE_DAY": 1440,
}
ADVANCED_FRAMES = {name: Timeframe(count * MINUTE) for name, count in _NAMED_MINUTES.items()}
"""Granularities of Advanced Trade."""

FIVE_MINUTES = ADVANCED_FRAMES["FIVE_MINUTE"]


def exchange_rows(listing: Listing, bars: Bars, _: Timeframe) -> list[bytes]:
    """Candles as Exchange writes them: `[time,low,high,open,close,volume]`, all numbers."""
    start, low, high, opening, close, volume = _columns(listing, bars)
    columns = (start, ",", low, ",", high, ",", opening, ",", close, ",", volume, "]")
    return joined_texts("[", *columns)


def advanced_rows(listing: Listing, bars: Bars, _: Timeframe) -> list[bytes]:
    """Candles as Advanced Trade's REST writes them: named, all texts."""
    names = ("start", "low", "high", "open", "close", "volume")
    parts: list[pa.Array | str] = []
    for name, column in zip(names, _columns(listing, bars), strict=True):
        parts += [f'"{name}":"', column, '",']
    return joined_texts("{", *parts[:-1], '"}')


def pushed_rows(listing: Listing, bars: Bars) -> list[bytes]:
    """Candles as Advanced Trade's websocket writes them."""
    start, low, high, opening, close, volume = _columns(listing, bars)
    prices = (start, '","high":"', high, '","low":"', low, '","open":"', opening)
    rest = ('","close":"', close, '","volume":"', volume, '","product_id":"')
    return joined_texts('{"start":"', *prices, *rest, listing.symbol + '"}')


def _columns(listing: Listing, bars: Bars) -> list[pa.Array]:
    """Start in seconds, low, high, open, close and volume."""
    prices = (bars.low, bars.high, bars.open, bars.close)
    return [
        whole_texts(bars.open_time // 1000),
        *(trimmed_texts(price, listing.price_decimals) for price in prices),
        trimmed_texts(bars.volume, listing.lot_decimals),
    ]
