"""Dated events: outages of an exchange, and the hours in which a stablecoin lost its peg.

What belongs here: the dates. What does not: listing dates (`coins.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.noise import Floats
from crypto_pipeline.simulator.market.records import Flags, Integers
from crypto_pipeline.simulator.market.timeframes import SEGMENT


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


HALTS: dict[Venue, tuple[tuple[int, int], ...]] = {
    "binance": ((_ms("2023-03-24T11:36"), _ms("2023-03-24T14:00")),),
    "okx": ((_ms("2022-12-18T03:00"), _ms("2022-12-18T06:30")),),
    "bybit": ((_ms("2023-09-12T02:00"), _ms("2023-09-12T02:40")),),
    "coinbase": ((_ms("2023-03-04T18:00"), _ms("2023-03-04T19:25")),),
}
"""When nothing of an exchange traded: [start, end) in ms since the epoch, on the minute."""

HALTED_ALONE = {
    "AXS": (_ms("2024-05-14T07:10"), _ms("2024-05-14T09:45")),
    "CHZ": (_ms("2024-08-05T13:00"), _ms("2024-08-05T13:30")),
}
"""Halts of one coin on every exchange, as in `HALTS`."""

DEPEG = (_ms("2023-03-11T06:30"), _ms("2023-03-11T07:00"), _ms("2023-03-11T08:30"))
"""When USDC left its peg, was lowest, and was back, ms since the epoch."""
_DEPTH = 0.12


def halts(listing: Listing) -> tuple[tuple[int, int], ...]:
    """When a listing does not trade though it is listed: [start, end) in ms since the epoch."""
    alone = HALTED_ALONE.get(listing.base)
    return HALTS[listing.venue] if alone is None else (*HALTS[listing.venue], alone)


def halted(listing: Listing, at: Integers) -> Flags:
    """Whether each instant (ms since the epoch) lies in a halt."""
    inside = np.zeros(len(at), np.bool_)
    for start, end in halts(listing):
        inside |= (start <= at) & (at < end)
    return inside


def standing(listing: Listing, at: int) -> int:
    """The instant (µs) whose book is shown at an instant: itself, or 1 µs before its halt."""
    for start, end in halts(listing):
        if start * 1000 <= at < end * 1000:
            return start * 1000 - 1
    return at


def peg(coin: str, segments: Integers) -> Floats:
    """What the depeg leaves of a stablecoin's price, 1 at most, at each segment (`path.py`)."""
    start, lowest, end = (instant / SEGMENT for instant in DEPEG)
    if coin != "USDC":
        return np.ones(len(segments))
    falling = (segments - start) / (lowest - start)
    rising = (end - segments) / (end - lowest)
    return np.asarray(1.0 - _DEPTH * np.maximum(np.minimum(falling, rising), 0.0))
