"""Which days of a series a home holds whole, so that a load need not bring them again.

What belongs here: that one question. What does not: skipping them (`history/fetching.py`), counting
what a load left (`history/counting.py`).

A day is held where its coverage says that nothing is missing, that every source answered for it,
and was counted once the day had ended; or, of klines, where every bar of the day is in the table
though the load that brought them was interrupted before it counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import duckdb

from crypto_pipeline.domain.gaps import Span, merge_spans
from crypto_pipeline.domain.intervals import DAY, EPOCH, day_start, days
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.series import Kind, Series


def held_days(
    session: duckdb.DuckDBPyConnection, serieses: Sequence[Series], span: Span
) -> dict[Series, set[date]]:
    """The days of a span that are held whole, by series.

    Args:
        session: reads the market catalog.
        serieses: which.
        span: whole days.
    """
    parameters = {
        "entity_ids": sorted({series.instrument.entity_id for series in serieses}),
        "start": span.start,
        "end": span.end,
    }
    counted = session.execute(_COUNTED, parameters).fetchall()
    found: dict[tuple[str, str, str | None], set[date]] = {}
    for entity_id, kind, interval, day in counted:
        found.setdefault((entity_id, kind, interval), set()).add(day)
    for entity_id, interval, day, bars in session.execute(
        _THERE, {**parameters, "day": DAY // MICROSECOND}
    ).fetchall():
        key = (entity_id, Kind.KLINES.value, interval)
        if bars == _bars_a_day(serieses, interval):
            found.setdefault(key, set()).add((EPOCH + day * DAY).date())
    return {s: found.get((s.key[0], s.kind.value, s.key[1]), set()) for s in serieses}


_COUNTED = """
    SELECT entity_id, kind, interval, day
    FROM market.coverage
    WHERE entity_id IN (SELECT unnest($entity_ids)) AND day >= $start::DATE AND day < $end::DATE
        AND missing = 0 AND proven IS DISTINCT FROM false AND ended
"""

_THERE = """
    SELECT entity_id, interval, epoch_us(open_time) // $day AS day, count(*)
    FROM market.klines
    WHERE entity_id IN (SELECT unnest($entity_ids)) AND open_time >= $start AND open_time < $end
    GROUP BY ALL
"""


def _bars_a_day(serieses: Sequence[Series], interval: str) -> int | None:
    grids = {s.part: s.grid.bars_per_day for s in serieses if s.kind is Kind.KLINES}
    return grids.get(interval)


def as_spans(held: Mapping[Series, set[date]]) -> dict[Series, list[Span]]:
    """Days as spans, those that follow one another joined."""
    return {
        series: merge_spans(Span(day_start(day), day_start(day) + DAY) for day in found)
        for series, found in held.items()
    }


def days_left(held: Mapping[Series, set[date]], span: Span, now: datetime) -> int:
    """How many days of all series together are not held; days to come do not count."""
    wanted = set(days(span.start, min(span.end, now)))
    return sum(len(wanted - found) for found in held.values())
