"""Instants as RFC 3339 writes them in UTC: `2014-11-07T22:19:28.578544Z`.

What belongs here: columns of such texts into µs. What does not: instants that are whole numbers
(`venues/columns.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND, TIMESTAMP
from crypto_pipeline.errors import DecodeError

_FORM = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$"
_NANOSECONDS = 1000
_EXPECTED = "an instant such as 2014-11-07T22:19:28.578544Z"


def utc_instants(where: str, field: str, texts: Sequence[str]) -> pa.Array:
    """The texts as TIMESTAMP; up to nine digits of a second, those after the sixth cut off.

    Raises:
        DecodeError: a text is of another form, or no instant; names row and field.
    """
    column = pa.array(texts, pa.string())
    unformed = pc.invert(pc.match_substring_regex(column, _FORM))
    if pc.any(unformed).as_py():
        row = pc.index(unformed, value=True).as_py()
        raise _no_instant(where, field, row, texts[row])
    try:
        read = column.cast(pa.timestamp("ns", "UTC"))
    except pa.ArrowInvalid:
        row = _first_unreadable(column)
        raise _no_instant(where, field, row, texts[row]) from None
    floored = np.floor_divide(read.cast(pa.int64()).to_numpy(), _NANOSECONDS)
    return pa.array(floored).cast(TIMESTAMP)


def utc_instant(where: str, field: str, text: str) -> datetime:
    """The one text as an aware datetime in UTC.

    Raises:
        DecodeError: it is of another form, or no instant.
    """
    since: int = utc_instants(where, field, [text]).cast(pa.int64())[0].as_py()
    return EPOCH + since * MICROSECOND


def _first_unreadable(column: pa.Array) -> int:
    """The row of the first text that has the form and is no instant: 30 February, 24:00."""
    for row in range(len(column)):
        try:
            column.slice(row, 1).cast(pa.timestamp("ns", "UTC"))
        except pa.ArrowInvalid:
            return row
    return 0


def _no_instant(where: str, field: str, row: int, text: str) -> DecodeError:
    return DecodeError(where, row=row + 1, field=field, given=f"'{text}'", expected=_EXPECTED)
