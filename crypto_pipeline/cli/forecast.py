"""What a backfill will take, said before it begins, and what is left of one that was interrupted.

What belongs here: the words. What does not: the figures (`history/estimate.py`,
`history/holdings.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from crypto_pipeline.cli.terminal import notes
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.gaps import Span, span_of_days, subtract_spans
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import LakeError
from crypto_pipeline.history.estimate import Estimate, estimate
from crypto_pipeline.history.holdings import as_spans, days_left, held_days
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.venue import find_venue

Held = Mapping[Series, set[date]]


def what_is_held(settings: Settings, serieses: Sequence[Series], span: Span) -> Held:
    """The days of each series that the home holds whole; none where there is no lake yet."""
    try:
        with connect_read_only(settings.home) as session:
            return held_days(session, serieses, span)
    except LakeError:
        return {series: set() for series in serieses}


def tell_estimate(
    settings: Settings, serieses: Sequence[Series], days: tuple[date, date], *, missing: bool
) -> None:
    """Say for each exchange what is to come."""
    span, now = span_of_days(*days), clock_from(settings).now()
    held = what_is_held(settings, serieses, span)
    for exchange in dict.fromkeys(series.instrument.exchange for series in serieses):
        mine = [series for series in serieses if series.instrument.exchange == exchange]
        skipped = as_spans({series: held[series] for series in mine}) if missing else {}
        wanted = {series: subtract_spans(span, skipped.get(series, [])) for series in mine}
        left = days_left({series: held[series] for series in mine}, span, now)
        whole = len(mine) * len(_past(days, now.date()))
        reach = f"{days[0]} to {days[1]} (exclusive)"
        notes.print(
            f"{exchange}: {len(mine)} series, {reach}, {left} of {whole} days not held whole yet"
        )
        notes.print(f"  to come: {_in_words(estimate(find_venue(exchange), wanted, now))}")


def _past(days: tuple[date, date], today: date) -> range:
    return range(days[0].toordinal(), min(days[1].toordinal(), today.toordinal() + 1))


def _in_words(took: Estimate) -> str:
    rows = "rows not known before" if took.rows is None else f"{took.rows:,} rows"
    return (
        f"{rows}, {took.files:,} files, {took.requests:,} requests, at least "
        f"{_duration(took.seconds)}, about {took.disk / 1e6:,.1f} MB"
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def tell_left(settings: Settings, serieses: Sequence[Series], days: tuple[date, date]) -> None:
    """Say what is left of a backfill that was interrupted."""
    span, now = span_of_days(*days), clock_from(settings).now()
    left = days_left(what_is_held(settings, serieses, span), span, now)
    whole = len(serieses) * len(_past(days, now.date()))
    notes.print(
        f"left: {left} of {whole} days of all series; "
        f"the same command with --missing loads only these"
    )
