"""What differs between kinds of rows: their table, their time, and what an answer leaves open.

What belongs here: these differences, so that fetching and landing need not know them. What does
not: the tables (`lake/tables.py`), counting what is there (`history/counting.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.funding import LONGEST_INTERVAL, intervals_between
from crypto_pipeline.domain.gaps import Span, missing_spans
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND, microseconds
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.lake.tables import AGG_TRADES, FUNDING_RATES, KLINES, TRADES, Table

SETTLING = timedelta(seconds=5)
"""How long after its time a row may still change at the exchange, or not be told yet."""

TABLE_OF = {
    Kind.KLINES: KLINES,
    Kind.TRADES: TRADES,
    Kind.AGG_TRADES: AGG_TRADES,
    Kind.FUNDING: FUNDING_RATES,
}
"""Where the rows of a kind that has a past are kept."""


def table_of(series: Series) -> Table:
    """The table that holds a series."""
    return TABLE_OF[series.kind]


def times(series: Series, rows: pa.Table) -> npt.NDArray[np.int64]:
    """The rows' own times, in µs."""
    column: npt.NDArray[np.int64] = rows[table_of(series).time].cast(pa.int64()).to_numpy()
    return column


def within(series: Series, rows: pa.Table, parts: Sequence[Span]) -> pa.Table:
    """The rows whose time lies in one of the parts."""
    stamps = times(series, rows)
    keep = np.zeros(stamps.size, dtype=bool)
    for part in parts:
        keep |= (stamps >= microseconds(part.start)) & (stamps < microseconds(part.end))
    return rows if keep.all() else rows.filter(pa.array(keep))


def in_sequence(series: Series, rows: pa.Table) -> pa.Table:
    """A source's rows as they follow from one another, before a part of them is taken.

    The interval of a settlement is the distance to the one before, where its exchange does not say
    it: so the first one of a part knows its own as well.
    """
    if series.kind is not Kind.FUNDING or rows.num_rows == 0:
        return rows
    rows = rows.sort_by("funding_time")
    place = rows.column_names.index("interval_hours")
    between = pa.array(intervals_between(times(series, rows)), pa.int64())
    return rows.set_column(place, "interval_hours", pc.coalesce(rows["interval_hours"], between))


def in_runs(
    series: Series, rows: pa.Table, part: Span, most: int
) -> Iterator[tuple[Span, pa.Table]]:
    """The rows of a part in runs of about `most`, each a range of time of its own.

    Rows of one instant stay together. Rows that do not ascend by time are one run.
    """
    stamps = times(series, rows)
    ascending = bool((np.diff(stamps) >= 0).all())
    start, first = part.start, 0
    while ascending and first + most < stamps.size:
        cut = int(np.searchsorted(stamps, stamps[first + most]))
        if cut == first:
            cut = int(np.searchsorted(stamps, stamps[first], side="right"))
        if cut == stamps.size:
            break
        end = EPOCH + int(stamps[cut]) * MICROSECOND
        yield Span(start, end), rows.slice(first, cut - first)
        start, first = end, cut
    yield Span(start, part.end), rows.slice(first)


def unanswered(series: Series, rows: pa.Table, parts: Sequence[Span]) -> list[Span]:
    """What of the parts a source's rows leave open, so that the next source is asked for it.

    Klines lie on a grid, so a bar that is not there is known to be missing. Settlements follow one
    another at an interval that seldom changes, so a longer distance is a hole. Trades come when
    they come: a source that answered for a part has answered for all of it.
    """
    if series.kind is Kind.KLINES:
        stamps = times(series, rows)
        return [gap for part in parts for gap in missing_spans(series.grid, part, stamps)]
    if series.kind is Kind.FUNDING:
        settled = times(series, rows)
        return [gap for part in parts for gap in _unsettled(part, settled)]
    return []


def _unsettled(part: Span, settled: npt.NDArray[np.int64]) -> list[Span]:
    """The runs of a part that lack a settlement, by the distance that most settlements have."""
    first, end = microseconds(part.start), microseconds(part.end)
    inside = settled[(settled >= first) & (settled < end)]
    steps, counts = np.unique(np.diff(inside), return_counts=True)
    usual = int(steps[counts.argmax()]) if steps.size else LONGEST_INTERVAL // MICROSECOND
    edges = [first - 1, *map(int, inside), end]
    return [
        Span(EPOCH + (a + 1) * MICROSECOND, EPOCH + b * MICROSECOND)
        for a, b in pairwise(edges)
        if b - a > usual
    ]


def closed_until(series: Series, now: datetime) -> datetime:
    """The end, exclusive, of the times whose rows are final at `now`.

    An answer may be a second old, and trades come in some time after they were made: what lies
    within SETTLING of now is left to the next load.
    """
    settled = now - SETTLING
    return series.grid.closed_until(settled) if series.kind is Kind.KLINES else settled
