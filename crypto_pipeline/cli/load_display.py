"""How a load looks at a terminal while it runs and when it has ended.

What belongs here: the bar, the table, and both as lines of JSON for the command that started this
one. What does not: running it (`cli/backfill.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crypto_pipeline.cli.terminal import notes, out, print_rows
from crypto_pipeline.domain.gaps import span_of_days
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.loads import Progress as LoadProgress
from crypto_pipeline.history.reports import SeriesReport

Show = Callable[[LoadProgress], None]


@dataclass(frozen=True, slots=True)
class Line:
    """One series' outcome as the table shows it."""

    exchange: str
    symbol: str
    records: str
    inserted: int
    changed: int
    unchanged: int
    present: int
    expected: int
    outcome: str

    @property
    def cells(self) -> tuple[object, ...]:
        """The columns of the table."""
        counts = (self.inserted, self.changed, self.unchanged)
        there = f"{self.present} of {self.expected}"
        return (self.exchange, self.symbol, self.records, *counts, there, self.outcome)


COLUMNS = (
    "exchange",
    "symbol",
    "records",
    "inserted",
    "changed",
    "unchanged",
    "rows present",
    "not there",
)


def line_of(report: SeriesReport) -> Line:
    """A report as the table shows it."""
    instrument, written = report.series.instrument, report.written
    gaps = ", ".join(str(gap) for gap in report.missing[:3])
    outcome = ": ".join(text for text in (report.explanation, gaps) if text)
    return Line(
        instrument.exchange,
        instrument.symbol,
        report.series.part,
        written.inserted,
        written.changed,
        written.unchanged,
        report.present,
        report.expected,
        "failed" if report.error else outcome,
    )


def show_lines(lines: Sequence[Line]) -> None:
    """What a load did, a line for each series, and the sums."""
    ordered = sorted(lines, key=lambda line: (line.exchange, line.symbol, line.records))
    print_rows(COLUMNS, [line.cells for line in ordered], "table")
    inserted = sum(line.inserted for line in lines)
    changed = sum(line.changed for line in lines)
    unchanged = sum(line.unchanged for line in lines)
    out.print(
        f"{inserted + changed + unchanged:,} rows: {inserted:,} inserted, {changed:,} changed, "
        f"{unchanged:,} unchanged"
    )


@contextmanager
def load_progress(
    serieses: Sequence[Series], days: tuple[date, date]
) -> Iterator[Mapping[str, Show]]:
    """A bar for each exchange: rows landed, their rate, what of the limit is used, time left.

    Of klines the number of rows is known before; of everything else series are counted.
    """
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TextColumn("limit {task.fields[limit]:.0%}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=notes, transient=not notes.is_terminal) as progress:
        tasks = {
            exchange: progress.add_task(exchange, total=total, rows=0, rate=0.0, limit=0.0, left="")
            for exchange, total in _totals(serieses, days).items()
        }
        yield {name: _shower(progress, task) for name, task in tasks.items()}


def _totals(serieses: Sequence[Series], days: tuple[date, date]) -> dict[str, int]:
    """By exchange the rows to come where all are klines, else None of them is known: series."""
    span, found = span_of_days(*days), dict[str, int]()
    for series in serieses:
        bars = series.interval.bars_between(span.start, span.end) if series.interval else 1
        found[series.instrument.exchange] = found.get(series.instrument.exchange, 0) + bars
    return found


def _shower(progress: Progress, task: TaskID) -> Show:
    def show(done: LoadProgress) -> None:
        elapsed = progress.tasks[task].elapsed or 0.0
        share = done.finished / done.total if done.total else 1.0
        total = progress.tasks[task].total or 1.0
        share = max(share, min(done.rows / total, 1.0))
        left = elapsed * (1 - share) / share if share else 0.0
        progress.update(
            task,
            completed=share * total,
            rows=done.rows,
            rate=done.rows / elapsed if elapsed else 0.0,
            limit=done.limit_use,
            left=f"{left:,.0f} s left" if share < 1 else "done",
        )

    return show


def as_json(kind: str, said: Any) -> str:
    """A line for the command that started this one."""
    return json.dumps({kind: said})


def progress_json(done: LoadProgress) -> str:
    """A load's progress as such a line."""
    return as_json("progress", asdict(done))
