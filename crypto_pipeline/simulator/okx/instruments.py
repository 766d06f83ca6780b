"""Instruments as OKX writes them.

What belongs here: which listing an instId is, and the row of an instrument. What does not: prices
and trades.
"""

from __future__ import annotations

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text, trimmed_text
from crypto_pipeline.simulator.market.timeframes import DAY

TYPES = {"SPOT": InstrumentType.SPOT, "SWAP": InstrumentType.PERP}
"""The instTypes that have instruments here."""
WITHOUT_INSTRUMENTS = ("MARGIN", "FUTURES", "OPTION", "EVENTS")
"""The instTypes that OKX has and that are empty here."""

_ANNOUNCED = 3 * DAY
_FIRST_CODE = 10_000
_MOST = "9999999999"


def is_swap(listing: Listing) -> bool:
    """Whether it is a perpetual."""
    return listing.instrument_type is InstrumentType.PERP


def inst_type(listing: Listing) -> str:
    """`SPOT` or `SWAP`."""
    return "SWAP" if is_swap(listing) else "SPOT"


def family(listing: Listing) -> str:
    """The underlying of a swap, `BTC-USDT`."""
    return f"{listing.base}-{listing.quote}"


def listed(market: SyntheticMarket, kind: str, now_ms: int) -> list[Listing]:
    """All instruments of an instType that are listed at an instant (ms), halted ones too."""
    if kind not in TYPES:
        return []
    return [each for each in market.listings("okx", TYPES[kind]) if each.trading(now_ms)]


def listing_of(market: SyntheticMarket, inst_id: str, now_ms: int) -> Listing | None:
    """The instrument of an instId, None where it is not listed at that instant (ms)."""
    kind = "SWAP" if inst_id.endswith("-SWAP") else "SPOT"
    found = market.listing("okx", TYPES[kind], inst_id)
    return found if found is not None and found.trading(now_ms) else None


def swap_of(market: SyntheticMarket, underlying: str, now_ms: int) -> Listing | None:
    """The swap on an index (`BTC-USDT`), None where there is no such index."""
    return listing_of(market, f"{underlying}-SWAP", now_ms)


def state(market: SyntheticMarket, listing: Listing, now_ms: int) -> str:
    """`live`, or `suspend` in a halt."""
    return "suspend" if market.halted(listing, now_ms) else "live"


def row(market: SyntheticMarket, listing: Listing, now_ms: int) -> dict[str, object]:
    """One instrument at an instant, ms since the epoch."""
    own = _swap_fields(listing) if is_swap(listing) else _spot_fields(listing)
    lot = decimal_text(listing.lot, listing.contract_decimals)
    filled = {
        **own,
        "category": "1",
        "expTime": _expiry(listing, now_ms),
        "futureSettlement": False,
        "instCategory": "1",
        "instId": listing.symbol,
        "instIdCode": _code(market, listing),
        "instType": inst_type(listing),
        "listTime": str(listing.listed_at),
        "lotSz": lot,
        "maxLmtAmt": "20000000",
        "maxLmtSz": _MOST,
        "minSz": lot,
        "ruleType": "normal",
        "state": state(market, listing, now_ms),
        "tickSz": trimmed_text(listing.tick, listing.price_decimals),
        "upcChg": [],
    }
    padded = dict.fromkeys(("maxIcebergSz", "maxTriggerSz", "maxTwapSz"), f"{_MOST}.{'0' * 16}")
    return dict(sorted({**dict.fromkeys(_EMPTY, ""), **padded, **filled}.items()))


_EMPTY = (
    "auctionEndTime", "contTdSwTime", "maxPlatOILmt", "openType", "optType", "posLmtAmt",
    "posLmtPct", "preMktSwTime", "stk",
)  # fmt: skip


def _spot_fields(listing: Listing) -> dict[str, object]:
    empty = ("ctMult", "ctType", "ctVal", "ctValCcy", "instFamily", "settleCcy", "uly")
    return {
        **dict.fromkeys(empty, ""),
        "baseCcy": listing.base,
        "quoteCcy": listing.quote,
        "tradeQuoteCcyList": [listing.quote],
        "groupId": "1" if listing.quote == "USDT" else "2",
        "lever": "10",
        "maxMktAmt": "1000000",
        "maxMktSz": "1000000",
        "maxStopSz": "1000000",
    }


def _swap_fields(listing: Listing) -> dict[str, object]:
    exponent = listing.contract_exponent
    return {
        **dict.fromkeys(("baseCcy", "quoteCcy", "maxMktAmt"), ""),
        "tradeQuoteCcyList": [],
        "ctMult": "1",
        "ctType": "linear",
        "ctVal": decimal_text(1, -exponent),
        "ctValCcy": listing.base,
        "instFamily": family(listing),
        "uly": family(listing),
        "settleCcy": listing.quote,
        "groupId": "2",
        "lever": "100",
        "maxMktSz": "30000",
        "maxStopSz": "30000",
    }


def announced_at(listing: Listing) -> int | None:
    """When it is announced (ms since the epoch) that it goes offline; None where it stays."""
    return None if listing.delisted_at is None else listing.delisted_at - _ANNOUNCED


def _expiry(listing: Listing, now_ms: int) -> str:
    """When it goes offline, once that is announced."""
    announced = announced_at(listing)
    return str(listing.delisted_at) if announced is not None and now_ms >= announced else ""


def _code(market: SyntheticMarket, listing: Listing) -> int:
    every = market.listings("okx", listing.instrument_type)
    return _FIRST_CODE * (2 if is_swap(listing) else 1) + every.index(listing)
