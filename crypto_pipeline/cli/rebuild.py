"""`rebuild`: the market tables made again from the raw zone, or compared with it.

What belongs here: showing how far it is and what came of it. What does not: the work
(`history/rebuild.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from crypto_pipeline.cli.terminal import notes, out, print_rows, settings_with_logs
from crypto_pipeline.clock import SystemClock
from crypto_pipeline.domain.gaps import merge_spans
from crypto_pipeline.history.rebuild import Compared, Rebuilt, Step, check, rebuild
from crypto_pipeline.history.replay import Lost

SHOWN = 5
"""Spans of one series that are spelled out."""


def run_rebuild(*, only_check: bool, accept_loss: bool) -> int:
    """Rebuild the home's market tables; 0 where all of it could be made again.

    Args:
        only_check: compare, and leave the lake as it is; 0 where it is equal.
        accept_loss: put the new tables in place although they lack something.
    """
    home = settings_with_logs().home
    with _progress() as show:
        if only_check:
            return _say_compared(check(home, on_step=show))
        now = SystemClock().now()
        done = rebuild(home, now, accept_loss=accept_loss, on_step=show)
    return _say_rebuilt(done)


def _say_compared(compared: Compared) -> int:
    _say_lost(compared.lost)
    out.print(f"{compared.commits:,} commits, {compared.rows:,} rows read from the raw zone")
    if not compared.differences:
        out.print("the lake holds exactly what the raw zone gives")
        return 1 if compared.lost else 0
    rows = [(d.table.qualified, d.only_lake, d.only_raw) for d in compared.differences]
    print_rows(("table", "only in the lake", "only in the raw zone"), rows, "table")
    return 1


def _say_rebuilt(done: Rebuilt) -> int:
    _say_lost(done.lost)
    if not done.commits:
        out.print("a rebuild that was stopped before is now complete")
        return 0
    out.print(f"{done.commits:,} commits, {done.rows:,} rows made again from the raw zone")
    if not done.in_place:
        out.print(
            "the lake was left as it is, because not all of it can be made again; "
            "--accept-loss puts the new one in its place all the same"
        )
        return 1
    if done.before is not None:
        out.print(
            f"the lake before is kept in {done.before}; remove it when you do not need it. "
            f"Programs that have the lake open have to open it again"
        )
    return 1 if done.lost else 0


def _say_lost(lost: Sequence[Lost]) -> None:
    """What could not be made again, a line for each series, with its first reason."""
    by_name = sorted(lost, key=lambda one: one.what)
    for what, group in groupby(by_name, key=lambda one: one.what):
        mine = list(group)
        spans = merge_spans(one.span for one in mine if one.span is not None)
        shown = ", ".join(str(span) for span in spans[:SHOWN])
        more = f" and {len(spans) - SHOWN} more" if len(spans) > SHOWN else ""
        notes.print(
            f"cannot be made again: {what} {shown}{more} ({len(mine)} sources); {mine[0].reason}",
            style="red",
        )


@contextmanager
def _progress() -> Iterator[Callable[[Step], None]]:
    """A bar of commits, with the rows in them."""
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        TextColumn(
            "{task.completed:,.0f} of {task.total:,.0f} commits, {task.fields[rows]:,} rows"
        ),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=not notes.is_terminal) as progress:
        task = progress.add_task("reading the raw zone", total=0, rows=0)

        def show(step: Step) -> None:
            progress.update(task, completed=step.commits, total=step.total, rows=step.rows)

        yield show
