"""Bybit's product categories and bar intervals.

What belongs here: their names, and which of our listings each holds. What does not: messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    HOUR,
    MINUTE,
    ONE_DAY,
    ONE_MONTH,
    ONE_WEEK,
    Timeframe,
)


@dataclass(frozen=True, slots=True)
class Category:
    """One of `spot`, `linear`, `inverse`, `option`.

    Attributes:
        name: as requests name it.
        instrument_type: what it holds; None where nothing is listed here.
        padded: whether prices and sizes keep the zeros at their end in streams and tickers
            (linear: `69038.00`), or drop them (spot: `69038`). REST books and klines of both drop
            them.
    """

    name: str
    instrument_type: InstrumentType | None = None
    padded: bool = False


SPOT = Category("spot", InstrumentType.SPOT)
LINEAR = Category("linear", InstrumentType.PERP, padded=True)
INVERSE = Category("inverse")
OPTION = Category("option")
CATEGORIES = {category.name: category for category in (SPOT, LINEAR, INVERSE, OPTION)}

INTERVALS: dict[str, Timeframe] = {
    **{str(n): Timeframe(n * MINUTE) for n in (1, 3, 5, 15, 30)},
    **{str(60 * n): Timeframe(n * HOUR) for n in (1, 2, 4, 6)},
    "720": Timeframe(DAY // 2),
    "D": ONE_DAY,
    "W": ONE_WEEK,
    "M": ONE_MONTH,
}
"""By Bybit's names; weeks open on Monday, months on their first day, all at midnight UTC."""


def ever_listed(
    market: SyntheticMarket, category: Category, symbol: str, now_ms: int
) -> Listing | None:
    """The symbol's listing if it was listed by `now_ms`, delisted or not."""
    if category.instrument_type is None:
        return None
    listing = market.listing("bybit", category.instrument_type, symbol)
    return None if listing is None or now_ms < listing.listed_at else listing


def trading(
    market: SyntheticMarket, category: Category, symbol: str, now_ms: int
) -> Listing | None:
    """The symbol's listing if it trades at `now_ms`; a halt does not count."""
    listing = ever_listed(market, category, symbol, now_ms)
    return listing if listing is not None and listing.trading(now_ms) else None


def listed_in(market: SyntheticMarket, category: Category, now_ms: int) -> list[Listing]:
    """Those that were listed by `now_ms`, delisted ones too, by symbol."""
    if category.instrument_type is None:
        return []
    listings = market.listings("bybit", category.instrument_type)
    known = [listing for listing in listings if listing.listed_at <= now_ms]
    return sorted(known, key=lambda listing: listing.symbol)
