"""Which files and which pages cover a range of time: pure arithmetic on spans.

What belongs here: cutting what is wanted into an archive's periods and a route's windows. What does
not: asking for any of them (`history/fetching.py`, `history/paging.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import DAY, day_start, days, month_end
from crypto_pipeline.venues.capabilities import Archive, Cut


def overlaps(spans: Sequence[Span], other: Span) -> list[Span]:
    """What the spans share with another one."""
    both = (Span(max(s.start, other.start), min(s.end, other.end)) for s in spans)
    return [span for span in both if span.start < span.end]


def first_days(archive: Archive, cut: Cut, wanted: Sequence[Span]) -> list[date]:
    """The first days of the archive's files of one cut that are worth asking for, ascending.

    The shortest cut there is covers every period that is touched; a longer one only periods that
    are wanted whole, since a part of it is had more cheaply from the shorter one.
    """
    local = [Span(s.start - archive.day_starts, s.end - archive.day_starts) for s in wanted]
    if cut is Cut.DAILY:
        return sorted({day for span in local for day in days(span.start, span.end)})
    months = {day.replace(day=1) for span in local for day in days(span.start, span.end)}
    if cut is archive.cuts[-1]:
        return sorted(months)
    return sorted(first for first in months if _is_within(_month(first), local))


def period(archive: Archive, cut: Cut, first: date) -> Span:
    """The times that the archive's file of one cut holds, by its first day."""
    local = _month(first) if cut is Cut.MONTHLY else Span(day_start(first), day_start(first) + DAY)
    return Span(local.start + archive.day_starts, local.end + archive.day_starts)


def _month(first: date) -> Span:
    start = day_start(first)
    return Span(start, month_end(start))


def _is_within(month: Span, spans: Sequence[Span]) -> bool:
    return any(span.start <= month.start and month.end <= span.end for span in spans)


def windows(span: Span, length: timedelta) -> list[Span]:
    """A span cut into windows of at most `length`, ascending."""
    found, cursor = [], span.start
    while cursor < span.end:
        end = min(cursor + length, span.end)
        found.append(Span(cursor, end))
        cursor = end
    return found


def is_due(file: Span, archive: Archive, now: datetime) -> bool:
    """Whether a file of that span may be there by now."""
    return file.end + archive.delay <= now
