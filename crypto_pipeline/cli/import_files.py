"""`import`: a person's own files, each checked whole, then landed whole or not at all.

What belongs here: reading what was asked, showing what became of each file. What does not: reading
and landing a file (`history/own/importing.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from crypto_pipeline.cli.terminal import notes, out, print_rows, settings_with_logs
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import RANGED, Kind, Series
from crypto_pipeline.errors import CryptoPipelineError, DecodeError, UsageError
from crypto_pipeline.history.own.columns import TimeUnit, find_preset, parse_mapping
from crypto_pipeline.history.own.importing import (
    Checked,
    Stated,
    checked,
    compare_file,
    land_file,
    own_rows,
)
from crypto_pipeline.history.own.landing import OwnWritten
from crypto_pipeline.history.own.opening import Format
from crypto_pipeline.history.own.rows import OwnRows
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.origin import REAL, claim
from crypto_pipeline.lake.session import WriteSession, prepare_lake, writing
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import find_venue


@dataclass(frozen=True, slots=True)
class AskedImport:
    """The options of an import as they were typed; None where one was not given."""

    files: Sequence[Path]
    exchange: str
    symbol: str
    kind: str = "klines"
    interval: str | None = None
    columns: Sequence[str] = ()
    preset: str | None = None
    time_unit: str | None = None
    form: str | None = None
    header: bool = True
    utc: bool = False
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: its counts and reach, or the error that kept it out."""

    file: str
    written: OwnWritten = field(default_factory=OwnWritten)
    reach: tuple[datetime, datetime] | None = None
    error: CryptoPipelineError | None = None


def run_import(asked: AskedImport) -> int:
    """Import the files; 0 where every row is there now, 1 or 2 where one was refused."""
    series, stated = _series(asked), _stated(asked)
    files = [own_rows(path, series, stated) for path in dict.fromkeys(asked.files)]
    settings = settings_with_logs()
    _warn(series, stated)
    now = clock_from(settings).now()
    if asked.dry_run:
        outcomes = [_look_at(rows, settings.home, now) for rows in files]
    else:
        outcomes = _land(files, stated, settings, now)
    _show(outcomes, dry_run=asked.dry_run, replacing=asked.replace)
    codes = [o.error.exit_code if o.error else int(o.written.refused > 0) for o in outcomes]
    return max(codes)


def _series(asked: AskedImport) -> Series:
    """What the files are said to hold.

    Raises:
        UsageError: there is no such exchange, symbol, kind or interval, or the exchange has none.
    """
    if asked.kind not in RANGED:
        raise UsageError(f"--kind '{asked.kind}' is not imported; valid are {', '.join(RANGED)}")
    kind = Kind(asked.kind)
    if (kind is Kind.KLINES) is not (asked.interval is not None):
        need = "needs --interval (1m …)" if kind is Kind.KLINES else "takes no --interval"
        raise UsageError(f"--kind {kind.value} {need}")
    exchange = asked.exchange.lower()
    venue = find_venue(exchange)(Endpoints(None, {}))
    instrument = parse_symbol(exchange, asked.symbol)
    series = Series(instrument, parse_interval(asked.interval) if asked.interval else None, kind)
    venue.refuse_unoffered(series)
    return series


def _stated(asked: AskedImport) -> Stated:
    """What was said of the files.

    Raises:
        UsageError: a column, preset, unit or format that there is not.
    """
    find_preset(asked.preset)
    return Stated(
        columns=parse_mapping(Kind(asked.kind), asked.columns),
        preset=asked.preset,
        unit=TimeUnit(_one_of("--time-unit", asked.time_unit, TimeUnit))
        if asked.time_unit
        else None,
        utc=asked.utc,
        form=Format(_one_of("--format", asked.form, Format)) if asked.form else None,
        header=asked.header,
        replacing=asked.replace,
    )


def _one_of(option: str, given: str, valid: Sequence[str] | type[TimeUnit] | type[Format]) -> str:
    if given not in list(valid):
        raise UsageError(f"{option} '{given}' is not known; valid are {', '.join(valid)}")
    return given


def _warn(series: Series, stated: Stated) -> None:
    """Say where ids are likely to be of another space than the kind's."""
    fills = series.instrument.exchange == "binance" and series.kind is Kind.TRADES
    if fills and stated.preset in ("freqtrade", "ccxt"):
        notes.print(
            "note: ccxt and freqtrade read aggregated trades of Binance unless told otherwise; "
            "their ids are not those of trades. Import such files with --kind agg_trades"
        )


