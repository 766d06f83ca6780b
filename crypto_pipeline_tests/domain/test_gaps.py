"""Gap arithmetic against sets of slots, which are slow and plainly right."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span, merge_spans, missing_spans, subtract_spans
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import microseconds

START = datetime(2023, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def span(first: float, end: float) -> Span:
    return Span(at(first), at(end))


def minutes(*spans: Span) -> set[int]:
    return {m for m in range(-5, 65) for s in spans if s.start <= at(m) < s.end}


def stamps(opened: list[float]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([microseconds(at(minute)) for minute in opened], dtype=np.int64)


ENDS = st.integers(0, 60)
SPANS = st.tuples(ENDS, ENDS).map(sorted).map(lambda ends: span(*ends))
OPENED = st.lists(st.one_of(st.integers(-5, 65), st.just(7.5)), max_size=80)


@given(SPANS, OPENED)
def test_missing_spans_given_any_bars_names_the_absent_ones(
    whole: Span, opened: list[float]
) -> None:
    runs = missing_spans(Interval.M1, whole, stamps(opened))

    assert minutes(*runs) == {minute for minute in minutes(whole) if minute not in opened}
    assert all(run.start < run.end for run in runs)
    assert all(a.end < b.start for a, b in itertools.pairwise(runs))


def test_missing_spans_given_ends_off_the_grid_expects_opens_within() -> None:
    runs = missing_spans(Interval.M5, span(2, 16), stamps([10]))

    assert runs == [span(5, 10), span(15, 20)]


def test_missing_spans_given_no_bars_is_the_whole_day() -> None:
    day = span(0, 1440)

    assert missing_spans(Interval.M1, day, stamps([])) == [day]
    assert missing_spans(Interval.M1, span(0, 0), stamps([])) == []


@given(st.lists(SPANS, max_size=8))
def test_merge_spans_given_any_spans_covers_the_same(spans: list[Span]) -> None:
    merged = merge_spans(spans)

    assert minutes(*merged) == minutes(*spans)
    assert all(a.end < b.start for a, b in itertools.pairwise(merged))


@given(SPANS, st.lists(SPANS, max_size=8))
def test_subtract_spans_given_any_parts_leaves_the_rest(whole: Span, parts: list[Span]) -> None:
    left = subtract_spans(whole, parts)

    assert minutes(*left) == minutes(whole) - minutes(*parts)
    assert all(rest.start < rest.end for rest in left)
    assert left == sorted(left)


def test_span_given_to_a_person_reads_in_utc() -> None:
    assert str(span(0, 90)) == "2023-03-01T00:00Z..2023-03-01T01:30Z"
