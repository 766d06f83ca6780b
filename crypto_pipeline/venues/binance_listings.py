"""What Binance lists: exchangeInfo and the volumes of 24 hours, read.

What belongs here: the shapes of these answers and what a status means. What does not: which
instruments are loaded (`history/universe.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import Milliseconds, numbers, read_json, step
from crypto_pipeline.venues.records import ListingPage

NEVER = 4_133_404_800_000
"""The delivery date of a perpetual whose end is not known, ms (2100-12-25)."""

PERPETUALS = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})
"""Contracts without an end: of coins, and of metals and shares (`XAUUSDT`)."""

SPOT_STATUS = {
    "PRE_TRADING": Status.PRE_LAUNCH,
    "TRADING": Status.TRADING,
    "POST_TRADING": Status.HALTED,
    "END_OF_DAY": Status.HALTED,
    "HALT": Status.HALTED,
    "AUCTION_MATCH": Status.HALTED,
    "BREAK": Status.DELISTED,
}
"""BREAK is what Binance leaves a pair in when it takes it off; one that is only held is in HALT."""

PERP_STATUS = {
    "PENDING_TRADING": Status.PRE_LAUNCH,
    "TRADING": Status.TRADING,
    "PRE_SETTLE": Status.HALTED,
    "PRE_DELIVERING": Status.HALTED,
    "DELIVERING": Status.HALTED,
    "SETTLING": Status.DELISTED,
    "DELIVERED": Status.DELISTED,
    "CLOSE": Status.DELISTED,
}
"""A perpetual that was taken off stays listed as SETTLING, its delivery date in the past."""


class _Filter(msgspec.Struct, gc=False):
    """One rule about orders; each kind has fields of its own."""

    kind: str = msgspec.field(name="filterType")
    tick_size: str | None = msgspec.field(name="tickSize", default=None)
    step_size: str | None = msgspec.field(name="stepSize", default=None)
    min_notional: str | None = msgspec.field(name="minNotional", default=None)
    notional: str | None = None


_NO_RULE = _Filter("")


class _Symbol(msgspec.Struct, gc=False):
    """A pair or a contract; `pricePrecision` and its like are no steps, and are not read."""

    symbol: str
    status: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    filters: list[_Filter]
    contract: str | None = msgspec.field(name="contractType", default=None)
    margin: str | None = msgspec.field(name="marginAsset", default=None)
    onboard: Milliseconds | None = msgspec.field(name="onboardDate", default=None)
    delivery: Milliseconds | None = msgspec.field(name="deliveryDate", default=None)


class _Info(msgspec.Struct, gc=False):
    symbols: list[_Symbol]


class _Day(msgspec.Struct, gc=False):
    symbol: str
    volume_quote: str = msgspec.field(name="quoteVolume")


def read_listings(where: str, instrument_type: InstrumentType, body: bytes) -> ListingPage:
    """What an exchangeInfo lists: pairs, or linear perpetuals without dated contracts."""
    symbols = read_json(where, body, _Info).symbols
    if instrument_type is InstrumentType.PERP:
        symbols = [one for one in symbols if one.contract in PERPETUALS and one.margin == one.quote]
    return ListingPage([_listing(where, instrument_type, one) for one in symbols])


def read_volumes(where: str, body: bytes) -> Mapping[str, float]:
    """Quote volume of 24 hours by native symbol."""
    rows = read_json(where, body, list[_Day])
    volumes = numbers(where, "quoteVolume", [row.volume_quote for row in rows]).to_pylist()
    return {row.symbol: volume for row, volume in zip(rows, volumes, strict=True)}


def _listing(where: str, instrument_type: InstrumentType, one: _Symbol) -> Listing:
    place = f"{where}, {one.symbol}"
    statuses = SPOT_STATUS if instrument_type is InstrumentType.SPOT else PERP_STATUS
    if one.status not in statuses:
        valid = ", ".join(statuses)
        raise DecodeError(
            place, field="status", given=f"'{one.status}'", expected=f"one of {valid}"
        )
    rules = {rule.kind: rule for rule in one.filters}
    price, lot = rules.get("PRICE_FILTER", _NO_RULE), rules.get("LOT_SIZE", _NO_RULE)
    least = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL", _NO_RULE)
    return Listing(
        instrument=Instrument("binance", instrument_type, one.base, one.quote),
        native_symbol=one.symbol,
        status=statuses[one.status],
        tick_size=step(place, "tickSize", price.tick_size),
        lot_size=step(place, "stepSize", lot.step_size),
        min_notional=step(place, "minNotional", least.min_notional or least.notional),
        listed_at=_instant(one.onboard),
        delisted_at=_instant(None if one.delivery == NEVER else one.delivery),
    )


def _instant(milliseconds: int | None) -> datetime | None:
    return EPOCH + timedelta(milliseconds=milliseconds) if milliseconds else None
