"""Texts of REST answers that all exchanges write alike: steps, and how many digits a price has."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import step, too_long


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01000000", Decimal("0.01")),
        ("5", Decimal(5)),
        ("1e-8", Decimal("0.00000001")),
        ("", None),
        (None, None),
        ("0", None),
        ("0.00000000", None),
    ],
)
def test_step_given_a_text_is_the_number_or_none(text: str | None, value: Decimal | None) -> None:
    assert step("list", "tickSize", text) == value


@pytest.mark.parametrize(
    "text", ["-1", "-0.01", "NaN", "sNaN", "inf", "-inf", "x", "1,5", "1e999999", "1e-999999"]
)
def test_step_given_what_cannot_be_names_it(text: str) -> None:
    with pytest.raises(DecodeError, match=f"list, tickSize: got '{text}', expected 0, or a number"):
        step("list", "tickSize", text)


def test_too_long_given_texts_counts_significant_digits() -> None:
    texts = pa.array(["0.000123456789012345", "123456789012345.600", "1234567890123456", None])

    assert too_long(texts).to_pylist() == [False, True, True, None]


def test_too_long_given_zeros_at_either_end_leaves_them_out() -> None:
    assert too_long(pa.array(["00100.5000000000000000", "10"])).to_pylist() == [False, False]
