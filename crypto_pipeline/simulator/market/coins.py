"""Which coins there are, and which pairs and perpetuals of them each exchange lists.

What belongs here: the tables of coins and listings. What does not: prices over time.

The order of the coins is their rank: the first trades 500,000 times a day on Binance, the n-th
n^1.75 times less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from math import sqrt

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing, Venue

_SPOT, _PERP = InstrumentType.SPOT, InstrumentType.PERP


def _ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


LISTED_AT = _ms(2017, 1, 1)
"""When everything starts that has no date of its own, ms since the epoch."""


@dataclass(frozen=True, slots=True)
class Coin:
    """What shapes one coin's market.

    Attributes:
        name: as exchanges write it.
        price: the middle of its price range, USD.
        volatility: how far it moves, 1 being a volatility of 0.05 % in a minute.
        listed_at: ms since the epoch.
        delisted_at: ms since the epoch, exclusive; None while it trades.
    """

    name: str
    price: Decimal
    volatility: float = 1.2
    listed_at: int = LISTED_AT
    delisted_at: int | None = None

    @property
    def magnitude(self) -> int:
        """Of its price: 4 for 30,000, -1 for 0.12."""
        return self.price.adjusted()


_NAMES_AND_PRICES = (
    "BTC 30000 ETH 2000 SOL 80 XRP 0.6 DOGE 0.12 BNB 300 ADA 0.5 AVAX 25 LINK 14 TRX 0.11 TON 5 "
    "SUI 1.8 LTC 80 BCH 300 DOT 6 UNI 7 NEAR 4 APT 8 ICP 9 ETC 22 XLM 0.12 FIL 5 ARB 1.1 OP 2 "
    "ATOM 9 HBAR 0.08 INJ 20 IMX 1.5 VET 0.03 GRT 0.15 AAVE 100 MKR 1500 RUNE 4 ALGO 0.2 SEI 0.5 "
    "STX 1.6 LDO 2 SAND 0.45 MANA 0.4 AXS 6 EGLD 40 THETA 1 FLOW 0.7 CHZ 0.08 CRV 0.6 COMP 55 "
    "SNX 2.5 1INCH 0.4 ENJ 0.25 ZIL 0.02 KAVA 0.6 ROSE 0.07 ANKR 0.03"
)
_DATED = (
    Coin("WLD", Decimal("2.5"), 1.5, _ms(2023, 7, 24, 9)),
    Coin("TIA", Decimal("8"), 1.4, _ms(2023, 10, 31, 14, 30)),
    Coin("币安人生", Decimal("0.15"), 1.8, _ms(2025, 10, 9, 11)),
    Coin("LUNA", Decimal("60"), 1.5, LISTED_AT, _ms(2022, 5, 13, 0, 40)),
    Coin("XMR", Decimal("150"), 1.0, LISTED_AT, _ms(2024, 2, 20, 3)),
)
STABLE = {name: Coin(name, Decimal("1.0"), 0.0) for name in ("USDT", "USDC")}
"""Coins whose price in USD is near 1."""

PEPE = Coin("PEPE", Decimal("0.000008"), 1.8)
"""A coin so cheap that some exchanges trade it by the thousand; perpetuals alone."""


def _coins() -> dict[str, Coin]:
    words = iter(_NAMES_AND_PRICES.split())
    coins = [Coin(name, Decimal(price)) for name, price in zip(words, words, strict=True)]
    calm = {"BTC": 0.8, "ETH": 1.0}
    coins = [Coin(c.name, c.price, calm.get(c.name, c.volatility)) for c in coins]
    return {coin.name: coin for coin in [*coins, *_DATED]}


COINS = _coins()
"""By name, in the order of their rank."""


def coin_of(name: str) -> Coin:
    """The coin of a name."""
    return {**COINS, **STABLE, PEPE.name: PEPE}[name]


PERPETUALS = 30
"""How many of them have perpetuals."""

_BUSY = 500_000
_RANK_OF_BRIDGES = 12
_QUOTE: dict[Venue, str] = {"coinbase": "USD"}
_SHARE: dict[Venue, float] = {"binance": 1.0, "okx": 0.6, "bybit": 0.5, "coinbase": 0.4}


def daily_trades(listing: Listing) -> float:
    """How many trades it usually has in a day."""
    rank = float(_rank(listing))
    # Roots and products are rounded alike everywhere, powers are not.
    return _BUSY * _SHARE[listing.venue] / (rank * sqrt(rank) * sqrt(sqrt(rank)))


def _rank(listing: Listing) -> int:
    if listing.base in STABLE or listing.quote != _QUOTE.get(listing.venue, "USDT"):
        return _RANK_OF_BRIDGES
    names = [*COINS, PEPE.name]
    return names.index(listing.coin or listing.base) + 1


@lru_cache(maxsize=16)
def listings(venue: Venue, instrument_type: InstrumentType) -> tuple[Listing, ...]:
    """All that an exchange ever listed of a type, those first that trade most."""
    if instrument_type is _SPOT:
        quote = _QUOTE.get(venue, "USDT")
        pairs = [(coin, quote) for coin in COINS.values() if _lists(venue, coin)]
        return tuple(_pair(venue, coin, of) for coin, of in [*pairs, *_bridges(venue)])
    if venue == "coinbase":
        return ()
    coins = list(COINS.values())[:PERPETUALS]
    return (*(_perp(venue, coin) for coin in coins), _by_the_thousand(venue))


def _lists(venue: Venue, coin: Coin) -> bool:
    return coin.name.isascii() or venue == "binance"


def _bridges(venue: Venue) -> list[tuple[Coin, str]]:
    """Pairs that tie the quote coins to each other."""
    majors = [COINS["BTC"], COINS["ETH"]]
    if venue == "coinbase":
        return [(STABLE["USDT"], "USD"), *((coin, "USDT") for coin in majors)]
    return [(STABLE["USDC"], "USDT"), *((coin, "USDC") for coin in majors)]


def _pair(venue: Venue, coin: Coin, quote: str) -> Listing:
    return Listing(
        _SPOT,
        coin.name,
        quote,
        price_decimals=_price_decimals(coin.magnitude),
        tick=1,
        lot_decimals=_lot_decimals(coin.magnitude),
        listed_at=coin.listed_at,
        venue=venue,
        delisted_at=coin.delisted_at,
    )


def _perp(venue: Venue, coin: Coin, multiplier: int = 1) -> Listing:
    magnitude = (coin.price * multiplier).adjusted()
    decimals, lots = _price_decimals(magnitude), max(_lot_decimals(magnitude) - 2, 0)
    return Listing(
        _PERP,
        f"{multiplier}{coin.name}" if multiplier > 1 else coin.name,
        "USDT",
        price_decimals=decimals,
        tick=10 if magnitude + decimals >= 6 else 1,
        lot_decimals=lots,
        listed_at=coin.listed_at,
        venue=venue,
        contract_exponent=1 - lots if venue == "okx" else 0,
        interval_hours=_interval_hours(coin.name),
        coin=coin.name,
        multiplier=multiplier,
    )


def _by_the_thousand(venue: Venue) -> Listing:
    return _perp(venue, PEPE, 1 if venue == "okx" else 1000)


def _price_decimals(magnitude: int) -> int:
    return max(5 - magnitude, 2)


def _lot_decimals(magnitude: int) -> int:
    return min(max(magnitude + 1, 0), 5)


def _interval_hours(name: str) -> int:
    return {"SUI": 4, "APT": 4, "INJ": 4, "XLM": 1, "PEPE": 1}.get(name, 8)
