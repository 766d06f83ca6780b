"""OKX's list of instruments, its tickers and its clock.

What belongs here: which rows are spot pairs or linear perpetuals, and what a row says. What does
not: asking for them (`venues/okx.py`), which of them are collected (`history/universe.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow.compute as pc

from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import numbers, step
from crypto_pipeline.venues.okx_answers import Listed, Ticker, Time, one_row, rows_of
from crypto_pipeline.venues.records import ListingPage

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP
TYPES = {SPOT: "SPOT", PERP: "SWAP"}
"""instType by ours."""

STATES = {
    "live": Status.TRADING,
    "suspend": Status.HALTED,
    "rebase": Status.HALTED,
    "post_only": Status.HALTED,
    "settling": Status.HALTED,
    "preopen": Status.PRE_LAUNCH,
    "test": Status.PRE_LAUNCH,
    "expired": Status.DELISTED,
}
"""In `post_only` orders may rest but none is taken; `test` instruments cannot be traded."""

_STAMP_DIGITS = 14
"""Of an instant in ms, up to the year 5138."""


def decode_time(where: str, body: bytes) -> datetime:
    """The clock, to the ms."""
    return _instant(where, "ts", one_row(where, body, Time).ts)


def decode_instruments(where: str, instrument_type: InstrumentType, body: bytes) -> ListingPage:
    """Pairs, or swaps that settle in their quote coin; all in one page."""
    listings = []
    for number, row in enumerate(rows_of(where, body, Listed), start=1):
        instrument = _instrument(instrument_type, row)
        if instrument is not None:
            listings.append(_listing(f"{where}, row {number} ({row.inst_id})", instrument, row))
    return ListingPage(listings)


def decode_volumes(where: str, instrument_type: InstrumentType, body: bytes) -> Mapping[str, float]:
    """Quote volumes; of swaps volCcy24h is in base coin, and counts at the last price.

    Instruments without a trade so far are left out.
    """
    rows = rows_of(where, body, Ticker)
    volumes = numbers(where, "volCcy24h", [row.vol_ccy24h or None for row in rows])
    if instrument_type is PERP:
        volumes = pc.multiply(volumes, numbers(where, "last", [row.last or None for row in rows]))
    named = zip((row.inst_id for row in rows), volumes.to_pylist(), strict=True)
    return {name: volume for name, volume in named if volume is not None}


def _instrument(instrument_type: InstrumentType, row: Listed) -> Instrument | None:
    """What a row lists, or None: it is inverse, or nothing but a name as yet.

    The name tells the coins: a swap has no baseCcy and quoteCcy, and a pair sometimes has none
    before it is listed. A swap settles in its quote coin (BTC-USD_UM-SWAP does not).
    """
    name = row.inst_id
    if instrument_type is PERP:
        if row.ct_type != "linear" or not name.endswith(f"-{row.settle_ccy}-SWAP"):
            return None
        name = name.removesuffix("-SWAP")
    base, _, quote = name.partition("-")
    return Instrument("okx", instrument_type, base, quote) if base and quote else None


def _listing(where: str, instrument: Instrument, row: Listed) -> Listing:
    if row.state not in STATES:
        known = ", ".join(STATES)
        raise DecodeError(where, field="state", given=f"'{row.state}'", expected=f"one of {known}")
    size = Decimal(1)
    if instrument.instrument_type is PERP:
        size = _above_zero(where, "ctVal", row.ct_val) * _above_zero(where, "ctMult", row.ct_mult)
    lot = step(where, "lotSz", row.lot_sz)
    return Listing(
        instrument,
        row.inst_id,
        STATES[row.state],
        tick_size=step(where, "tickSz", row.tick_sz),
        lot_size=None if lot is None else lot * size,
        contract_size=size,
        listed_at=_instant(where, "listTime", row.list_time) if row.list_time else None,
        delisted_at=_instant(where, "expTime", row.exp_time) if row.exp_time else None,
    )


def _above_zero(where: str, field: str, text: str) -> Decimal:
    value = step(where, field, text)
    if value is None:
        raise DecodeError(where, field=field, given=f"'{text}'", expected="a number above 0")
    return value


def _instant(where: str, field: str, text: str) -> datetime:
    if not (text.isascii() and text.isdecimal() and len(text) <= _STAMP_DIGITS):
        expected = "ms since 1970-01-01 as a whole number"
        raise DecodeError(where, field=field, given=f"'{text}'", expected=expected)
    return EPOCH + timedelta(milliseconds=int(text))
