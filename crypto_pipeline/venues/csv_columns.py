"""CSV of bulk archives into Arrow columns, strictly: rows, numbers, instants.

What belongs here: reading a file of a known layout, with the row and field named where it fails.
What does not: unpacking (`venues/csv_text.py`), what a record may be (`venues/kline_csv.py`,
`venues/trade_columns.py`), which columns an exchange writes (its own module).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import PRECISE_DIGITS, PRICES, too_long
from crypto_pipeline.venues.csv_text import HEAD, CsvText

MICROSECOND_STAMPS = 10**14
"""From here on a number of the year 1973 and later is µs, below it ms."""

_BLOCK = 1 << 20
"""Bytes that are parsed at once: long enough for speed, short enough for memory."""

_DECIMAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_ANYTHING = re.compile(".*")
_SOMETHING = re.compile("[^\N{REPLACEMENT CHARACTER}]+")
"""Any text, but for bytes that are no UTF-8: that character is put in their place."""
_BOOLEAN = re.compile("true|false", re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """The columns of an exchange's CSV.

    Attributes:
        columns: all of them, in the file's order.
        types: the Arrow type of those that are kept; the others are skipped.
    """

    columns: Sequence[str]
    types: Mapping[str, pa.DataType]


def header_rows(text: bytes) -> int:
    """1 where the first row names the columns: it begins with a letter or with no ASCII at all."""
    return int(text[:1].isalpha() or text[:1] > b"\x7f")


def read_columns(text: CsvText, layout: CsvLayout) -> pa.Table:
    """The kept columns of a CSV, with or without a header row; there may be no other row.

    Args:
        text: the CSV; it is read block by block.
        layout: its columns; those named as a price (`price`, `open` …) are held to the digits
            that a DOUBLE keeps.

    Raises:
        DecodeError: a row is cut, a field is empty, is of another type or no finite number, or a
            price has too many digits; names row and field.
    """
    schema = pa.schema(list(layout.types.items()))
    return pa.Table.from_batches((rows for _, rows in read_blocks(text, layout)), schema)


def read_blocks(text: CsvText, layout: CsvLayout) -> Iterator[tuple[int, pa.RecordBatch]]:
    """What `read_columns` gives, block by block, each with how many rows of the file lie above.

    Raises:
        DecodeError: as `read_columns`.
    """
    head = text.head()
    row = header = header_rows(head)
    whole = len(head) < HEAD
    if not head or (header and whole and head.find(b"\n") in (-1, len(head) - 1)):
        return
    schema = pa.schema(list(layout.types.items()))
    try:
        with text.open() as content, _parse(content, layout, header) as blocks:
            for block in blocks:
                _refuse_imprecise_prices(text.name, block, row)
                rows = block.cast(schema)
                for column in schema.names:
                    _refuse_impossible(text.name, column, rows[column], row)
                yield row, rows
                row += rows.num_rows
    except pa.ArrowInvalid as error:
        raise _first_bad_row(text, layout, header, error) from error


def instants(name: str, values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Whole numbers of ms or of µs since the epoch, told apart by magnitude, as TIMESTAMP.

    Raises:
        DecodeError: some are ms and some are µs.
    """
    stamps = values.to_numpy()
    large = stamps >= MICROSECOND_STAMPS
    if large.any() and not large.all():
        first = int(np.flatnonzero(large != large[0])[0])
        raise DecodeError(
            name,
            field="time",
            given=f"{stamps[0]} and {stamps[first]}",
            expected="ms throughout or µs throughout",
        )
    return pa.array(stamps * (1 if large.any() else 1000)).cast(TIMESTAMP)


def _parse(content: BinaryIO, layout: CsvLayout, header: int) -> pacsv.CSVStreamingReader:
    # Prices stay text until their digits were looked at.
    texts = {column: pa.string() for column in layout.types if column in PRICES}
    return pacsv.open_csv(
        content,
        read_options=pacsv.ReadOptions(
            column_names=list(layout.columns),
            skip_rows=header,
            use_threads=False,
            block_size=_BLOCK,
        ),
        parse_options=pacsv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(
            column_types={**layout.types, **texts},
            include_columns=list(layout.types),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _first_bad_row(
    text: CsvText, layout: CsvLayout, header: int, error: pa.ArrowInvalid
) -> DecodeError:
    """Find by hand what the fast reader refused."""
    with text.open() as content:
        for row, line in enumerate(io.BufferedReader(cast("io.RawIOBase", content)), start=1):
            fields = line.decode("utf-8", errors="replace").rstrip("\r\n").split(",")
            found = _bad_field(text.name, row, fields, layout) if row > header else None
            if found is not None:
                return found
    return DecodeError(text.name, given=str(error), expected="the documented CSV")


def _bad_field(name: str, row: int, fields: list[str], layout: CsvLayout) -> DecodeError | None:
    if len(fields) != len(layout.columns):
        given, expected = f"{len(fields)} fields", ", ".join(layout.columns)
        return DecodeError(name, row=row, given=given, expected=expected)
    for column, value in zip(layout.columns, fields, strict=True):
        pattern, expected = _pattern(layout.types.get(column))
        if not pattern.fullmatch(value):
            return DecodeError(name, row=row, field=column, given=f"'{value}'", expected=expected)
    return None


def _pattern(kind: pa.DataType | None) -> tuple[re.Pattern[str], str]:
    """How a value of this type is written, and that in words; a skipped column takes any text."""
    if kind is None:
        return _ANYTHING, "anything"
    if pa.types.is_integer(kind):
        return _WHOLE, "a whole number"
    if pa.types.is_boolean(kind):
        return _BOOLEAN, "true or false"
    return (_DECIMAL, "a number") if pa.types.is_floating(kind) else (_SOMETHING, "a text in UTF-8")


def _refuse_impossible(name: str, column: str, values: pa.Array, before: int) -> None:
    """No column may hold an empty field, a NaN or an infinity; `before` are the rows above."""
    floats = pa.types.is_floating(values.type)
    # One that is NaN or infinite leaves its mark on the sum.
    if values.null_count == 0 and not (floats and not np.isfinite(pc.sum(values).as_py() or 0.0)):
        return
    bad = pc.is_null(values)
    if floats:
        bad = pc.or_(bad, pc.fill_null(pc.invert(pc.is_finite(values)), fill_value=True))
    if pc.any(bad).as_py():
        row = pc.index(bad, value=True).as_py()
        given = values[row].as_py()
        raise DecodeError(
            name,
            row=row + 1 + before,
            field=column,
            given="nothing" if given is None else str(given),
            expected="a finite number" if floats else "a value",
        )


def _refuse_imprecise_prices(name: str, table: pa.RecordBatch, before: int) -> None:
    """Prices, still as text, that a DOUBLE would not give back; `before` are the rows above."""
    for column in (c for c in PRICES if c in table.column_names):
        texts = table[column]
        # Most are no longer than the digits that are allowed, and need no closer look.
        if (pc.max(pc.binary_length(texts)).as_py() or 0) <= PRECISE_DIGITS:
            continue
        long = too_long(texts)
        if pc.any(long).as_py():
            row = pc.index(long, value=True).as_py()
            raise DecodeError(
                name,
                row=row + 1 + before,
                field=column,
                given=f"'{texts[row].as_py()}'",
                expected=f"at most {PRECISE_DIGITS} significant digits, which a DOUBLE keeps",
            )
