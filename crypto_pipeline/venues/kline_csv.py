"""Klines in the CSV of a bulk archive: from bytes to Arrow, strictly, with the bad row named.

What belongs here: what a file of klines may hold. What does not: unpacking and reading CSV
(`venues/csv_columns.py`), which columns an exchange writes (its own module).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import TIMESTAMP, microseconds
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.csv_columns import (
    MICROSECOND_STAMPS,
    CsvLayout,
    header_rows,
    read_columns,
)
from crypto_pipeline.venues.csv_text import CsvText


def read_klines(text: CsvText, layout: CsvLayout, interval: Interval, span: Span) -> pa.Table:
    """The klines of a CSV, with or without a header row, with times in ms or µs.

    Args:
        text: the CSV.
        layout: its columns, `open_time` among those kept.
        interval: whose grid the open times must lie on.
        span: the open times that the file may hold.

    Returns:
        The kept columns, open_time as TIMESTAMP, strictly ascending.

    Raises:
        DecodeError: there is no row, a row is cut, a field is not a number, a price has more
            digits than a DOUBLE keeps, a time is off the grid, outside the span or out of order.
    """
    table = read_columns(text, layout)
    if table.num_rows == 0:
        raise DecodeError(text.name, given="no rows", expected="a row a bar")
    stamps = table["open_time"].to_numpy()
    times = stamps * (1 if stamps[0] >= MICROSECOND_STAMPS else 1000)
    first, end = microseconds(span.start), microseconds(span.end)
    for bad, expected in (
        ((times < first) | (times >= end), f"an open time in {span}"),
        (times % interval.microseconds != 0, f"an open time on the {interval.value} grid"),
        (np.diff(times, prepend=first - 1) <= 0, "an open time after the one before it"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise DecodeError(
                text.name,
                row=row + 1 + header_rows(text.head()),
                field="open_time",
                given=str(stamps[row]),
                expected=expected,
            )
    open_time = pa.array(times).cast(TIMESTAMP)
    return table.set_column(table.column_names.index("open_time"), "open_time", open_time)
