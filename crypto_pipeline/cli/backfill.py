"""`backfill`: history of some series over some days, as a run of this process.

What belongs here: reading what was asked, showing progress and outcome. What does not: the run
(`cli/runs.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from crypto_pipeline.cli.terminal import notes, out, parse_day, print_rows, settings_with_logs
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.gaps import span_of_days
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.klines import Progress as LoadProgress
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.venue import Series

KINDS = ("klines",)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a backfill as they were typed; None where one was not given."""

    exchanges: list[str] | None
    symbols: list[str] | None
    intervals: list[str] | None
    start: str | None
    end: str | None
    kind: str


def run_backfill(asked: Asked) -> int:
    """Load what was asked for; 0 where all of it is there, 1 where a series failed."""
    settings = settings_with_logs()
    serieses = _serieses(asked, settings)
    days = _days(asked, settings)
    from crypto_pipeline.cli.runs import prepared_home, run_load

    ended = []
    with prepared_home(settings, serieses) as instance:
        for exchange, group in groupby(serieses, key=lambda s: s.instrument.exchange):
            mine = list(group)
            notes.print(f"{exchange}: {len(mine)} series, {days[0]} to {days[1]} (exclusive)")
            with load_progress(mine, days) as on_progress:
                ended.append(run_load(settings, instance, mine, days, on_progress=on_progress))
    show_reports([report for run in ended for report in run.reports])
    for error in (error for run in ended for error in run.errors):
        notes.print(f"error: {error}", style="red")
    for run in ended:
        notes.print(f"run {run.run_id} {'succeeded' if run.success else 'failed'}")
    return 0 if all(run.success for run in ended) else 1


def show_reports(reports: Sequence[SeriesReport]) -> None:
    """What a load did, a line for each series."""
    rows = [
        (
            report.series.instrument.exchange,
            report.series.instrument.symbol,
            report.series.interval.value,
            report.written.inserted,
            report.written.changed,
            report.written.unchanged,
            f"{report.present} of {report.expected}",
            "failed" if report.error else ", ".join(str(gap) for gap in report.missing[:3]),
        )
        for report in sorted(reports, key=lambda r: str(r.series))
    ]
    columns = ("exchange", "symbol", "interval", "inserted", "changed", "unchanged")
    print_rows((*columns, "bars present", "missing"), rows, "table")
    written = [report.written for report in reports]
    out.print(
        f"{sum(w.rows for w in written):,} rows: {sum(w.inserted for w in written):,} inserted, "
        f"{sum(w.changed for w in written):,} changed, "
        f"{sum(w.unchanged for w in written):,} unchanged"
    )


@contextmanager
def load_progress(
    serieses: Sequence[Series], days: tuple[date, date]
) -> Iterator[Callable[[LoadProgress], None]]:
    """A bar of bars landed, of those that the range can hold."""
    span = span_of_days(*days)
    total = sum(series.interval.bars_between(span.start, span.end) for series in serieses)
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} bars"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=not notes.is_terminal) as progress:
        task = progress.add_task("loading", total=total)

        def show(done: LoadProgress) -> None:
            progress.update(task, completed=done.rows)

        yield show


def _serieses(asked: Asked, settings: Settings) -> list[Series]:
    """The series asked for; what was not named is what is configured.

    Raises:
        UsageError: a kind, exchange, symbol or interval that there is not.
    """
    if asked.kind not in KINDS:
        raise UsageError(f"--kind '{asked.kind}' is not loaded; valid are {', '.join(KINDS)}")
    active = settings.active_exchanges
    exchanges = [name.lower() for name in asked.exchanges or active]
    for exchange in exchanges:
        if exchange not in active:
            raise UsageError(
                f"exchange '{exchange}' is not on; on are {', '.join(active) or 'none'} "
                f"(CRYPTO_ENABLED, CRYPTO_EXCHANGES)"
            )
    intervals = [parse_interval(text) for text in asked.intervals or settings.intervals]
    return [
        Series(parse_symbol(exchange, symbol), interval)
        for exchange in sorted(set(exchanges))
        for symbol in dict.fromkeys(asked.symbols or settings.venues[exchange].symbols)
        for interval in dict.fromkeys(intervals)
    ]


def _days(asked: Asked, settings: Settings) -> tuple[date, date]:
    """The days asked for: yesterday where none is named; the running day is the last there is.

    Raises:
        UsageError: they cannot be read, are empty, or lie before `history_start`.
    """
    today = clock_from(settings).now().date()
    start = parse_day(asked.start, "--start") if asked.start else today - timedelta(days=1)
    end = parse_day(asked.end, "--end") if asked.end else today
    if start < settings.history_start:
        raise UsageError(
            f"--start {start} lies before history_start {settings.history_start}; set "
            f"CRYPTO_HISTORY_START to an earlier day"
        )
    if end > today + timedelta(days=1):
        end = today + timedelta(days=1)
        notes.print(f"--end is cut to {end}: the future has no bars")
    if start >= end:
        raise UsageError(
            f"--start {start} is not before --end {end}; the end day is exclusive, and the last "
            f"day there is is today, {today}"
        )
    return start, end
