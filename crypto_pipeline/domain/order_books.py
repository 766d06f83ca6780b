"""Order-book snapshots: their columns, and what makes one impossible.

What belongs here: the record of a whole book at one moment. What does not: a book that is kept by
diffs (the stream's), how a venue writes one (`venues/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa

from crypto_pipeline.domain.klines import TIMESTAMP

LEVEL = pa.struct([("price", pa.float64()), ("amount", pa.float64())])

BOOK_COLUMNS = ("ts_event", "sequence_id", "bids", "asks")
"""What a venue's decoder gives of a snapshot: one row. Best level first on either side."""

BOOK_SCHEMA = pa.schema(
    [
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("ts_received", TIMESTAMP, nullable=False),
        pa.field("ts_event", TIMESTAMP),
        pa.field("sequence_id", pa.int64()),
        pa.field("bids", pa.list_(LEVEL), nullable=False),
        pa.field("asks", pa.list_(LEVEL), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("loaded_at", TIMESTAMP, nullable=False),
    ]
)
"""One snapshot a row. `ts_received` is when our answer was whole, `ts_event` the venue's own time,
NULL where it gives none; `sequence_id` its number of the book's state, NULL where it has none.
Amounts are in base coin, contracts already multiplied out."""

Levels = Sequence[tuple[float, float]]
"""(price, amount) of each level, the best first."""


def broken_rule(bids: Levels, asks: Levels) -> str | None:
    """The rule that a snapshot breaks, in words, or None for a possible one.

    Bids fall and asks rise strictly, prices and amounts are above zero, and the best bid is below
    the best ask: a book that is crossed or locked was read half.
    """
    for name, levels, sign in (("bids", bids, -1), ("asks", asks, 1)):
        if any(price <= 0 or amount <= 0 for price, amount in levels):
            return f"{name} with a price and an amount above 0"
        steps = (sign * (after[0] - before[0]) for before, after in pairwise(levels))
        if any(step <= 0 for step in steps):
            return f"{name} ordered from the best price on, each price once"
    if bids and asks and bids[0][0] >= asks[0][0]:
        return f"a best bid below the best ask, not {bids[0][0]} and {asks[0][0]}"
    return None
