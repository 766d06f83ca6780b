"""Numbers as Bybit writes them.

What belongs here: whole numbers of a decimal unit to text, one by one and by columns. What does
not: which of them a message carries.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.texts import (
    decimal_text,
    decimal_texts,
    trimmed_text,
    trimmed_texts,
    whole_texts,
    without_zeros,
)


def text(units: int, decimals: int, padded: bool) -> str:
    """`units` of 10^-decimals, with the zeros at the end of its fraction or without."""
    return decimal_text(units, decimals) if padded else trimmed_text(units, decimals)


def rounded_text(units: int, decimals: int, printed: int) -> str:
    """A number that is not negative with exactly `printed` digits after the point, half up."""
    if printed >= decimals:
        return decimal_text(units * 10 ** (printed - decimals), printed)
    unit = 10 ** (decimals - printed)
    return decimal_text((units + unit // 2) // unit, printed)


def texts(units: Integers, decimals: int, padded: bool) -> pa.Array:
    """Whole columns of `text`."""
    return decimal_texts(units, decimals, decimals) if padded else trimmed_texts(units, decimals)


def general_texts(units: Integers, decimals: int) -> pa.Array:
    """Numbers above 0 as Go's `%g` writes them: `2472.5004`, from a million on `2.4725004e+06`."""
    if decimals < 0:
        units, decimals = units * 10**-decimals, 0
    digits = whole_texts(units)
    exponent = pc.subtract(pc.utf8_length(digits), decimals + 1)
    fraction = pc.utf8_slice_codeunits(digits, start=1)
    mantissa = without_zeros(
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(digits, start=0, stop=1), fraction, ".")
    )
    power = pc.utf8_lpad(pc.abs(exponent).cast(pa.string()), width=2, padding="0")
    sign = pc.if_else(pc.less(exponent, 0), "e-", "e+")
    scientific = pc.binary_join_element_wise(mantissa, sign, power, "")
    plain = pc.and_(pc.greater_equal(exponent, -4), pc.less(exponent, 6))
    return pc.if_else(plain, texts(units, decimals, padded=False), scientific)
