"""Kline intervals and their grid in UTC.

What belongs here: the length of an interval, where its bars open, which of them are closed.
What does not: which intervals a venue offers (`venues/`), or what is missing (`domain/gaps.py`).

Every interval divides the day, so each grid starts anew at midnight UTC and a day is a whole
number of bars. That is why intervals above 1d are absent.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from crypto_pipeline.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

Day = TypeVar("Day", bound=date)


class Interval(StrEnum):
    """The length of a bar, written as the field writes it (`1m` is a minute)."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H12 = "12h"
    D1 = "1d"

    @property
    def length(self) -> timedelta:
        """How long a bar lasts."""
        unit = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY}[self.value[-1]]
        return int(self.value[:-1]) * unit

    @property
    def microseconds(self) -> int:
        """How long a bar lasts, in µs."""
        return self.length // timedelta(microseconds=1)

    @property
    def bars_per_day(self) -> int:
        """How many bars open in one UTC day."""
        return DAY // self.length

    def floor(self, instant: datetime) -> datetime:
        """The open time of the bar that holds `instant`."""
        since = require_utc(instant, "instant") - EPOCH
        return instant - since % self.length

    def ceil(self, instant: datetime) -> datetime:
        """The first open time at or after `instant`."""
        floor = self.floor(instant)
        return floor if floor == instant else floor + self.length

    def closed_until(self, now: datetime) -> datetime:
        """The end, exclusive, of the open times whose bars are closed at `now`."""
        return self.floor(now)

    def bars_between(self, start: datetime, end: datetime) -> int:
        """How many bars open in [start, end)."""
        return max(0, (self.ceil(end) - self.ceil(start)) // self.length)


def parse_interval(text: str) -> Interval:
    """Read an interval.

    Raises:
        UsageError: the text is none of the eleven intervals.
    """
    try:
        return Interval(text)
    except ValueError:
        valid = " ".join(interval.value for interval in Interval)
        raise UsageError(
            f"interval '{text}' is not known; valid are {valid} (m is minutes)"
        ) from None


def require_utc(instant: datetime, name: str) -> datetime:
    """Return `instant` as it is if it is aware and in UTC.

    Raises:
        UsageError: it is naive, or in another zone.
    """
    if instant.utcoffset() != timedelta(0):
        raise UsageError(f"{name} {instant.isoformat()} is not in UTC; give an aware UTC datetime")
    return instant


def day_start(day: date) -> datetime:
    """Midnight UTC at which `day` starts."""
    return datetime.combine(day, time(), UTC)


def month_end(start: Day) -> Day:
    """The end, exclusive, of the month that begins at `start`: the start of the next one."""
    return (start + 31 * DAY).replace(day=1)


def days(start: datetime, end: datetime) -> list[date]:
    """The UTC days that [start, end) touches, ascending."""
    first = require_utc(start, "start").date()
    last = (require_utc(end, "end") - timedelta(microseconds=1)).date()
    return [first + n * DAY for n in range((last - first).days + 1)] if start < end else []
