"""Which files and windows cover a range."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crypto_pipeline.domain.gaps import Span, merge_spans
from crypto_pipeline.history.periods import first_days, is_due, overlaps, period, windows
from crypto_pipeline.venues.capabilities import Archive, Cut
from crypto_pipeline_tests.history.loads import at

BOTH = Archive((Cut.MONTHLY, Cut.DAILY))
MONTHS = Archive((Cut.MONTHLY,))
EAST = Archive((Cut.DAILY,), day_starts=timedelta(hours=-8), delay=timedelta(days=1))


@pytest.mark.parametrize(
    ("archive", "cut", "span", "days"),
    [
        (BOTH, Cut.MONTHLY, ("2026-01-31", "2026-03-02"), [date(2026, 2, 1)]),
        (BOTH, Cut.MONTHLY, ("2026-02-02", "2026-03-01"), []),
        (BOTH, Cut.DAILY, ("2026-02-02", "2026-02-04"), [date(2026, 2, 2), date(2026, 2, 3)]),
        (MONTHS, Cut.MONTHLY, ("2026-02-10", "2026-02-11"), [date(2026, 2, 1)]),
        (EAST, Cut.DAILY, ("2026-02-02", "2026-02-03"), [date(2026, 2, 2), date(2026, 2, 3)]),
    ],
)
def test_first_days_given_a_span_are_of_files_worth_asking_for(
    archive: Archive, cut: Cut, span: tuple[str, str], days: list[date]
) -> None:
    assert first_days(archive, cut, [Span(at(span[0]), at(span[1]))]) == days


def test_period_given_days_of_utc_8_starts_eight_hours_before() -> None:
    file = period(EAST, Cut.DAILY, date(2026, 2, 2))
    assert file == Span(at("2026-02-01T16:00"), at("2026-02-02T16:00"))
    assert not is_due(file, EAST, at("2026-02-03T15:59"))
    assert is_due(file, EAST, at("2026-02-03T16:00"))


def test_windows_given_a_span_cover_it_once() -> None:
    span = Span(at("2026-02-01"), at("2026-02-02T01:00"))
    cut = windows(span, timedelta(hours=6))
    assert [window.end - window.start for window in cut] == [timedelta(hours=6)] * 4 + [
        timedelta(hours=1)
    ]
    assert merge_spans(cut) == [span]
    assert windows(Span(span.start, span.start), timedelta(hours=6)) == []


def test_overlaps_given_spans_are_what_they_share() -> None:
    file = Span(at("2026-02-01"), at("2026-02-02"))
    spans = [
        Span(at("2026-01-31"), at("2026-02-01T01:00")),
        Span(at("2026-02-02"), at("2026-02-03")),
    ]
    assert overlaps(spans, file) == [Span(at("2026-02-01"), at("2026-02-01T01:00"))]
