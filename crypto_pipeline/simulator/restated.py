"""The restatements of the synthetic market as the control API lists them.

What belongs here: finding them for every listing, and their JSON. What does not: which bars are
restated (`market/restatements.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import VENUES, Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text


def restated_bars(
    market: SyntheticMarket, start: datetime, end: datetime
) -> list[dict[str, object]]:
    """The bars of [start, end) that a daily file has otherwise than everything else.

    Args:
        market: whose.
        start: inclusive, aware.
        end: exclusive, aware.

    Returns:
        Objects with exchange, instrument_type, symbol, open_time (ms since the epoch), and the bar
        as `daily` and as `monthly`, each with amounts as decimal text.
    """
    span = microseconds(start) // 1000, microseconds(end) // 1000
    return [
        {
            "exchange": listing.venue,
            "instrument_type": listing.instrument_type.value,
            "symbol": listing.symbol,
            "open_time": found.open_time,
            "daily": _bar(listing, found.as_daily),
            "monthly": _bar(listing, found.as_monthly),
        }
        for listing in _listings(market)
        for found in market.restated(listing, *span)
    ]


def _listings(market: SyntheticMarket) -> Iterator[Listing]:
    for venue in VENUES:
        for instrument_type in InstrumentType:
            yield from market.listings(venue, instrument_type)


def _bar(listing: Listing, bar: Bars) -> dict[str, object]:
    price, lot = listing.price_decimals, listing.lot_decimals
    decimals = {
        **dict.fromkeys(("open", "high", "low", "close"), price),
        **dict.fromkeys(("volume", "taker_volume"), lot),
        **dict.fromkeys(("quote_volume", "taker_quote_volume"), price + lot),
    }
    texts = {name: decimal_text(int(getattr(bar, name)[0]), of) for name, of in decimals.items()}
    ids = {name: int(getattr(bar, name)[0]) for name in ("count", "first_id", "last_id")}
    return {**texts, **ids}