def _land(
    files: Sequence[OwnRows], stated: Stated, settings: Settings, now: datetime
) -> list[Outcome]:
    claim(settings.home, REAL)
    prepare_lake(settings.home)
    zone = RawZone(settings.home, keep=settings.raw_retention_days != 0)
    with writing(settings.home, Catalog.MARKET) as session:
        return [_land_one(rows, stated, session, zone, now) for rows in files]


def _land_one(
    rows: OwnRows, stated: Stated, session: WriteSession, zone: RawZone, now: datetime
) -> Outcome:
    outcome = [Outcome(rows.file.name)]
    with (
        _progress(rows.file.name) as progress,
        _refusing(outcome),
        checked(rows, session.home, now, progress("read")) as file,
    ):
        file.refuse_broken()
        _say_columns(file)
        written = land_file(file, session, zone, stated, now, progress("landed"))
        outcome.append(Outcome(rows.file.name, written, file.stage.reach()))
    return outcome[-1]


def _look_at(rows: OwnRows, home: Path, now: datetime) -> Outcome:
    """Show what a file is and would do, without landing it."""
    outcome = [Outcome(rows.file.name)]
    with (
        _progress(rows.file.name) as progress,
        _refusing(outcome),
        checked(rows, home, now, progress("read")) as file,
    ):
        _say_columns(file)
        for broken in file.broken:
            notes.print(f"  {broken.rule}: {broken.rows:,} rows break it; {broken.first}")
        file.refuse_broken()
        outcome.append(Outcome(rows.file.name, compare_file(file, home, now), file.stage.reach()))
    return outcome[-1]


@contextmanager
def _progress(file: str) -> Iterator[Callable[[str], Callable[[int], None]]]:
    """A line that counts the rows of a file as they are read, then as they land."""
    columns = (TextColumn("  {task.description}: {task.completed:,.0f} rows"), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as shown:

        def begin(verb: str) -> Callable[[int], None]:
            task = shown.add_task(f"{file} {verb}", total=None)
            return lambda rows: shown.advance(task, rows)

        yield begin


@contextmanager
def _refusing(outcome: list[Outcome]) -> Iterator[None]:
    """Let a file that is refused be refused alone."""
    try:
        yield
    except (DecodeError, UsageError) as error:
        outcome.append(Outcome(outcome[0].file, error=error))


def _say_columns(file: Checked) -> None:
    mapping = file.rows.mapping
    taken = ", ".join(
        target.name if target.name == column else f"{target.name}={column}"
        for target, column in mapping.taken.items()
    )
    skipped = f"; skipped: {', '.join(mapping.skipped)}" if mapping.skipped else ""
    notes.print(f"{file.rows.file.name}: takes {taken}{skipped}")


def _show(outcomes: Sequence[Outcome], *, dry_run: bool, replacing: bool) -> None:
    """What became of each file, and why of those that were refused."""
    rows = [
        (
            outcome.file,
            *(f"{instant:%Y-%m-%d %H:%M:%S}Z" for instant in outcome.reach or ()),
            *_counts(outcome.written),
        )
        for outcome in outcomes
        if outcome.error is None
    ]
    if rows:
        print_rows(_COLUMNS, rows, "table")
    for outcome in outcomes:
        _explain(outcome, dry_run=dry_run, replacing=replacing)
    written = sum((o.written for o in outcomes), OwnWritten())
    verb = "would be " if dry_run else ""
    inserted, replaced, unchanged, refused = _counts(written)
    out.print(
        f"{inserted + replaced + unchanged + refused:,} rows: {inserted:,} {verb}inserted, "
        f"{replaced:,} {verb}replaced, {unchanged:,} unchanged, {refused:,} {verb}refused"
    )


_COLUMNS = ("file", "first", "last", "inserted", "replaced", "unchanged", "refused")


def _counts(written: OwnWritten) -> tuple[int, int, int, int]:
    return written.inserted, written.replaced, written.unchanged, written.refused


def _explain(outcome: Outcome, *, dry_run: bool, replacing: bool) -> None:
    if outcome.error is not None:
        look = "" if dry_run else "; --dry-run lists what else is wrong with its rows"
        notes.print(f"error: {outcome.error}", style="red")
        notes.print(f"nothing of {outcome.file} landed{look}")
    elif outcome.written.example is not None:
        done = "take their place" if replacing else "are refused; --replace takes the file's"
        notes.print(
            f"{outcome.file}: rows differ from those that are there and {done}; the first is "
            f"{outcome.written.example}"
        )
