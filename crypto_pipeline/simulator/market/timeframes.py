"""Bar lengths of every exchange: fixed ones on any anchor, and calendar months.

What belongs here: when a bar opens and ends. What does not: an exchange's names for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""ms since the epoch of the first Monday."""
SEGMENT = 30 * SECOND
"""Length of the cuts that the synthetic market is made of."""
SEGMENTS_PER_DAY = DAY // SEGMENT
HONG_KONG = -8 * HOUR
"""Anchor of days that start at midnight in UTC+8."""


@dataclass(frozen=True, slots=True)
class Timeframe:
    """How long a bar is, and where its grid starts.

    Attributes:
        step: length in ms; of a bar of months 0.
        months: length in calendar months; 0 for a bar of fixed length.
        anchor: ms since the epoch of any opening of the grid (of fixed length), or the shift of
            midnight (of months).
    """

    step: int
    months: int = 0
    anchor: int = 0

    def opening(self, at: int) -> int:
        """Open time (ms) of the bar that holds the instant `at` (ms)."""
        if not self.months:
            return (at - self.anchor) // self.step * self.step + self.anchor
        day = datetime.fromtimestamp((at - self.anchor) // SECOND, UTC)
        return self._month((day.year * 12 + day.month - 1) // self.months * self.months)

    def following(self, opening: int) -> int:
        """Open time (ms) of the next bar: the exclusive end of the one that opens there."""
        if not self.months:
            return opening + self.step
        day = datetime.fromtimestamp((opening - self.anchor) // SECOND, UTC)
        return self._month(day.year * 12 + day.month - 1 + self.months)

    def before(self, opening: int, bars: int) -> int:
        """Open time (ms) of the bar that many bars earlier."""
        if not self.months:
            return opening - bars * self.step
        day = datetime.fromtimestamp((opening - self.anchor) // SECOND, UTC)
        return self._month(day.year * 12 + day.month - 1 - bars * self.months)

    def _month(self, number: int) -> int:
        year, month = divmod(number, 12)
        return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * SECOND + self.anchor


ONE_SECOND = Timeframe(SECOND)
ONE_MINUTE = Timeframe(MINUTE)
ONE_HOUR = Timeframe(HOUR)
ONE_DAY = Timeframe(DAY)
ONE_WEEK = Timeframe(WEEK, anchor=MONDAY)
ONE_MONTH = Timeframe(0, months=1)
