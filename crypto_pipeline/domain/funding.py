"""Funding rates of perpetuals: their columns, settlement times and intervals.

What belongs here: the record, rounding a settlement's time, the interval between two. What does
not: how a venue writes one (`venues/`).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crypto_pipeline.domain.klines import TIMESTAMP

LONGEST_INTERVAL = timedelta(hours=8)
"""No venue settles more seldom; a longer distance between two settlements is a hole."""
SHORTEST_INTERVAL = timedelta(hours=1)

FUNDING_COLUMNS = ("funding_time", "rate", "rate_predicted", "interval_hours", "mark_price")
"""What a venue's decoder gives of a settlement, in this order, strictly ascending by funding_time.
interval_hours is NULL where the venue does not say it; `intervals_between` fills it in."""

FUNDING_SCHEMA = pa.schema(
    [
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("funding_time", TIMESTAMP, nullable=False),
        pa.field("rate", pa.float64(), nullable=False),
        pa.field("rate_predicted", pa.float64()),
        pa.field("interval_hours", pa.int64()),
        pa.field("mark_price", pa.float64()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("loaded_at", TIMESTAMP, nullable=False),
    ]
)
"""One settlement a row. `funding_time` is when it was due, to the second (exchanges print it some
ms late). `rate` is what was paid, a fraction of the position's value (0.0001 is 1 bp), positive
where longs paid; `rate_predicted` what the exchange had announced, NULL where its history does not
say. `interval_hours` is the time since the settlement before."""

_SECOND = 1_000_000


def settlement_times(stamps_us: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Settlement times in µs as printed, rounded to the nearest second (venues jitter 0-17 ms)."""
    rounded: npt.NDArray[np.int64] = (stamps_us + _SECOND // 2) // _SECOND * _SECOND
    return rounded


def intervals_between(times_us: npt.NDArray[np.int64]) -> list[int | None]:
    """Whole hours from each settlement to the one before it.

    Args:
        times_us: settlement times, strictly ascending.

    Returns:
        As many values; None for the first one, and where the distance is no whole number of hours
        from 1 to 8: then a settlement between the two is not known.
    """
    hours, rest = np.divmod(np.diff(times_us), 3_600 * _SECOND)
    known = (rest == 0) & (hours >= 1) & (hours <= LONGEST_INTERVAL // timedelta(hours=1))
    return [None, *(int(h) if ok else None for h, ok in zip(hours, known, strict=True))][
        : len(times_us)
    ]
