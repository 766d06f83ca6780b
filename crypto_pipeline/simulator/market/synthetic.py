"""A synthetic market from a seed: any minute since the listing, computed without its past.

What belongs here: the hidden price of a coin, the 1m bars that follow from it, and the market's
listings. What does not: how bars are served (`binance_rest.py`, `binance_archive.py`).

The hidden price is value noise summed over eleven time scales, from a minute to two years, each
lattice point a hash of (seed, coin, scale, index). Spot and perpetual of a coin share it. A 1m bar
could be rebuilt from trades: each of its four prices has a lot of its own in the volumes. All
longer bars are aggregations of 1m bars.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.market.bars import (
    Bars,
    Integers,
    Row,
    Window,
    aggregated,
    columns,
    joined,
    rest_row,
)
from crypto_pipeline.simulator.market.listings import Listing

Floats = npt.NDArray[np.float64]

MINUTE = 60_000
DAY = 1440 * MINUTE
LISTED_AT = 17_395 * DAY
"""2017-08-17T00:00Z in ms since the epoch."""

_SCALES = 11
_STEP_PER_ROOT_MINUTE = 0.0005
_PRICES_OF_A_BAR = 4


@dataclass(frozen=True, slots=True)
class Coin:
    """What shapes one coin's market.

    Attributes:
        price: the middle of its price range, USDT.
        volatility: how far it moves, 1 being a volatility of 0.05 % in a minute.
        turnover: a usual minute's volume, USDT.
        trade: a usual trade's size, USDT.
        quiet: the share of minutes without a trade.
        spot: price_decimals, tick, lot_decimals of its spot pair.
        perp: the same of its perpetual.
    """

    price: float
    volatility: float
    turnover: float
    trade: float
    quiet: float
    spot: tuple[int, int, int]
    perp: tuple[int, int, int]


COINS = {
    "BTC": Coin(30_000.0, 0.8, 1_500_000.0, 1_800.0, 0.0, (2, 1, 5), (2, 10, 3)),
    "ETH": Coin(2_000.0, 1.0, 800_000.0, 1_200.0, 0.0, (2, 1, 4), (2, 1, 3)),
    "SOL": Coin(80.0, 1.3, 250_000.0, 700.0, 0.0, (2, 1, 3), (4, 100, 2)),
    "XRP": Coin(0.6, 1.1, 150_000.0, 500.0, 0.0, (4, 1, 1), (4, 1, 1)),
    "DOGE": Coin(0.12, 1.3, 80_000.0, 400.0, 0.003, (5, 1, 0), (6, 10, 0)),
    "AVAX": Coin(25.0, 1.3, 40_000.0, 300.0, 0.02, (2, 1, 2), (4, 10, 0)),
}


class SyntheticMarket:
    """The bars of one seed; a `KlineSource`.

    Args:
        seed: two markets of one seed are equal to the last digit.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.origin = f"simulator:{seed}"
        self._day = lru_cache(maxsize=1024)(self._compute_day)

    def listings(self, instrument_type: InstrumentType) -> list[Listing]:
        """Every symbol of that type, each listed since 2017-08-17."""
        spot = instrument_type is InstrumentType.SPOT
        shapes = {name: coin.spot if spot else coin.perp for name, coin in COINS.items()}
        return [
            Listing(instrument_type, name, "USDT", *shape, LISTED_AT)
            for name, shape in shapes.items()
        ]

    def rows(self, listing: Listing, interval: Interval, window: Window, now: int) -> list[Row]:
        """The rows of a window, ascending, the open bar as far as it has come."""
        step = interval.microseconds // 1000
        first = max(-(-window.start // step) * step, listing.listed_at)
        last = min(window.end, now) // step * step
        if window.newest:
            first = max(first, last - (window.limit - 1) * step)
        last = min(last, first + (window.limit - 1) * step)
        if last < first:
            return []
        bars = self.bars(listing, interval, first, last + step, now)
        texts = [column.to_pylist() for column in columns(listing, bars, interval)]
        return [rest_row(list(row)) for row in zip(*texts, strict=True)]

    def bars(self, listing: Listing, interval: Interval, start: int, end: int, now: int) -> Bars:
        """The bars that open in [start, end).

        Args:
            listing: of what.
            interval: how long a bar is.
            start: ms since the epoch, on the interval's grid.
            end: ms, exclusive, later than `start`.
            now: ms; a bar that has not ended by then is as far as it has come.
        """
        days = range(start // DAY, -(-end // DAY))
        whole = joined([self._day(listing, interval, day) for day in days])
        step = interval.microseconds // 1000
        offset = (start - days[0] * DAY) // step
        chosen = whole[offset : offset + (end - start) // step]
        if end <= now:
            return chosen
        opened = int(np.searchsorted(chosen.open_time, now // step * step))
        return joined([chosen[:opened], self._open_bar(listing, interval, now)])

    def _open_bar(self, listing: Listing, interval: Interval, now: int) -> Bars:
        start = now // (interval.microseconds // 1000) * (interval.microseconds // 1000)
        minutes = self._day(listing, Interval.M1, start // DAY)
        first, current = (start % DAY) // MINUTE, (now % DAY) // MINUTE
        share = (now % MINUTE) / MINUTE
        begun = self._minutes(listing, now // MINUTE, 1, share)
        return aggregated(joined([minutes[first:current], begun]), 1440)

    def _compute_day(self, listing: Listing, interval: Interval, day: int) -> Bars:
        if interval is not Interval.M1:
            minutes = self._day(listing, Interval.M1, day)
            return aggregated(minutes, 1440 // interval.bars_per_day)
        return self._minutes(listing, day * 1440, 1440, 1.0)

    def _minutes(self, listing: Listing, first: int, count: int, share: float) -> Bars:
        """`count` bars from minute `first` since the epoch, each as far as `share` of it."""
        shape = _Shape(self.seed, listing, first - 1, count + 1)
        opens, closes = shape.prices()
        volume, trades = shape.volumes(share)
        quiet = shape.quiet()
        flat = quiet | (volume == 0)
        flat_price = np.where(quiet, np.roll(closes, 1), opens)
        prices = [np.where(flat, flat_price, p) for p in shape.ranges(opens, closes, share)]
        return shape.settled(prices, np.where(flat, 0, volume), np.where(flat, 0, trades))[1:]


class _Shape:
    """The random draws behind some minutes of one listing."""

    def __init__(self, seed: int, listing: Listing, first: int, count: int) -> None:
        self.coin = COINS[listing.base]
        self.listing = listing
        self.key = f"{seed}:{listing.instrument_type}:{listing.symbol}"
        self.coin_key, self.common_key = f"{seed}:{listing.base}", f"{seed}:market"
        self.minutes = np.arange(first, first + count + 1, dtype=np.int64)

    def uniform(self, stream: str) -> Floats:
        """One number in [0, 1) a minute, of this listing's own."""
        return _uniform(f"{self.key}:{stream}", self.minutes[:-1])

    def path(self) -> Floats:
        """The hidden price at each minute's start and at the end of the last, USDT."""
        first, count = int(self.minutes[0]), len(self.minutes)
        common = _value_noise(self.common_key, first, count)
        own = _value_noise(self.coin_key, first, count)
        return self.coin.price * np.exp(self.coin.volatility * (0.6 * common + 0.7 * own))

    def prices(self) -> tuple[Integers, Integers]:
        """Open and close, on the tick."""
        scale = 10.0**self.listing.price_decimals / self.listing.tick
        ticks = np.rint(self.path() * scale).astype(np.int64)
        opens = ticks[:-1] + np.floor(3 * self.uniform("open")).astype(np.int64) - 1
        closes = ticks[1:] + np.floor(3 * self.uniform("close")).astype(np.int64) - 1
        return np.maximum(opens, 1) * self.listing.tick, np.maximum(closes, 1) * self.listing.tick

    def ranges(self, opens: Integers, closes: Integers, share: float) -> list[Integers]:
        """Open, high, low and close once `share` of each minute has gone by."""
        tick = self.listing.tick
        reach = opens / tick * (_STEP_PER_ROOT_MINUTE * self.coin.volatility * 0.4 * share)
        closes = opens + ((closes - opens) / tick * share).astype(np.int64) * tick
        up = np.floor(-np.log1p(-self.uniform("high")) * reach).astype(np.int64)
        down = np.floor(-np.log1p(-self.uniform("low")) * reach).astype(np.int64)
        high = np.maximum(opens, closes) + up * tick
        low = np.maximum(np.minimum(opens, closes) - down * tick, tick)
        return [opens, high, low, closes]

    def quiet(self) -> npt.NDArray[np.bool_]:
        """Which minutes have no trade; never two in a row, so that the close before is known."""
        drawn = _uniform(f"{self.key}:quiet", self.minutes - 1) < self.coin.quiet
        return np.asarray(drawn[1:] & ~drawn[:-1])

    def volumes(self, share: float) -> tuple[Integers, Integers]:
        """Volume in lots and number of trades; a minute of fewer lots than prices has none."""
        bell = sum(self.uniform(f"volume{n}") for n in range(3)) - 1.5
        hour = 1.0 + 0.4 * np.sin((self.minutes[:-1] % 1440) * (2 * np.pi / 1440) - 2.0)
        turnover = self.coin.turnover * np.exp(1.6 * bell) * hour * share
        volume = np.floor(turnover / self.coin.price * 10.0**self.listing.lot_decimals)
        size = self.coin.trade * (0.6 + 0.8 * self.uniform("trade"))
        trades = np.maximum(np.floor(turnover / size), _PRICES_OF_A_BAR)
        volume = np.where(volume < _PRICES_OF_A_BAR, 0, volume)
        return volume.astype(np.int64), np.minimum(trades, volume).astype(np.int64)

    def settled(self, prices: list[Integers], volume: Integers, trades: Integers) -> Bars:
        """Bars with the quote volumes that trades inside high and low can add up to."""
        opens, high, low, closes = prices
        traded = volume > 0
        four = np.where(traded, sum(prices) - _PRICES_OF_A_BAR * low, 0)
        spare = np.where(traded, (high - low) * (volume - _PRICES_OF_A_BAR), 0)
        excess = four + np.floor(spare * (0.25 + 0.5 * self.uniform("price"))).astype(np.int64)
        taker = np.floor(volume * (0.2 + 0.6 * self.uniform("taker"))).astype(np.int64)
        least = np.maximum(0, excess - (high - low) * (volume - taker))
        share = np.divide(taker, volume, out=np.zeros(len(volume)), where=traded)
        most = np.minimum(excess, (high - low) * taker)
        taker_excess = np.clip(np.floor(excess * share).astype(np.int64), least, most)
        return Bars(
            self.minutes[:-1] * MINUTE,
            opens,
            high,
            low,
            closes,
            volume,
            low * volume + excess,
            trades,
            taker,
            low * taker + taker_excess,
        )


@lru_cache(maxsize=512)
def _value_noise(key: str, first: int, count: int) -> Floats:
    """The logarithm of a price at `count` minutes from `first` on, around 0; read only."""
    minutes = np.arange(first, first + count, dtype=np.int64)
    total = np.zeros(count)
    for scale in range(_SCALES):
        bits = 2 * scale
        lattice = np.arange(minutes[0] >> bits, (minutes[-1] >> bits) + 2, dtype=np.int64)
        values = 2.0 * _uniform(f"{key}:{scale}", lattice) - 1.0
        index = (minutes >> bits) - lattice[0]
        within = (minutes & ((1 << bits) - 1)) / (1 << bits)
        weight = within * within * (3.0 - 2.0 * within)
        noise = values[index] * (1.0 - weight) + values[index + 1] * weight
        total += _STEP_PER_ROOT_MINUTE * 2.0**scale * noise
    return total


@lru_cache(maxsize=4096)
def _stream(key: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()))


def _uniform(key: str, index: Integers) -> Floats:
    """A number in [0, 1) for each index: a counter-based generator (splitmix64)."""
    mixed = index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _stream(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
