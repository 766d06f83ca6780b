"""Times of a person's file as TIMESTAMP: typed, ISO 8601 or counted from the epoch.

What belongs here: reading a column of times of which nothing is guessed, neither unit nor zone.
What does not: what times may follow each other (`history/own/rules.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.history.own.columns import TimeUnit
from crypto_pipeline.history.own.values import Place
from crypto_pipeline.venues.csv_columns import MICROSECOND_STAMPS

NANOSECONDS = {TimeUnit.S: 10**9, TimeUnit.MS: 10**6, TimeUnit.US: 1000, TimeUnit.NS: 1}

_COUNTED = r"^(\d{1,18}|[1-8]\d{18})(\.\d{1,9})?$"
_DAY, _CLOCK = r"\d{4}-\d{2}-\d{2}", r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_ISO = rf"^{_DAY}([ T]{_CLOCK}(Z|[+-]\d{{2}}:?\d{{2}})?)?$"
_ZONED = r"(Z|:\d{2}(\.\d+)?[+-]\d{2}:?\d{2})$"
_LATEST = 9_223_372_036 * 10**9
"""ns; a later instant has no place in an int64, nor in any market (2262)."""


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How times without a type are read.

    Attributes:
        unit: of numbers and texts, or None where it was not said.
        naive_is_utc: whether times without a zone are said to be UTC; else they are refused.
    """

    unit: TimeUnit | None = None
    naive_is_utc: bool = False


def times(place: Place, values: pa.Array, reading: TimeReading) -> pa.Array:
    """Times as TIMESTAMP; what a file gives below a µs is cut off.

    Raises:
        DecodeError: one is no time.
        UsageError: the unit of numbers was not said, or the zone of times.
    """
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return _typed(place, values, reading)
    if pa.types.is_string(values.type):
        counted = pc.all(pc.match_substring_regex(values, r"^[0-9.]+$")).as_py() is True
        if reading.unit is TimeUnit.ISO or (reading.unit is None and not counted):
            return _iso(place, values, reading)
    elif not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        place.refuse_type(values, "times")
    return _counted(place, values, reading)


def _typed(place: Place, values: pa.Array, reading: TimeReading) -> pa.Array:
    if getattr(values.type, "tz", None) is None:
        _refuse_naive(place, values, reading)
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("ms"))
    per = {"s": 10**6, "ms": 1000, "us": 1, "ns": 1}[values.type.unit]
    stamps = values.cast(pa.int64())
    if values.type.unit == "ns":
        return _floored(stamps)
    try:
        return pc.multiply_checked(stamps, per).cast(TIMESTAMP)
    except pa.ArrowInvalid:
        raise _no_time(place, str(values.type), "times up to the year 2262") from None


def _refuse_naive(place: Place, values: pa.Array, reading: TimeReading) -> None:
    if reading.naive_is_utc:
        return
    shown = values[0].as_py() if len(values) else values.type
    raise UsageError(
        f"{place.file}: the times in '{place.column}' ({shown}, …) have no zone; give --utc if "
        f"they are UTC, or write them with one (2023-03-01T00:00:00Z)"
    )


def _iso(place: Place, values: pa.Array, reading: TimeReading) -> pa.Array:
    """Texts such as `2023-03-01T00:00:00Z` or `2023-03-01 01:00+01:00`."""
    unreadable = pc.invert(pc.match_substring_regex(values, _ISO))
    place.refuse(values, unreadable, "a time such as 2023-03-01T00:00:00Z")
    zoned = pc.match_substring_regex(values, _ZONED)
    naive = pc.filter(values, pc.invert(zoned))
    if len(naive):
        _refuse_naive(place, naive, reading)
        place.refuse(values, zoned, "a time without a zone, as in the other rows")
    kind = pa.timestamp("ns") if len(naive) else pa.timestamp("ns", "UTC")
    try:
        return _floored(values.cast(kind).cast(pa.int64()))
    except pa.ArrowInvalid:
        readable = [_is_readable(values.slice(row, 1), kind) for row in range(len(values))]
        place.refuse(values, pc.invert(pa.array(readable)), "a time that there is")
        raise


def _is_readable(text: pa.Array, kind: pa.DataType) -> bool:
    try:
        text.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _counted(place: Place, values: pa.Array, reading: TimeReading) -> pa.Array:
    """Numbers of a unit since the epoch; of texts and decimals up to nine places count."""
    unit = reading.unit
    if unit is None or unit is TimeUnit.ISO:
        shown = values[0].as_py() if len(values) else ""
        raise UsageError(
            f"{place.file}: the times in '{place.column}' are numbers ({shown}, …); say of what "
            f"with --time-unit s, ms, us or ns"
        )
    parts = pa.nulls(0, pa.int64())
    if pa.types.is_string(values.type):
        counted = pc.match_substring_regex(values, _COUNTED)
        place.refuse(values, pc.invert(counted), f"a time in {unit.value}")
        values, parts = _with_parts(values)
    elif pa.types.is_floating(values.type):
        whole = pc.and_(pc.is_finite(values), pc.equal(pc.floor(values), values))
        place.refuse(values, pc.invert(whole), f"a whole number of {unit.value}, or a text")
    return _since_epoch(place, values, parts, unit)


def _with_parts(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Whole units of decimal texts, and billionths of one; of those none where all are whole."""
    if not pc.any(pc.match_substring(texts, ".")).as_py():
        return texts.cast(pa.int64()), pa.nulls(0, pa.int64())
    halves = pc.extract_regex(texts, r"^(?P<whole>\d+)\.?(?P<parts>\d*)$")
    parts = pc.utf8_rpad(pc.struct_field(halves, "parts"), 9, "0")
    return pc.struct_field(halves, "whole").cast(pa.int64()), parts.cast(pa.int64())


def _since_epoch(place: Place, values: pa.Array, parts: pa.Array, unit: TimeUnit) -> pa.Array:
    """Whole numbers of a unit, and billionths of one, as TIMESTAMP."""
    if unit is TimeUnit.MS_OR_US:
        small = pc.less(values, MICROSECOND_STAMPS)
        unit_of = pc.if_else(small, NANOSECONDS[TimeUnit.MS], NANOSECONDS[TimeUnit.US])
    else:
        unit_of = pa.scalar(NANOSECONDS[unit], pa.int64())
    late = pc.greater(pc.abs(values), pc.divide(pa.scalar(_LATEST, pa.int64()), unit_of))
    expected = f"a time in {unit.value} up to the year 2262; is the unit right?"
    place.refuse(values, late, expected)
    whole = pc.multiply(values.cast(pa.int64()), unit_of)
    if len(parts):
        whole = pc.add(whole, pc.divide(pc.multiply(parts, unit_of), 10**9))
    return _floored(whole)


def _floored(nanoseconds: pa.Array) -> pa.Array:
    """Nanoseconds as TIMESTAMP, rounded down, null where null."""
    stamps = np.floor_divide(nanoseconds.fill_null(0).to_numpy(), 1000)
    return pa.array(stamps, mask=nanoseconds.is_null().to_numpy(zero_copy_only=False)).cast(
        TIMESTAMP
    )


def _no_time(place: Place, given: str, expected: str) -> DecodeError:
    return DecodeError(place.file, field=place.column, given=given, expected=expected)
