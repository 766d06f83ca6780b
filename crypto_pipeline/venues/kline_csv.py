"""Klines in a CSV inside a zip: from bytes to Arrow, strictly, with the row named where it fails.

What belongs here: reading the format that bulk archives share. What does not: which columns an
exchange writes (its own module), downloading, checksums.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import TIMESTAMP, microseconds
from crypto_pipeline.errors import DecodeError

MAX_UNPACKED = 1 << 30
"""Bytes that one zip may unpack to: ten years of 1m bars are a tenth of it."""

_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What zipfile raises on bytes that are no zip; a RuntimeError where it takes it for encrypted."""

PRICES = ("open", "high", "low", "close")
PRECISE_DIGITS = 15
"""Significant digits that survive text → double → text; a longer price is refused."""

_DECIMAL = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?", re.IGNORECASE)
_ANYTHING = re.compile(".*")
_WHOLE = re.compile(r"-?\d{1,18}")

MICROSECOND_STAMPS = 10**14
"""From here on a number of the year 1973 and later is µs, below it ms."""


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """The columns of an exchange's kline CSV.

    Attributes:
        columns: all of them, in the file's order.
        types: the Arrow type of those that are kept; the others are skipped.
    """

    columns: Sequence[str]
    types: Mapping[str, pa.DataType]


