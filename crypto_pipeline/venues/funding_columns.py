"""Settlements of funding into the columns that decoders return: what all exchanges have in common.

What belongs here: order and rounding of settlements, columns an exchange does not give. What does
not: which field stands where (the exchange's module), the interval between two settlements
(`domain/funding.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crypto_pipeline.domain.funding import FUNDING_COLUMNS, FUNDING_SCHEMA, settlement_times
from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.errors import DecodeError


def funding_table(
    where: str, times_us: npt.NDArray[np.int64], columns: Mapping[str, pa.Array]
) -> pa.Table:
    """Settlements in FUNDING_COLUMNS, strictly ascending, times rounded to the second.

    Args:
        where: what was asked, or the file, for errors.
        times_us: of the settlements as printed, in µs, ascending or descending throughout.
        columns: those of FUNDING_COLUMNS that the exchange gives, `rate` among them, in the order
            of `times_us`; the others are NULL.

    Raises:
        DecodeError: a time stands there twice or out of order.
    """
    times = settlement_times(times_us)
    newest_first = times.size > 1 and times[0] > times[-1]
    ascending = times[::-1] if newest_first else times
    steps = np.diff(ascending)
    if (steps <= 0).any():
        given = f"{ascending[1:][steps <= 0][0]} µs"
        expected = "a settlement after the one before it"
        raise DecodeError(where, field="funding_time", given=given, expected=expected)
    arrays = [pa.array(times).cast(TIMESTAMP)]
    for name in FUNDING_COLUMNS[1:]:
        kind = FUNDING_SCHEMA.field(name).type
        arrays.append(columns[name] if name in columns else pa.nulls(times.size, kind))
    table = pa.table(arrays, names=list(FUNDING_COLUMNS))
    return table.take(pa.array(np.arange(times.size)[::-1])) if newest_first else table
