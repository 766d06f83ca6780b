"""Numbers as OKX writes them: text, without zeros at the end of a fraction.

What belongs here: whole numbers of a decimal unit to text, one by one and by columns. What does
not: which of them a message carries.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.market.bars import decimal_texts
from crypto_pipeline.simulator.market.listings import trimmed_text
from crypto_pipeline.simulator.market.records import Flags, Integers


def signed_text(units: int, decimals: int) -> str:
    """`units` of 10^-decimals, which may be negative."""
    written = trimmed_text(abs(units), decimals)
    return f"-{written}" if units < 0 else written


def rounded_units(units: int, decimals: int, printed: int) -> int:
    """A number above 0 in units of 10^-printed, half up."""
    if printed >= decimals:
        return units * int(10 ** (printed - decimals))
    unit = int(10 ** (decimals - printed))
    return (units + unit // 2) // unit


def texts(units: Integers, decimals: int) -> pa.Array:
    """Whole columns of `trimmed_text`; `decimals` may be negative."""
    if decimals <= 0:
        return numbers(units * 10**-decimals)
    written = decimal_texts(units, decimals, decimals)
    return pc.utf8_rtrim(pc.utf8_rtrim(written, characters="0"), characters=".")


def numbers(values: Integers) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(values).cast(pa.string())


def sides(taker_sells: Flags) -> pa.Array:
    """The taker's side of each trade."""
    return pc.if_else(pa.array(taker_sells), "sell", "buy")


def concatenated(*parts: object) -> list[str]:
    """Columns and constants put together, row by row."""
    return list(pc.binary_join_element_wise(*parts, "").to_pylist())
