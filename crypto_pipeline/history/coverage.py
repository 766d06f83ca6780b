"""What a home holds and lacks, read from `market.coverage`, the count that each load leaves.

What belongs here: reading coverage and naming the runs that are missing. What does not: counting
it (`history/counting.py`), judging it (`history/checks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span, merge_spans, missing_spans
from crypto_pipeline.domain.intervals import DAY, day_start, parse_interval


@dataclass(frozen=True, slots=True)
class Question:
    """Which coverage is asked for; None does not narrow it. The end day is exclusive."""

    exchange: str | None = None
    symbols: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    intervals: Sequence[str] | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class SeriesCoverage:
    """Coverage of one series over the days that were loaded of it.

    `explained` counts expected rows that are not there for a known reason, `flat` klines that are
    there without a trade behind them. `interval` is None but for klines.
    """

    exchange: str
    symbol: str
    entity_id: str
    kind: str
    interval: str | None
    first_day: date
    last_day: date
    days: int
    expected: int
    present: int
    flat: int
    explained: int
    missing: int
    days_not_loaded: int

    @property
    def completeness(self) -> float:
        """Present and explained of expected rows, 0 to 1; 1 where none is expected."""
        return (self.present + self.explained) / self.expected if self.expected else 1.0


def read_coverage(session: duckdb.DuckDBPyConnection, question: Question) -> list[SeriesCoverage]:
    """Coverage by series, ordered by exchange, symbol, kind and interval.

    `days_not_loaded` counts the days between the first and the last loaded one, or of the range
    that was asked for, that no load has touched.
    """
    rows = session.execute(
        """
        SELECT i.exchange, i.symbol, c.entity_id, c.kind, c.interval, min(c.day), max(c.day),
            count(*), sum(c.expected)::BIGINT, sum(c.present)::BIGINT, sum(c.flat)::BIGINT,
            sum(c.no_trade + c.not_listed + c.delisted)::BIGINT, sum(c.missing)::BIGINT,
            date_diff('day', coalesce($start, min(c.day)), coalesce($end, max(c.day) + 1))
                - count(*)
        FROM market.coverage AS c
        JOIN market.instruments AS i ON i.entity_id = c.entity_id AND i.valid_to IS NULL
        WHERE ($exchange IS NULL OR i.exchange = $exchange)
            AND ($symbols IS NULL OR list_contains($symbols, i.symbol))
            AND ($kinds IS NULL OR list_contains($kinds, c.kind))
            AND ($intervals IS NULL OR list_contains($intervals, c.interval))
            AND ($start IS NULL OR c.day >= $start)
            AND ($end IS NULL OR c.day < $end)
        GROUP BY ALL
        ORDER BY 1, 2, 4, 5
        """,
        {
            "exchange": question.exchange,
            "symbols": list(question.symbols) if question.symbols else None,
            "kinds": list(question.kinds) if question.kinds else None,
            "intervals": list(question.intervals) if question.intervals else None,
            "start": question.start,
            "end": question.end,
        },
    ).fetchall()
    return [SeriesCoverage(*row) for row in rows]


def missing_runs(
    session: duckdb.DuckDBPyConnection, entity_id: str, interval: str, question: Question
) -> list[Span]:
    """The runs of bars that are missing on the loaded days of one series, ascending."""
    incomplete = session.execute(
        """
        SELECT day, expected FROM market.coverage
        WHERE entity_id = $entity_id AND kind = 'klines' AND interval = $interval AND missing > 0
            AND ($start IS NULL OR day >= $start) AND ($end IS NULL OR day < $end)
        ORDER BY day
        """,
        {
            "entity_id": entity_id,
            "interval": interval,
            "start": question.start,
            "end": question.end,
        },
    ).fetchall()
    runs = [
        run
        for day, expected in incomplete
        for run in _missing_on(session, entity_id, interval, day, expected)
    ]
    return merge_spans(runs)


def _missing_on(
    session: duckdb.DuckDBPyConnection, entity_id: str, interval: str, day: date, expected: int
) -> list[Span]:
    """The runs missing on one day, of which the first `expected` bars should be there."""
    start = day_start(day)
    grid = parse_interval(interval)
    times = session.execute(
        "SELECT open_time FROM market.klines WHERE entity_id = ? AND interval = ? "
        "AND open_time >= ? AND open_time < ?",
        [entity_id, interval, start, start + DAY],
    ).to_arrow_table()["open_time"]
    span = Span(start, start + expected * grid.length)
    return missing_spans(grid, span, times.cast(pa.int64()).to_numpy())
