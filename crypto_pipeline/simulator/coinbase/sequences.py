"""Exchange's sequence numbers: one row of numbers for each product.

What belongs here: the numbers. What does not: the messages that carry them.

Each trade moves a product's sequence on by `PER_TRADE`: the messages about orders, which nobody
without a key sees, take the numbers between.
"""

from __future__ import annotations

PER_TRADE = 48


def sequence_of(trade_id: int) -> int:
    """The sequence number of a trade's message."""
    return trade_id * PER_TRADE
