"""Levels of an order book into the one row of a snapshot: what all exchanges' decoders share.

What belongs here: texts of levels to numbers, and the refusal of a book that cannot be. What does
not: which field stands where (the exchange's module), a book kept by diffs.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.domain.order_books import BOOK_COLUMNS, LEVEL, Levels, broken_rule
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import numbers

TextLevels = Sequence[Sequence[str]]
"""Price and amount of each level as the exchange writes them, the best first; more is skipped."""

_SIDE = pa.list_(LEVEL)


def book_table(
    where: str,
    bids: TextLevels,
    asks: TextLevels,
    *,
    at_us: int | None = None,
    sequence_id: int | None = None,
) -> pa.Table:
    """A snapshot in BOOK_COLUMNS: one row.

    Args:
        where: what was asked, for errors.
        bids: levels, best first.
        asks: levels, best first.
        at_us: the exchange's own time in µs since the epoch, None where it gives none.
        sequence_id: its number of the book's state, None where it has none.

    Raises:
        DecodeError: a text is no number, or the book is empty, crossed or out of order.
    """
    sides = [
        _levels(f"{where}, {name}", levels) for name, levels in (("bids", bids), ("asks", asks))
    ]
    broken = broken_rule(*sides)
    if broken is not None:
        given = f"bids from {sides[0][:1]} and asks from {sides[1][:1]} on"
        raise DecodeError(where, given=given, expected=broken)
    rows = [
        [dict(zip(("price", "amount"), level, strict=True)) for level in side] for side in sides
    ]
    return pa.table(
        [
            pa.array([at_us], TIMESTAMP),
            pa.array([sequence_id], pa.int64()),
            *(pa.array([side], _SIDE) for side in rows),
        ],
        names=list(BOOK_COLUMNS),
    )


def _levels(where: str, levels: TextLevels) -> Levels:
    for row, level in enumerate(levels, start=1):
        if len(level) < 2:
            raise DecodeError(where, row=row, given=f"{level}", expected="a price and an amount")
    prices = numbers(where, "price", [level[0] for level in levels]).to_pylist()
    amounts = numbers(where, "amount", [level[1] for level in levels]).to_pylist()
    return list(zip(prices, amounts, strict=True))