def unzip(name: str, content: bytes) -> bytes:
    """The one CSV inside a zip.

    Raises:
        DecodeError: the zip is broken, or holds something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].file_size > MAX_UNPACKED:
                raise DecodeError(
                    name,
                    given=f"{len(members)} files of {sum(m.file_size for m in members)} bytes",
                    expected=f"one CSV of at most {MAX_UNPACKED} bytes",
                )
            return archive.read(members[0])
    except _BROKEN_ZIP as error:
        raise DecodeError(name, given=f"a broken zip ({error})", expected="a zip") from error


def read_klines(
    name: str, text: bytes, layout: CsvLayout, interval: Interval, span: Span
) -> pa.Table:
    """The klines of a CSV, with or without a header row, with times in ms or µs.

    Args:
        name: the file, for errors.
        text: the CSV.
        layout: its columns.
        interval: whose grid the open times must lie on.
        span: the open times that the file may hold.

    Returns:
        The kept columns, open_time as TIMESTAMP, strictly ascending.

    Raises:
        DecodeError: there is no row, a row is cut, a field is not a number, a price has more
            digits than a DOUBLE keeps, a time is off the grid, outside the span or out of order.
    """
    header = int(text[:1].isalpha())
    try:
        table = _parse(text, layout, header, dict(layout.types))
    except pa.ArrowInvalid as error:
        raise _first_bad_row(name, text, layout, header, error) from error
    if table.num_rows == 0:
        raise DecodeError(name, given="no rows", expected="a row a bar")
    _refuse_impossible_numbers(name, table, header)
    _refuse_imprecise_prices(name, text, layout, table, header)
    return _with_open_time(name, table, interval, span, header)


def _parse(text: bytes, layout: CsvLayout, header: int, types: dict[str, pa.DataType]) -> pa.Table:
    return pacsv.read_csv(
        pa.BufferReader(text),
        read_options=pacsv.ReadOptions(
            column_names=list(layout.columns),
            skip_rows=header,
            use_threads=False,
            block_size=max(len(text), 1),
        ),
        parse_options=pacsv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(
            column_types=types, include_columns=list(types), null_values=[""]
        ),
    )


def _first_bad_row(
    name: str, text: bytes, layout: CsvLayout, header: int, error: pa.ArrowInvalid
) -> DecodeError:
    """Find by hand what the fast reader refused."""
    lines = text.decode("utf-8", errors="replace").splitlines()
    for row, line in enumerate(lines[header:], start=header + 1):
        fields = line.split(",")
        if len(fields) != len(layout.columns):
            given, expected = f"{len(fields)} fields", ", ".join(layout.columns)
            return DecodeError(name, row=row, given=given, expected=expected)
        for column, value in zip(layout.columns, fields, strict=True):
            pattern, expected = _pattern(layout.types.get(column))
            if not pattern.fullmatch(value):
                return DecodeError(
                    name, row=row, field=column, given=f"'{value}'", expected=expected
                )
    return DecodeError(name, given=str(error), expected="the documented CSV")


def _pattern(kind: pa.DataType | None) -> tuple[re.Pattern[str], str]:
    """How a value of this type is written, and that in words; a skipped column takes any text."""
    if kind is None:
        return _ANYTHING, "anything"
    return (_WHOLE, "a whole number") if pa.types.is_integer(kind) else (_DECIMAL, "a number")


def _refuse_impossible_numbers(name: str, table: pa.Table, header: int) -> None:
    """No column may hold an empty field, a NaN or an infinity."""
    for column in table.column_names:
        values = table[column]
        # One that is null, NaN or infinite leaves its mark on the sum.
        if values.null_count == 0 and np.isfinite(pc.sum(values).as_py() or 0):
            continue
        bad = pc.is_null(values)
        if pa.types.is_floating(values.type):
            bad = pc.or_(bad, pc.fill_null(pc.invert(pc.is_finite(values)), fill_value=True))
        if pc.any(bad).as_py():
            row = pc.index(bad, value=True).as_py()
            given = values[row].as_py()
            raise DecodeError(
                name,
                row=row + 1 + header,
                field=column,
                given="nothing" if given is None else str(given),
                expected="a finite number",
            )


def _refuse_imprecise_prices(
    name: str, text: bytes, layout: CsvLayout, table: pa.Table, header: int
) -> None:
    """Prices that a DOUBLE would not give back as they were written.

    A price below 10^7 with at most eight decimals has at most fifteen digits, and most files hold
    no other: only where nine digits follow a point are the texts looked at.
    """
    columns = [c for c in PRICES if c in table.column_names]
    small = all(pc.max(table[c]).as_py() < 10 ** (PRECISE_DIGITS - 8) for c in columns)
    if small and not _has_nine_places(text):
        return
    texts = _parse(text, layout, header, dict.fromkeys(columns, pa.string()))
    for column in columns:
        digits = pc.utf8_ltrim(pc.replace_substring(texts[column], ".", ""), characters="0")
        long = pc.greater(pc.utf8_length(pc.utf8_rtrim(digits, characters="0")), PRECISE_DIGITS)
        if pc.any(long).as_py():
            row = pc.index(long, value=True).as_py()
            raise DecodeError(
                name,
                row=row + 1 + header,
                field=column,
                given=f"'{texts[column][row].as_py()}'",
                expected=f"at most {PRECISE_DIGITS} significant digits, which a DOUBLE keeps",
            )


def _has_nine_places(text: bytes) -> bool:
    """Whether nine digits follow a point anywhere, looking at the ninth first."""
    characters = np.frombuffer(text, np.uint8)
    # Below "0" the difference wraps around, so that one comparison tells a digit.
    digits = characters - np.uint8(ord("0")) < 10
    points = (characters[:-9] == ord(".")) & digits[9:]
    if not points.any():
        return False
    found = np.flatnonzero(points)
    return bool(np.all([digits[found + place] for place in range(1, 10)], axis=0).any())


def _with_open_time(
    name: str, table: pa.Table, interval: Interval, span: Span, header: int
) -> pa.Table:
    """The stamps as TIMESTAMP, each on the grid, inside the span, after the one before."""
    stamps = table["open_time"].to_numpy()
    unit = 1 if stamps.size and stamps[0] >= MICROSECOND_STAMPS else 1000
    times = stamps * unit
    first, end = microseconds(span.start), microseconds(span.end)
    for bad, expected in (
        ((times < first) | (times >= end), f"an open time in {span}"),
        (times % interval.microseconds != 0, f"an open time on the {interval.value} grid"),
        (np.diff(times, prepend=first - 1) <= 0, "an open time after the one before it"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise DecodeError(
                name,
                row=row + 1 + header,
                field="open_time",
                given=str(stamps[row]),
                expected=expected,
            )
    open_time = pa.array(times).cast(TIMESTAMP)
    return table.set_column(table.column_names.index("open_time"), "open_time", open_time)
