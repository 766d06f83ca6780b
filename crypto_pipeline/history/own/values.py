"""Values of a person's file into ours: UTC times, finite numbers, ids, the taker's side.

What belongs here: reading one column of a batch, strictly, with row and column named where it
fails. What does not: which column it is (`history/own/columns.py`), what rows may be together
(`history/own/rules.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.trades import BUY, SELL
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.own.columns import Form
from crypto_pipeline.venues.columns import PRECISE_DIGITS, too_long
from crypto_pipeline.venues.trade_columns import taker_sides

_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$"
_WHOLE = r"^-?\d{1,18}$"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values of one batch stand.

    Attributes:
        file: the file's name.
        column: the file's name of the column.
        first: number of the batch's first row in the file.
    """

    file: str
    column: str
    first: int

    def refuse(self, values: pa.Array, bad: pa.Array, expected: str) -> None:
        """Refuse the first row that is bad, if there is one; null in `bad` counts as fine.

        Raises:
            DecodeError: naming file, row, column and value.
        """
        row = pc.index(bad, value=True).as_py() if len(bad) else -1
        if row >= 0:
            value = values[row].as_py()
            given = "nothing" if value is None else f"'{value}'"
            raise DecodeError(
                self.file, row=self.first + row, field=self.column, given=given, expected=expected
            )

    def refuse_nulls(self, values: pa.Array) -> None:
        """Refuse a row that has no value.

        Raises:
            DecodeError: naming it.
        """
        if values.null_count:
            self.refuse(values, pc.is_null(values), "a value")

    def refuse_type(self, values: pa.Array, expected: str) -> None:
        """Refuse a whole column for its type.

        Raises:
            DecodeError: always.
        """
        raise DecodeError(self.file, field=self.column, given=str(values.type), expected=expected)


def plain(values: pa.Array) -> pa.Array:
    """Texts as one type, dictionaries unpacked, decimals as the text of all their digits."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    texts = pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type)
    if texts or pa.types.is_decimal(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.string())
    return values


def numbers(place: Place, values: pa.Array, *, price: bool = False) -> pa.Array:
    """Finite numbers as DOUBLE, null where there is none.

    Raises:
        DecodeError: one is no finite number, or a price of more digits than a DOUBLE keeps.
    """
    if pa.types.is_string(values.type):
        place.refuse(values, pc.invert(pc.match_substring_regex(values, _NUMBER)), "a number")
        if price:
            _refuse_imprecise(place, values)
    elif not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        place.refuse_type(values, "numbers")
    doubles = values.cast(pa.float64(), safe=False)
    place.refuse(values, pc.invert(pc.is_finite(doubles)), "a finite number")
    return doubles


def prices(place: Place, values: pa.Array) -> pa.Array:
    """Prices as DOUBLE.

    Raises:
        DecodeError: as `numbers`.
    """
    return numbers(place, values, price=True)


def _refuse_imprecise(place: Place, texts: pa.Array) -> None:
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= PRECISE_DIGITS:
        return
    place.refuse(
        texts,
        too_long(pc.replace_substring_regex(texts, r"[eE].*|[-+]", "")),
        f"at most {PRECISE_DIGITS} significant digits, which a DOUBLE keeps",
    )


def whole_numbers(place: Place, values: pa.Array) -> pa.Array:
    """Whole numbers as BIGINT, null where there is none.

    Raises:
        DecodeError: one is not whole.
    """
    if pa.types.is_string(values.type):
        place.refuse(values, pc.invert(pc.match_substring_regex(values, _WHOLE)), "a whole number")
    elif pa.types.is_floating(values.type):
        # pandas makes floats of whole numbers where some are missing.
        bad = pc.or_(pc.not_equal(pc.floor(values), values), pc.greater(pc.abs(values), 2.0**53))
        place.refuse(values, pc.or_(bad, pc.invert(pc.is_finite(values))), "a whole number")
    elif not pa.types.is_integer(values.type):
        place.refuse_type(values, "whole numbers")
    return values.cast(pa.int64())


def texts(place: Place, values: pa.Array) -> pa.Array:
    """Texts, whole numbers written out, null where there is none.

    Raises:
        DecodeError: the column is of another type.
    """
    if not (pa.types.is_string(values.type) or pa.types.is_integer(values.type)):
        place.refuse_type(values, "texts or whole numbers")
    return values.cast(pa.string())


def sides(place: Place, values: pa.Array) -> pa.Array:
    """The taker's side, `buy` or `sell`.

    Raises:
        DecodeError: one is neither.
    """
    if not pa.types.is_string(values.type):
        place.refuse_type(values, f"'{BUY}' or '{SELL}'")
    lower = pc.utf8_lower(values)
    known = pc.is_in(lower, value_set=pa.array([BUY, SELL]))
    place.refuse(values, pc.and_(pc.invert(known), pc.is_valid(lower)), f"'{BUY}' or '{SELL}'")
    return lower


def sides_of_makers(place: Place, values: pa.Array) -> pa.Array:
    """The taker's side from whether the buyer was the maker.

    Raises:
        DecodeError: one is neither true nor false.
    """
    if pa.types.is_string(values.type):
        flags = pc.is_in(pc.utf8_lower(values), value_set=pa.array(["true", "false"]))
        place.refuse(values, pc.and_(pc.invert(flags), pc.is_valid(values)), "true or false")
        values = pc.equal(pc.utf8_lower(values), "true")
    elif not pa.types.is_boolean(values.type):
        place.refuse_type(values, "true or false")
    return taker_sides(values)


READERS: Mapping[Form, Callable[[Place, pa.Array], pa.Array]] = {
    Form.PRICE: prices,
    Form.NUMBER: numbers,
    Form.WHOLE: whole_numbers,
    Form.TEXT: texts,
    Form.SIDE: sides,
    Form.MAKER: sides_of_makers,
}
"""How the values of each form are read; times also need a unit (`history/own/times.py`)."""
