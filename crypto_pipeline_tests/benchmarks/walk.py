"""A random walk that looks like the 1m bars of one coin.

What belongs here: the numbers, in whole units of 1e-8 as the exchange prints them, the same for
the same coin and length. What does not: times, text and files (`make_archive.py`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNITS = 100_000_000
"""Parts of one coin that the exchange's text resolves."""

Units = NDArray[np.int64]


@dataclass(frozen=True)
class Walk:
    """Bars column by column: prices in quote per base, amounts in coins, all in units of 1e-8."""

    open: Units
    high: Units
    low: Units
    close: Units
    volume_base: Units
    volume_quote: Units
    trade_count: Units
    taker_volume_base: Units
    taker_volume_quote: Units


def walk(coin: str, bars: int) -> Walk:
    """Bars of one coin, each opening where the last one closed; one in 500 saw no trade."""
    random = np.random.default_rng(zlib.crc32(coin.encode()))
    first_price = 10 ** random.uniform(-1, 4.5)
    steps = random.normal(0, 6e-4, bars) * (random.random(bars) > 0.002)
    close = first_price * np.exp(np.cumsum(steps))
    open_ = np.concatenate([[first_price], close[:-1]])
    is_traded = steps != 0
    spread = np.abs(random.normal(0, 3e-4, (2, bars))) * is_traded
    high = np.maximum(open_, close) * (1 + spread[0])
    low = np.minimum(open_, close) * (1 - spread[1])
    prices = [_on_tick(price, first_price) for price in (open_, high, low, close)]
    return Walk(*prices, *_amounts(random, prices, is_traded))


def _amounts(
    random: np.random.Generator, prices: list[Units], is_traded: NDArray[np.bool_]
) -> tuple[Units, ...]:
    bars = len(is_traded)
    mean_price = np.mean(prices, axis=0) / UNITS
    step = max(1, 10 ** int(8 - np.ceil(np.log10(mean_price[0]) + 2).clip(0, 5)))
    base = np.rint(np.exp(random.normal(10.5, 1.2, bars)) / mean_price * UNITS / step) * step
    base = np.maximum(base, step) * is_traded
    taker_base = np.floor(base * random.uniform(0.2, 0.8, bars) / step) * step
    quote, taker_quote = (np.rint(amount * mean_price) for amount in (base, taker_base))
    trades = (random.poisson(np.sqrt(quote / UNITS)) + 1) * is_traded
    columns = (base, quote, trades, taker_base, taker_quote)
    return tuple(column.astype(np.int64) for column in columns)


def _on_tick(price: NDArray[np.float64], first_price: float) -> Units:
    """Prices on a tick of about a hundred-thousandth, as units."""
    digits = int(np.clip(5 - np.ceil(np.log10(first_price)), 2, 8))
    ticks = np.rint(price * 10.0**digits) * 10.0 ** (8 - digits)
    units: Units = ticks.astype(np.int64)
    return units
