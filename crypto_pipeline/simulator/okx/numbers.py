"""What OKX's own numbers and words need beside `market/texts.py`.

What belongs here: rounding, and the sides of trades. What does not: which of them a message
carries.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.market.records import Flags


def rounded_units(units: int, decimals: int, printed: int) -> int:
    """A number above 0 in units of 10^-printed, half up."""
    if printed >= decimals:
        return units * int(10 ** (printed - decimals))
    unit = int(10 ** (decimals - printed))
    return (units + unit // 2) // unit


def sides(taker_sells: Flags) -> pa.Array:
    """The taker's side of each trade."""
    return pc.if_else(pa.array(taker_sells), "sell", "buy")
