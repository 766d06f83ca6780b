"""Whole numbers of a decimal unit as text, one by one and by columns.

What belongs here: what exchanges have in common. What does not: how many digits one prints, and
which numbers a message carries.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.market.records import Integers


def decimal_text(units: int, decimals: int) -> str:
    """`units` of 10^-decimals as text: 1234 of 2 decimals is `12.34`, of -2 is `123400`."""
    if decimals <= 0:
        return str(units * 10**-decimals)
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"


def trimmed_text(units: int, decimals: int) -> str:
    """As `decimal_text`, without zeros at the end of the fraction: 1230 of 2 decimals is `12.3`."""
    text = decimal_text(units, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed_text(units: int, decimals: int) -> str:
    """As `trimmed_text`, of a number that may be below 0."""
    written = trimmed_text(abs(units), decimals)
    return f"-{written}" if units < 0 else written


def whole_texts(values: Integers) -> pa.Array:
    """A column of whole numbers."""
    return pa.array(values).cast(pa.string())


def decimal_texts(units: Integers, decimals: int, printed: int) -> pa.Array:
    """A column of `decimal_text`, padded with zeros to `printed` digits after the point."""
    if printed == 0:
        return whole_texts(units)
    whole, rest = np.divmod(units, 10**decimals)
    digits = pc.utf8_lpad(whole_texts(rest), width=decimals, padding="0")
    fraction = digits if decimals else pa.array([""] * len(units))
    padding = "0" * (printed - decimals)
    texts = pc.binary_join_element_wise(whole_texts(whole), fraction, ".")
    return pc.binary_join_element_wise(texts, padding, "")


def trimmed_texts(units: Integers, decimals: int) -> pa.Array:
    """A column of `trimmed_text`."""
    if decimals <= 0:
        return whole_texts(units * 10**-decimals)
    return without_zeros(decimal_texts(units, decimals, decimals))


def without_zeros(fractions: pa.Array) -> pa.Array:
    """A column of texts that each have a point, without the zeros at their end."""
    return pc.utf8_rtrim(pc.utf8_rtrim(fractions, characters="0"), characters=".")


def concatenated(*parts: object) -> list[str]:
    """Columns and the text between them put together, row by row."""
    return list(pc.binary_join_element_wise(*parts, "").to_pylist())
