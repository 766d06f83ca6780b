"""What a finished load left in the table, day by day, against what should be there.

What belongs here: counting rows in the table, never what was sent, and explaining what is not
there. What does not: judging it (`history/checks.py`), reading it again (`history/coverage.py`).

Of klines every bar of the grid that is closed is expected. One that is not there was not listed yet
or no more, or had no trade where a source that answered leaves such bars out; else it is missing.
Of trades the ids from a day's first to its last are expected where the exchange counts, with those
that lead over from the day before and to the day after, where these are loaded. Of funding the
settlements of the day's interval are expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import duckdb

from crypto_pipeline.domain.funding import LONGEST_INTERVAL
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import DAY, EPOCH, day_start, days
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.kinds import TABLE_OF
from crypto_pipeline.history.periods import overlaps
from crypto_pipeline.history.pieces import Fetched


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Rows of one series on one day.

    Attributes:
        expected: how many there should be; the sum of all below but `flat`.
        present: how many the table holds.
        flat: klines among them without a trade behind them.
        no_trade: klines that the exchange leaves out because nothing was traded.
        not_listed: rows that the day lacks because the instrument was not listed yet.
        delisted: rows that the day lacks because it was listed no more.
        missing: the others, which nothing explains.
        proven: whether the exchange's ids show that nothing is missing; None where they cannot,
            and False where a source that should have answered for a part of the day did not.
        ended: whether the day was over, by our clock and the exchange's, when it was counted.
    """

    expected: int
    present: int
    flat: int = 0
    no_trade: int = 0
    not_listed: int = 0
    delisted: int = 0
    missing: int = 0
    proven: bool | None = None
    ended: bool = True

    @property
    def explained(self) -> int:
        """Expected rows that are not there for a reason that is known."""
        return self.no_trade + self.not_listed + self.delisted


Coverage = dict[Series, dict[date, DayCounts]]


def count_days(
    session: duckdb.DuckDBPyConnection, finished: Sequence[Fetched], counted: Mapping[Series, bool]
) -> Coverage:
    """Count the days of each span in the table, inside the transaction that finishes its series.

    Args:
        session: of that transaction.
        finished: series of which no further rows come.
        counted: whether the exchange counts the trades of a series without holes.
    """
    coverage: Coverage = {}
    for kind in Kind:
        of_kind = [fetched for fetched in finished if fetched.series.kind is kind]
        if not of_kind:
            continue
        if kind is Kind.KLINES:
            coverage |= _klines(session, of_kind)
        elif kind is Kind.FUNDING:
            coverage |= {f.series: _funding(session, f) for f in of_kind}
        else:
            coverage |= {f.series: _trades(session, f, counted=counted[f.series]) for f in of_kind}
    for fetched in finished:
        for day, counts in coverage[fetched.series].items():
            ended = day_start(day) + DAY <= fetched.closed_until
            coverage[fetched.series][day] = replace(counts, ended=ended)
    return coverage


def _klines(session: duckdb.DuckDBPyConnection, finished: Sequence[Fetched]) -> Coverage:
    rows = session.execute(
        "SELECT entity_id, interval, epoch_us(open_time) // $day AS days, count(*), "
        "count(*) FILTER (volume_base = 0 AND coalesce(trade_count, 0) = 0) "
        "FROM market.klines "
        "WHERE exchange IN (SELECT unnest($exchanges)) AND interval IN (SELECT unnest($intervals)) "
        "AND entity_id IN (SELECT unnest($entity_ids)) "
        "AND open_time >= $start AND open_time < $end GROUP BY ALL",
        {
            "exchanges": sorted({f.series.instrument.exchange for f in finished}),
            "intervals": sorted({f.series.part for f in finished}),
            "entity_ids": sorted({f.series.instrument.entity_id for f in finished}),
            "day": DAY // MICROSECOND,
            "start": min(_touched(f).start for f in finished),
            "end": max(_touched(f).end for f in finished),
        },
    ).fetchall()
    there = {(row[:2], (EPOCH + row[2] * DAY).date()): row[3:] for row in rows}
    return {
        f.series: {
            day: _kline_day(f, day, *there.get((f.series.key, day), (0, 0)))
            for day in days(f.span.start, f.span.end)
        }
        for f in finished
    }


def _touched(fetched: Fetched) -> Span:
    """The whole days that a span touches."""
    touched = days(fetched.span.start, fetched.span.end)
    return Span(day_start(touched[0]), day_start(touched[-1]) + DAY)


def _kline_day(fetched: Fetched, day: date, present: int, flat: int) -> DayCounts:
    grid, start = fetched.series.grid, day_start(day)
    end = max(start, min(start + DAY, fetched.closed_until))
    expected = grid.bars_between(start, end)
    before, after = _unlisted(fetched, Span(start, end))
    lacking = max(0, expected - present)
    not_listed = min(before, lacking)
    delisted = min(after, lacking - not_listed)
    absent = lacking - not_listed - delisted
    unanswered = overlaps(fetched.missing, Span(start, end))
    open_bars = sum(grid.bars_between(span.start, span.end) for span in unanswered)
    missing = min(absent, open_bars) if fetched.silent else absent
    return DayCounts(expected, present, flat, absent - missing, not_listed, delisted, missing)


