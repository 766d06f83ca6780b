"""Arithmetic on a grid: which open times are there, which are not, and in what runs.

What belongs here: counting and naming what is missing. What does not: why it is missing, and
where the present ones are read from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from crypto_pipeline.domain.intervals import EPOCH, Interval, day_start
from crypto_pipeline.domain.klines import MICROSECOND, microseconds


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of time, start inclusive, end exclusive."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        """Read as `2023-03-01T00:00Z..2023-03-02T00:00Z`."""
        return f"{self.start:%Y-%m-%dT%H:%MZ}..{self.end:%Y-%m-%dT%H:%MZ}"


def span_of_days(first: date, end: date) -> Span:
    """The open times of the UTC days [first, end)."""
    return Span(day_start(first), day_start(end))


def missing_spans(interval: Interval, span: Span, open_times: npt.NDArray[np.int64]) -> list[Span]:
    """The runs of bars in `span` that `open_times` lacks.

    Args:
        interval: whose grid.
        span: the bars expected are those that open in it.
        open_times: µs since the epoch, any order, duplicates allowed; times off the grid or
            outside the span count for nothing.

    Returns:
        Runs in ascending order, as long as they can be: [first missing open, next present open).
    """
    step = interval.microseconds
    first = microseconds(interval.ceil(span.start))
    expected = interval.bars_between(span.start, span.end)
    slots, off = np.divmod(open_times - first, step)
    inside = slots[(off == 0) & (slots >= 0) & (slots < expected)]
    absent = np.ones(expected, dtype=bool)
    absent[inside] = False
    edges = np.flatnonzero(np.diff(absent, prepend=False, append=False))
    return [
        Span(_instant(first + int(a) * step), _instant(first + int(b) * step))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap; ascending."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract_spans(whole: Span, parts: Sequence[Span]) -> list[Span]:
    """What of `whole` none of `parts` covers; ascending."""
    left, cursor = [], whole.start
    for part in merge_spans(parts):
        if cursor < min(part.start, whole.end):
            left.append(Span(cursor, min(part.start, whole.end)))
        cursor = max(cursor, part.end)
        if cursor >= whole.end:
            return left
    return [*left, Span(cursor, whole.end)] if cursor < whole.end else left


def _instant(epoch_us: int) -> datetime:
    return EPOCH + epoch_us * MICROSECOND
