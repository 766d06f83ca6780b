"""`backfill`: history of some series over some days; a run for each exchange, all at once.

What belongs here: one run in this process, or one process for each of several exchanges, and what
became of them. What does not: reading what was asked (`cli/asked.py`), the run (`cli/runs.py`), how
it looks (`cli/load_display.py`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from crypto_pipeline.cli.asked import Asked, days_asked, series_asked
from crypto_pipeline.cli.forecast import tell_estimate, tell_left
from crypto_pipeline.cli.listed import listed
from crypto_pipeline.cli.load_display import (
    Line,
    Show,
    as_json,
    line_of,
    load_progress,
    progress_json,
    show_lines,
)
from crypto_pipeline.cli.processes import Child
from crypto_pipeline.cli.terminal import notes, out, settings_with_logs
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.loads import Progress
from crypto_pipeline.settings import Settings

POLL_SECONDS = 0.2


@dataclass(slots=True)
class Ending:
    """How the load of one exchange ended."""

    exchange: str
    lines: list[Line] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    run_id: str | None = None
    success: bool = False


def run_backfill(asked: Asked, *, as_lines: bool = False, only_estimate: bool = False) -> int:
    """Load what was asked for; 0 where all of it is there or explained, 1 where a series failed.

    Args:
        asked: the options.
        as_lines: print lines of JSON for the command that started this one, in place of a table.
        only_estimate: say what it would take, and load nothing.
    """
    settings = settings_with_logs()
    serieses = series_asked(asked, settings)
    days = days_asked(asked, settings)
    if as_lines:
        return _as_lines(settings, asked, serieses, days)
    if asked.symbols and not asked.unlisted and not only_estimate:
        serieses = listed(settings, serieses, named=asked.exchanges is not None)
    tell_estimate(settings, serieses, days, missing=asked.missing)
    if only_estimate:
        return 0
    try:
        return _show(_loaded(settings, asked, serieses, days))
    except KeyboardInterrupt:
        tell_left(settings, serieses, days)
        raise


def _loaded(
    settings: Settings, asked: Asked, serieses: Sequence[Series], days: tuple[date, date]
) -> list[Ending]:
    with load_progress(serieses, days) as shows:
        if len(shows) > 1:
            return _side_by_side(settings, asked, serieses, days, shows)
        (show,) = shows.values()
        return [_here(settings, asked, serieses, days, show)]


def _show(endings: Sequence[Ending]) -> int:
    show_lines([line for ending in endings for line in ending.lines])
    for error in (error for ending in endings for error in ending.errors):
        notes.print(f"error: {error}", style="red")
    for ending in endings:
        how = "succeeded" if ending.success else "failed"
        notes.print(f"run {ending.run_id} of {ending.exchange} {how}")
    return 0 if all(ending.success for ending in endings) else 1


def _here(
    settings: Settings,
    asked: Asked,
    serieses: Sequence[Series],
    days: tuple[date, date],
    show: Show,
) -> Ending:
    """Load series of one exchange as a run of this process."""
    from crypto_pipeline.cli.runs import prepared_home, run_load

    with prepared_home(settings, serieses) as instance:
        run = run_load(
            settings, instance, serieses, days, on_progress=show, only_missing=asked.missing
        )
    lines = [line_of(report) for report in run.reports]
    exchange = serieses[0].instrument.exchange
    return Ending(exchange, lines, run.errors, run.run_id, run.success)


def _as_lines(
    settings: Settings, asked: Asked, serieses: Sequence[Series], days: tuple[date, date]
) -> int:
    """Load series of one exchange, telling how it goes to the command that reads this output."""

    def show(done: Progress) -> None:
        print(progress_json(done), flush=True)  # noqa: T201 the other command reads it

    ending = _here(settings, asked, serieses, days, show)
    out.file.write(as_json("ending", asdict(ending)) + "\n")
    out.file.flush()
    return 0 if ending.success else 1


def _side_by_side(
    settings: Settings,
    asked: Asked,
    serieses: Sequence[Series],
    days: tuple[date, date],
    shows: Mapping[str, Show],
) -> list[Ending]:
    """Load each exchange in a process of its own; Ctrl-C ends them all."""
    from crypto_pipeline.cli.runs import prepared_home

    endings: dict[str, Ending] = {}
    with prepared_home(settings, serieses):
        children = {name: _child(settings.home, asked, serieses, days, name) for name in shows}
        readers = {name: _Reader(child.log) for name, child in children.items()}
        try:
            while len(endings) < len(children):
                time.sleep(POLL_SECONDS)
                for name, child in children.items():
                    if name in endings:
                        continue
                    running = child.is_running()
                    ending = readers[name].read(shows[name])
                    if ending is not None or not running:
                        endings[name] = ending or Ending(name, errors=[child.last_words()])
        finally:
            for child in children.values():
                child.interrupt()
            for name, child in children.items():
                child.stop()
                child.end_group()
                if name in endings and endings[name].run_id is not None:
                    child.log.unlink(missing_ok=True)
    return list(endings.values())


def _child(
    home: Path, asked: Asked, serieses: Sequence[Series], days: tuple[date, date], exchange: str
) -> Child:
    mine = [series for series in serieses if series.instrument.exchange == exchange]
    words = ["crypto_pipeline.cli", "backfill", *asked.arguments(mine, days), "--lines"]
    # Another backfill of this home may run beside, and a number of a process comes again.
    log = home / "logs" / f"backfill-{exchange}.{os.getpid()}.log"
    log.unlink(missing_ok=True)
    return Child(f"load of {exchange}", words, log)


class _Reader:
    """Reads another command's lines as they come."""

    def __init__(self, log: Path) -> None:
        self._log, self._read = log, 0

    def read(self, show: Show) -> Ending | None:
        """Show the progress that was told since; the ending once it is."""
        with self._log.open("rb") as content:
            content.seek(self._read)
            told = content.read()
        whole = told[: told.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict) and "progress" in said:
                show(Progress(**said["progress"]))
            elif isinstance(said, dict) and "ending" in said:
                ending = said["ending"]
                return Ending(**{**ending, "lines": [Line(**one) for one in ending["lines"]]})
        return None
