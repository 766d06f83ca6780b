"""Coverage of the days that a person's file touches, counted in the table as after any load.

What belongs here: which days are counted again, and what stays explained of them. What does not:
the counting (`history/counting.py`).

A day of which a file changed nothing keeps the coverage that a load left. On the others the table
is counted again; what an exchange explained before (no trade, not listed) stays explained as far as
rows still lack. A file proves no day of trades alone: the days beside it must be there as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

import duckdb

from crypto_pipeline.domain.gaps import Span, span_of_days
from crypto_pipeline.domain.intervals import DAY
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.counting import DayCounts, count_days
from crypto_pipeline.history.kinds import closed_until, table_of
from crypto_pipeline.history.pieces import Fetched


def count_touched(
    session: duckdb.DuckDBPyConnection,
    series: Series,
    touched: Mapping[date, bool],
    *,
    counted: bool,
    now: datetime,
) -> dict[date, DayCounts]:
    """Count the days that a file touched, inside the transaction that writes its rows.

    Args:
        session: of that transaction.
        series: whose rows.
        touched: the days of the rows, and whether any row of the day was written.
        counted: whether the exchange counts the trades of the instrument.
        now: the present.
    """
    before = _known(session, series)
    wanted = {day for day, written in touched.items() if written or day not in before}
    if series.kind is not Kind.KLINES:
        # Ids and intervals lead over from one day to the next.
        wanted |= {d for day in wanted for d in (day - DAY, day + DAY) if d in before}
    found: dict[date, DayCounts] = {}
    # What is due on a day of funding follows from the days that are counted with it: from none.
    alone = series.kind is Kind.FUNDING
    for first, last in [(day, day) for day in wanted] if alone else _runs(wanted):
        span = span_of_days(first, last + DAY)
        fetched = Fetched(series, span, span, closed_until(series, now))
        found |= count_days(session, [fetched], {series: counted})[series]
    beside = _days_with_rows(session, series, found) if found else set()
    if series.kind in {Kind.TRADES, Kind.AGG_TRADES} and not counted:
        return {day: _as_proven_before(found[day], before.get(day)) for day in found}
    return {
        day: _explained(counts, before.get(day), whole={day - DAY, day + DAY} <= beside)
        for day, counts in found.items()
    }


def _known(session: duckdb.DuckDBPyConnection, series: Series) -> dict[date, DayCounts]:
    entity_id, interval = series.key
    rows = session.execute(
        "SELECT day, expected, present, flat, no_trade, not_listed, delisted, missing, proven, "
        "ended FROM market.coverage "
        "WHERE entity_id = ? AND kind = ? AND interval IS NOT DISTINCT FROM ?",
        [entity_id, series.kind.value, interval],
    ).fetchall()
    return {day: DayCounts(*counts) for day, *counts in rows}


def _runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow one another: the first and the last of each run."""
    ordered = sorted(days)
    firsts = [day for day in ordered if day - DAY not in days]
    lasts = [day for day in ordered if day + DAY not in days]
    return zip(firsts, lasts, strict=True)


def _days_with_rows(
    session: duckdb.DuckDBPyConnection, series: Series, days: Iterable[date]
) -> set[date]:
    table = table_of(series)
    span = Span(*_around(days))
    rows = session.execute(
        f"SELECT DISTINCT {table.time}::DATE FROM {table.qualified} "  # noqa: S608 names of tables.py
        f"WHERE exchange = ? AND entity_id = ? AND {table.time} >= ? AND {table.time} < ?",
        [series.instrument.exchange, series.instrument.entity_id, span.start, span.end],
    ).fetchall()
    return {row[0] for row in rows}


def _around(days: Iterable[date]) -> tuple[datetime, datetime]:
    ordered = sorted(days)
    span = span_of_days(ordered[0] - DAY, ordered[-1] + 2 * DAY)
    return span.start, span.end


def _as_proven_before(counts: DayCounts, before: DayCounts | None) -> DayCounts:
    """Where nothing counts the trades, a file may be a part of its day: it makes no day whole."""
    return replace(counts, proven=before.proven if before else False)


def _explained(counts: DayCounts, before: DayCounts | None, *, whole: bool) -> DayCounts:
    """The counts with what was explained before, as far as rows still lack."""
    lacking = counts.expected - counts.present
    known = before or DayCounts(0, 0)
    not_listed = min(known.not_listed, lacking)
    delisted = min(known.delisted, lacking - not_listed)
    no_trade = min(known.no_trade, lacking - not_listed - delisted)
    missing = lacking - not_listed - delisted - no_trade
    proven = counts.proven and missing == 0 and (whole or bool(known.proven))
    return replace(
        counts,
        not_listed=not_listed,
        delisted=delisted,
        no_trade=no_trade,
        missing=missing,
        proven=None if counts.proven is None else proven,
    )
