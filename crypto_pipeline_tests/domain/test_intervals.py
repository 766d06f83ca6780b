"""The eleven intervals and their grid in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.intervals import (
    DAY,
    Interval,
    day_start,
    days,
    month_end,
    parse_interval,
    require_utc,
)
from crypto_pipeline.errors import UsageError

NOON = datetime(2023, 3, 1, 12, 34, 56, 789_000, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the strategy adds the zone


@pytest.mark.parametrize(
    ("text", "minutes", "bars"),
    [
        ("1m", 1, 1440),
        ("3m", 3, 480),
        ("5m", 5, 288),
        ("15m", 15, 96),
        ("30m", 30, 48),
        ("1h", 60, 24),
        ("2h", 120, 12),
        ("4h", 240, 6),
        ("6h", 360, 4),
        ("12h", 720, 2),
        ("1d", 1440, 1),
    ],
)
def test_interval_given_its_text_knows_its_length(text: str, minutes: int, bars: int) -> None:
    interval = parse_interval(text)

    assert interval.length == timedelta(minutes=minutes)
    assert interval.microseconds == minutes * 60_000_000
    assert interval.bars_per_day == bars


@pytest.mark.parametrize("text", ["1M", "1w", "60m", "", "1 m"])
def test_parse_interval_given_another_text_names_the_valid_ones(text: str) -> None:
    with pytest.raises(UsageError, match=r"valid are 1m 3m 5m .* 12h 1d"):
        parse_interval(text)


@pytest.mark.parametrize(
    ("interval", "opened"),
    [
        (Interval.M1, datetime(2023, 3, 1, 12, 34, tzinfo=UTC)),
        (Interval.M15, datetime(2023, 3, 1, 12, 30, tzinfo=UTC)),
        (Interval.H4, datetime(2023, 3, 1, 12, tzinfo=UTC)),
        (Interval.D1, datetime(2023, 3, 1, tzinfo=UTC)),
    ],
)
def test_floor_given_an_instant_is_the_open_of_its_bar(
    interval: Interval, opened: datetime
) -> None:
    assert interval.floor(NOON) == opened
    assert interval.closed_until(NOON) == opened
    assert interval.ceil(NOON) == opened + interval.length


@given(st.sampled_from(Interval), INSTANTS)
def test_floor_given_any_instant_lies_on_the_day_s_grid(
    interval: Interval, instant: datetime
) -> None:
    floor = interval.floor(instant)

    assert floor <= instant < floor + interval.length
    assert (floor - day_start(floor.date())) % interval.length == timedelta()
    assert interval.floor(floor) == interval.ceil(floor) == floor


def test_bars_between_given_ends_off_the_grid_counts_opens_within() -> None:
    start, end = NOON, NOON + timedelta(minutes=2)

    assert Interval.M1.bars_between(start, end) == 2
    assert Interval.M1.bars_between(end, start) == 0
    assert Interval.D1.bars_between(start, end) == 0
    assert Interval.H1.bars_between(day_start(date(2024, 2, 1)), day_start(date(2024, 3, 1))) == 696


def test_days_given_a_range_names_each_day_it_touches() -> None:
    first, second = date(2023, 3, 1), date(2023, 3, 2)

    assert days(NOON, NOON + DAY) == [first, second]
    assert days(day_start(first), day_start(second)) == [first]
    assert days(NOON, NOON) == []
    assert days(day_start(first), day_start(first)) == []
    assert days(NOON + DAY, NOON) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 2, 1), date(2024, 3, 1)),
        (date(2023, 12, 1), date(2024, 1, 1)),
        (datetime(2023, 4, 1, tzinfo=UTC), datetime(2023, 5, 1, tzinfo=UTC)),
    ],
)
def test_month_end_given_a_month_is_where_the_next_begins(start: date, end: date) -> None:
    assert month_end(start) == end


@pytest.mark.parametrize(
    "instant",
    [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=8)))],
    ids=["naive", "Beijing"],
)
def test_require_utc_given_another_zone_refuses_it_by_name(instant: datetime) -> None:
    with pytest.raises(UsageError, match=r"start 2023-03-01T.* is not in UTC"):
        require_utc(instant, "start")
    with pytest.raises(UsageError, match="not in UTC"):
        Interval.M1.floor(instant)
    with pytest.raises(UsageError, match="not in UTC"):
        days(instant, NOON)
