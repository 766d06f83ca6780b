"""What sets Binance's spot and its USDⓈ-M perpetuals apart: roots, limits, sizes, interval names.

What belongs here: numbers and names from the exchange's documentation. What does not: answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    HOUR,
    MINUTE,
    ONE_DAY,
    ONE_HOUR,
    ONE_MINUTE,
    ONE_MONTH,
    ONE_SECOND,
    ONE_WEEK,
    Timeframe,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where spot and perpetuals differ.

    Attributes:
        instrument_type: which of the two.
        root: what REST paths start with.
        weight_limit: REQUEST_WEIGHT allowed in a minute.
        info_weight: what exchangeInfo weighs.
        most_klines: klines in one answer.
        depth_weights: (most levels, weight) of the order book, ascending.
        default_depth: levels of the book where no limit is given.
        messages: what a websocket client may send in a second.
        ping_every: seconds between two PING frames.
        pong_within: seconds that the PONG may take.
    """

    instrument_type: InstrumentType
    root: str
    weight_limit: int
    info_weight: int
    most_klines: int
    depth_weights: tuple[tuple[int, int], ...]
    default_depth: int
    messages: int
    ping_every: float
    pong_within: float

    @property
    def spot(self) -> bool:
        """Whether it is spot."""
        return self.instrument_type is InstrumentType.SPOT


SPOT = Dialect(
    InstrumentType.SPOT,
    "/api/v3",
    weight_limit=6000,
    info_weight=20,
    most_klines=1000,
    depth_weights=((100, 5), (500, 25), (1000, 50), (5000, 250)),
    default_depth=100,
    messages=5,
    ping_every=20.0,
    pong_within=60.0,
)
PERP = Dialect(
    InstrumentType.PERP,
    "/fapi/v1",
    weight_limit=2400,
    info_weight=1,
    most_klines=1500,
    depth_weights=((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20)),
    default_depth=500,
    messages=10,
    ping_every=180.0,
    pong_within=600.0,
)

INTERVALS: dict[str, Timeframe] = {
    "1s": ONE_SECOND,
    "1m": ONE_MINUTE,
    "3m": Timeframe(3 * MINUTE),
    "5m": Timeframe(5 * MINUTE),
    "15m": Timeframe(15 * MINUTE),
    "30m": Timeframe(30 * MINUTE),
    "1h": ONE_HOUR,
    "2h": Timeframe(2 * HOUR),
    "4h": Timeframe(4 * HOUR),
    "6h": Timeframe(6 * HOUR),
    "8h": Timeframe(8 * HOUR),
    "12h": Timeframe(12 * HOUR),
    "1d": ONE_DAY,
    "3d": Timeframe(3 * DAY),
    "1w": ONE_WEEK,
    "1M": ONE_MONTH,
}
"""By the exchange's name; perpetuals have no `1s`."""


def timeframe(dialect: Dialect, name: str, offset: int = 0) -> Timeframe | None:
    """The bars of an interval, None where the exchange has no such.

    Args:
        dialect: spot or perpetuals.
        name: `1m`, `1M`, ...
        offset: of the time zone whose days count, ms east of UTC.
    """
    if name not in INTERVALS or (name == "1s" and not dialect.spot):
        return None
    found = INTERVALS[name]
    return replace(found, anchor=found.anchor - offset) if offset else found


def _us(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000


AVERAGED_MARK_FROM = _us(2026, 3, 16)
"""µs since the epoch; mark prices of perpetuals carry `ap` from then on."""
MERGED_FROM = _us(2026, 6, 28)
"""µs; from then on frames of perpetuals carry `st` and `ps`, and aggregate trades `nq`.

The documentation of that day is the first that has them; captures up to 2025-12-15 have none.
"""
