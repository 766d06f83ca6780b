"""What a person asks to be loaded: options as typed, read into series and days.

What belongs here: reading and refusing. What does not: loading (`cli/backfill.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crypto_pipeline.cli.terminal import notes, parse_day
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.instruments import Instrument, parse_symbol
from crypto_pipeline.domain.intervals import Interval, parse_interval
from crypto_pipeline.domain.series import RANGED, Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.selection import configured_series
from crypto_pipeline.history.universe import read_members
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.venue import find_venue


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a backfill as they were typed; None where one was not given.

    Attributes:
        missing: whether days that the home holds whole are left out.
        unlisted: whether symbols are asked for that the exchange does not list.
    """

    exchanges: list[str] | None
    symbols: list[str] | None
    intervals: list[str] | None
    start: str | None
    end: str | None
    kinds: list[str] | None
    missing: bool = False
    unlisted: bool = False

    def arguments(self, serieses: Sequence[Series], days: tuple[date, date]) -> list[str]:
        """A command line that asks for these series of one exchange, and for days [first, end)."""
        exchange = serieses[0].instrument.exchange
        intervals = [series.interval.value for series in serieses if series.interval]
        options = {
            "--symbol": list(dict.fromkeys(series.instrument.symbol for series in serieses)),
            "--interval": list(dict.fromkeys(intervals)),
            "--kind": list(dict.fromkeys(series.kind.value for series in serieses)),
            "--start": [days[0].isoformat()],
            "--end": [days[1].isoformat()],
        }
        named = [[name, value] for name, values in options.items() for value in values]
        flags = ["--missing"] if self.missing else []
        return ["--exchange", exchange, *(word for option in named for word in option), *flags]


def series_asked(asked: Asked, settings: Settings) -> list[Series]:
    """The series asked for, ordered by exchange; what was not named is what is collected.

    What an exchange that was named does not offer is refused. Where none was named, the exchanges
    that do offer it are meant, and the others are told.

    Raises:
        UsageError: a kind, exchange, symbol or interval that there is not.
    """
    kinds = _kinds(asked)
    typed = [parse_interval(text) for text in asked.intervals or []]
    found = []
    for exchange in _exchanges(asked, settings):
        for instrument in _instruments(asked, settings, exchange):
            intervals = typed or _collected_intervals(instrument, settings)
            found += _of_instrument(instrument, kinds, intervals)
    unique = list(dict.fromkeys(found))
    if asked.exchanges is None:
        unique = leave_out(unique, _refusal)
    for series in unique:
        find_venue(series.instrument.exchange).refuse_unoffered(series)
    if not unique:
        raise UsageError(
            "nothing is collected that this asks for; name it with --exchange, --symbol and --kind"
        )
    return unique


def leave_out(
    serieses: list[Series], refusal: Callable[[Series], UsageError | None]
) -> list[Series]:
    """The series that are not refused, and a word on each reason why others are left out.

    Raises:
        UsageError: all of them are refused.
    """
    refusals = {series: refusal(series) for series in serieses}
    errors = [error for error in refusals.values() if error is not None]
    if errors and len(errors) == len(serieses):
        raise errors[0]
    for reason in dict.fromkeys(str(error) for error in errors):
        notes.print(f"left out: {reason}")
    return [series for series in serieses if refusals[series] is None]


def _refusal(series: Series) -> UsageError | None:
    try:
        find_venue(series.instrument.exchange).refuse_unoffered(series)
    except UsageError as error:
        return error
    return None


def _kinds(asked: Asked) -> list[Kind]:
    kinds = list(dict.fromkeys(asked.kinds or [Kind.KLINES.value]))
    for kind in kinds:
        if kind not in RANGED:
            valid = ", ".join(kind.value for kind in RANGED)
            raise UsageError(f"--kind '{kind}' has no past to load; valid are {valid}")
    return [Kind(kind) for kind in kinds]


def _exchanges(asked: Asked, settings: Settings) -> list[str]:
    active = settings.active_exchanges
    exchanges = sorted({name.lower() for name in asked.exchanges or active})
    for exchange in exchanges:
        if exchange not in settings.venues:
            known = ", ".join(settings.venues)
            raise UsageError(f"exchange '{exchange}' is not known; known are {known}")
        if exchange not in active:
            raise UsageError(
                f"exchange '{exchange}' is not on; on are {', '.join(active) or 'none'} "
                f"(CRYPTO_ENABLED, CRYPTO_EXCHANGES)"
            )
    return exchanges


def _instruments(asked: Asked, settings: Settings, exchange: str) -> list[Instrument]:
    """Those named; else those of the exchange that the home collects."""
    if asked.symbols:
        return [parse_symbol(exchange, symbol) for symbol in dict.fromkeys(asked.symbols)]
    members = [member.series for member in read_members(settings.home) if member.active]
    collected = [*configured_series(settings), *members]
    found = {s.instrument for s in collected if s.instrument.exchange == exchange}
    return sorted(found, key=lambda instrument: instrument.symbol)


def _collected_intervals(instrument: Instrument, settings: Settings) -> list[Interval]:
    """The intervals of the settings that its exchange has; all of them, to be refused, if none."""
    offers = find_venue(instrument.exchange).capabilities.get(instrument.instrument_type)
    offered = [i for i in settings.intervals if offers is not None and i in offers.intervals]
    return offered or settings.intervals


def _of_instrument(
    instrument: Instrument, kinds: list[Kind], intervals: list[Interval]
) -> list[Series]:
    """The series of one instrument; funding is a perpetual's, so a pair has none to be refused."""
    offers = find_venue(instrument.exchange).capabilities.get(instrument.instrument_type)
    found = []
    for kind in kinds:
        if kind is Kind.KLINES:
            found += [Series(instrument, interval) for interval in dict.fromkeys(intervals)]
        elif kind is not Kind.FUNDING or (offers is not None and offers.offers(kind)):
            found.append(Series(instrument, kind=kind))
    return found


def days_asked(asked: Asked, settings: Settings) -> tuple[date, date]:
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
        notes.print(f"--end is cut to {end}: the future has no rows")
    if start >= end:
        raise UsageError(
            f"--start {start} is not before --end {end}; the end day is exclusive, and the last "
            f"day there is is today, {today}"
        )
    return start, end