def _unlisted(fetched: Fetched, day: Span) -> tuple[int, int]:
    """Bars of a day before the listing and after the delisting."""
    grid, listed, span = fetched.series.grid, fetched.listed, fetched.span
    if listed is None:
        return grid.bars_between(day.start, day.end), 0
    before = min(listed.start, day.end) if listed.start > span.start else day.start
    after = max(listed.end, day.start) if listed.end < span.end else day.end
    return grid.bars_between(day.start, before), grid.bars_between(after, day.end)


Ids = tuple[int, int | None, int | None]
"""Rows of a day, the least id among them, the greatest."""


def _trades(
    session: duckdb.DuckDBPyConnection, fetched: Fetched, *, counted: bool
) -> dict[date, DayCounts]:
    table, touched = TABLE_OF[fetched.series.kind], _touched(fetched)
    ids = "trade_seq" if fetched.series.kind is Kind.TRADES else "agg_id"
    rows = session.execute(
        f"SELECT epoch_us(ts_event) // $day AS days, count(*), min({ids}), max({ids}) "  # noqa: S608 names of tables.py
        f"FROM {table.qualified} WHERE exchange = $exchange AND entity_id = $entity_id "
        "AND ts_event >= $start AND ts_event < $end GROUP BY ALL",
        {
            "day": DAY // MICROSECOND,
            "exchange": fetched.series.instrument.exchange,
            "entity_id": fetched.series.instrument.entity_id,
            "start": touched.start - DAY,
            "end": touched.end + DAY,
        },
    ).fetchall()
    there: dict[date, Ids] = {(EPOCH + row[0] * DAY).date(): row[1:] for row in rows}
    return {
        day: _trade_day(fetched, there, day, counted=counted)
        for day in days(fetched.span.start, fetched.span.end)
    }


def _trade_day(
    fetched: Fetched, there: Mapping[date, Ids], day: date, *, counted: bool
) -> DayCounts:
    present, first, last = there.get(day, (0, None, None))
    whole = Span(day_start(day), day_start(day) + DAY)
    answered = not overlaps(fetched.missing, whole)
    if not counted:
        return DayCounts(present, present, proven=None if answered else False)
    if first is None or last is None:
        return DayCounts(present, present, proven=answered)
    before, after = there.get(day - DAY), there.get(day + DAY)
    if before and before[2] is not None:
        first = before[2] + 1
    if after and after[1] is not None and whole.end <= fetched.closed_until:
        last = after[1] - 1
    expected = max(present, last - first + 1)
    missing = expected - present
    return DayCounts(expected, present, missing=missing, proven=missing == 0 and answered)


Settled = Sequence[tuple[datetime, int | None]]
"""Settlement times, ascending, with their intervals in hours."""


def _funding(session: duckdb.DuckDBPyConnection, fetched: Fetched) -> dict[date, DayCounts]:
    touched = _touched(fetched)
    rows = session.execute(
        "SELECT funding_time, interval_hours FROM market.funding_rates "
        "WHERE exchange = $exchange AND entity_id = $entity_id "
        "AND funding_time >= $start AND funding_time < $end ORDER BY funding_time",
        {
            "exchange": fetched.series.instrument.exchange,
            "entity_id": fetched.series.instrument.entity_id,
            "start": touched.start - LONGEST_INTERVAL,
            "end": touched.end + LONGEST_INTERVAL,
        },
    ).fetchall()
    wanted = days(fetched.span.start, fetched.span.end)
    return {day: _funding_day(fetched, day, rows) for day in wanted}


def _funding_day(fetched: Fetched, day: date, settled: Settled) -> DayCounts:
    """A day on which the interval changed lacks none: its settlements follow one another."""
    start, end = day_start(day), min(day_start(day) + DAY, fetched.closed_until)
    there = [(at, gap) for at, gap in settled if start <= at < end]
    due = _due(settled, start, end)
    changed = len({gap for _, gap in there if gap is not None}) > 1
    expected = len(there) if changed else max(len(due), len(there))
    lacking = expected - len(there)
    listed = fetched.listed or Span(end, end)
    not_listed = min(lacking, sum(at < listed.start for at in due))
    delisted = min(lacking - not_listed, sum(at >= listed.end for at in due))
    missing = lacking - not_listed - delisted
    proven = False if overlaps(fetched.missing, Span(start, max(start, end))) else None
    return DayCounts(
        expected, len(there), 0, 0, not_listed, delisted, missing=missing, proven=proven
    )


def _due(settled: Settled, start: datetime, end: datetime) -> list[datetime]:
    """The settlements of a day at the interval that most of those around it have; else 8 hours."""
    near = Span(start - LONGEST_INTERVAL, start + DAY + LONGEST_INTERVAL)
    known = [gap for at, gap in settled if gap is not None and near.start <= at < near.end]
    hours = max(set(known), key=known.count) if known else LONGEST_INTERVAL // timedelta(hours=1)
    due = [start + n * timedelta(hours=hours) for n in range(24 // hours)]
    return [at for at in due if at < end]
