"""Answers of REST into Arrow columns, strictly: what all exchanges' decoders have in common.

What belongs here: reading JSON of a known shape, texts to numbers, order and bounds, each with the
row and field named where it fails. What does not: which field stands where (the exchange's module),
CSV (`venues/kline_csv.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Annotated, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.klines import KLINE_SCHEMA, TIMESTAMP, VALUE_COLUMNS, microseconds
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError

T = TypeVar("T")

PRECISE_DIGITS = 15
"""Significant digits that survive text → double → text; a longer price is refused."""

LATEST_US = 253_402_300_799_999_999
"""The last µs of the year 9999: what a datetime, and an int64 of µs, can still say."""

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=LATEST_US // 1000)]
"""Since the epoch, up to the year 9999."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""An id or a number of things."""

STEPS = Decimal("1e-30"), Decimal("1e30")
"""The least and the largest step that is believed: products of such fit any Decimal."""

PRICES = ("open", "high", "low", "close", "price")
NO_KLINES = pa.schema(
    [KLINE_SCHEMA.field(column).with_nullable(True) for column in ("open_time", *VALUE_COLUMNS)]
).empty_table()


def read_json(where: str, body: bytes, shape: type[T]) -> T:
    """An answer of exactly that shape; keys that the shape does not name are skipped.

    Raises:
        DecodeError: it is no JSON, no UTF-8, nested without end, or of another shape.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(where, given=repr(body[:200]), expected=str(error)) from error


def numbers(where: str, field: str, texts: Sequence[str | None]) -> pa.Array:
    """Decimal texts as DOUBLE, None as NULL.

    Raises:
        DecodeError: a text is no finite number, or a price of more digits than a DOUBLE keeps.
    """
    column = pa.array(texts, pa.string())
    try:
        values = column.cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise _bad_number(where, field, texts) from error
    # One that is NaN or infinite leaves its mark on the sum.
    if not np.isfinite(pc.sum(values).as_py() or 0.0):
        raise _bad_number(where, field, texts)
    if field in PRICES and (pc.max(pc.utf8_length(column)).as_py() or 0) > PRECISE_DIGITS:
        _refuse_imprecise(where, field, column)
    return values


def number_columns(where: str, fields: Mapping[str, Sequence[str | None]]) -> dict[str, pa.Array]:
    """What `numbers` gives for each field; of columns of one length, read as one.

    Raises:
        DecodeError: as `numbers`.
    """
    texts = list(chain.from_iterable(fields.values()))
    length = len(texts) // len(fields)
    column = pa.array(texts, pa.string())
    prices = [column.slice(n * length, length) for n, name in enumerate(fields) if name in PRICES]
    longest = max((pc.max(pc.binary_length(part)).as_py() or 0 for part in prices), default=0)
    try:
        values = column.cast(pa.float64())
        fine = longest <= PRECISE_DIGITS and np.isfinite(pc.sum(values).as_py() or 0.0)
    except pa.ArrowInvalid:
        fine = False
    if not fine:
        return {name: numbers(where, name, found) for name, found in fields.items()}
    return {name: values.slice(n * length, length) for n, name in enumerate(fields)}


def _bad_number(where: str, field: str, texts: Sequence[str | None]) -> DecodeError:
    for row, text in enumerate(texts, start=1):
        try:
            fine = text is None or np.isfinite(float(text))
        except ValueError:
            fine = False
        if not fine:
            return DecodeError(
                where, row=row, field=field, given=f"'{text}'", expected="a finite number"
            )
    return DecodeError(where, field=field, given="numbers whose sum overflows", expected="prices")


def step(where: str, field: str, text: str | None) -> Decimal | None:
    """A step or a least value of an instrument; None where there is none: no text, or 0.

    Raises:
        DecodeError: it is below 0, NaN, infinite, no number at all, or beyond STEPS.
    """
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    # A NaN compares with nothing: it raises.
    if value.is_nan() or (value and not STEPS[0] <= value <= STEPS[1]):
        expected = f"0, or a number from {STEPS[0]} to {STEPS[1]}"
        raise DecodeError(where, field=field, given=f"'{text[:50]}'", expected=expected)
    return value.normalize() if value else None


def too_long(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Which decimal texts have more significant digits than a DOUBLE keeps; a boolean for each."""
    digits = pc.utf8_ltrim(pc.replace_substring(texts, ".", ""), characters="0")
    return pc.greater(pc.utf8_length(pc.utf8_rtrim(digits, characters="0")), PRECISE_DIGITS)


def _refuse_imprecise(where: str, field: str, column: pa.Array) -> None:
    long = too_long(column)
    if pc.any(long).as_py():
        row = pc.index(long, value=True).as_py()
        raise DecodeError(
            where,
            row=row + 1,
            field=field,
            given=f"'{column[row].as_py()}'",
            expected=f"at most {PRECISE_DIGITS} significant digits, which a DOUBLE keeps",
        )


def stamps(
    where: str, field: str, values: Sequence[int] | Sequence[str], unit_us: int
) -> npt.NDArray[np.int64]:
    """Instants written as whole numbers of `unit_us` µs, as µs (int64 array).

    Raises:
        DecodeError: a value is no whole number, or lies beyond the year 9999.
    """
    latest = LATEST_US // unit_us
    for row, text in enumerate(map(str, values), start=1):
        if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) <= latest):
            raise DecodeError(
                where,
                row=row,
                field=field,
                given=f"'{text}'",
                expected=f"a whole number up to {latest}",
            )
    return np.array(values, dtype=np.int64) * unit_us


def kline_table(
    where: str,
    series: Series,
    span: Span,
    times_us: npt.NDArray[np.int64],
    columns: Mapping[str, pa.Array],
) -> pa.Table:
    """One page of klines in the columns that decoders return.

    Args:
        where: what was asked, for errors.
        series: whose klines.
        span: the open times that were asked for.
        times_us: open times in µs, ascending or descending throughout.
        columns: those of VALUE_COLUMNS that the exchange gives, in the order of `times_us`.

    Raises:
        DecodeError: a time is off the grid, outside the span or out of order.
    """
    if times_us.size == 0:
        return NO_KLINES
    newest_first = times_us.size > 1 and times_us[0] > times_us[-1]
    ascending = times_us[::-1] if newest_first else times_us
    first, end = microseconds(span.start), microseconds(span.end)
    for bad, expected in (
        ((ascending < first) | (ascending >= end), f"an open time in {span}"),
        (ascending % series.grid.microseconds != 0, f"an open time on the {series.part} grid"),
        (np.diff(ascending, prepend=first - 1) <= 0, "an open time after the one before it"),
    ):
        if bad.any():
            given = str(ascending[int(np.flatnonzero(bad)[0])])
            raise DecodeError(where, field="open_time", given=f"{given} µs", expected=expected)
    arrays = [pa.array(times_us).cast(TIMESTAMP)]
    for name in VALUE_COLUMNS:
        kind = KLINE_SCHEMA.field(name).type
        arrays.append(columns[name] if name in columns else pa.nulls(times_us.size, kind))
    table = pa.table(arrays, names=["open_time", *VALUE_COLUMNS])
    return table.take(pa.array(np.arange(times_us.size)[::-1])) if newest_first else table
