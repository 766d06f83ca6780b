"""The simulator's own time: it stands, runs, or runs faster.

What belongs here: that clock, and a view of it that is wrong on purpose. What does not: the
seconds of limits and pings (`wire/rules.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from crypto_pipeline.domain.intervals import require_utc
from crypto_pipeline.domain.klines import microseconds


class SimulatorClock:
    """A clock that can be set.

    Args:
        now: where it starts, aware and in UTC; None is the machine's time.
        speed: seconds that pass in a real second; 0 stands.

    Attributes:
        settings: how often it was set since the start.
    """

    def __init__(self, now: datetime | None = None, speed: float = 1.0) -> None:
        self.settings = -1
        self.speed = speed
        self.set(now, speed)

    def set(self, now: datetime | None, speed: float) -> None:
        """Start again from `now` (None: the machine's time) at `speed`."""
        self.settings += 1
        self._from = datetime.now(UTC) if now is None else require_utc(now, "now")
        self._since = time.monotonic()
        self.speed = speed

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        return self._from + timedelta(seconds=(time.monotonic() - self._since) * self.speed)

    def now_us(self) -> int:
        """The simulated instant in µs since the epoch."""
        return microseconds(self.now())

    def now_ms(self) -> int:
        """The simulated instant in ms since the epoch."""
        return microseconds(self.now()) // 1000


class SkewedClock(SimulatorClock):
    """Another clock's time, shifted.

    Args:
        clock: the true one; setting this one sets that.
        skew: seconds that this one is ahead, asked each time.
        changes: how often the skew changed since the start.
    """

    def __init__(
        self, clock: SimulatorClock, skew: Callable[[], float], changes: Callable[[], int]
    ) -> None:
        self._clock, self._skew, self._changes = clock, skew, changes

    @property
    def settings(self) -> int:  # type: ignore[override] # counted by the other clock
        """How often either the clock or the skew was set since the start."""
        return self._clock.settings + self._changes()

    @property
    def speed(self) -> float:  # type: ignore[override] # the other clock's
        """Seconds that pass in a real second."""
        return self._clock.speed

    def set(self, now: datetime | None, speed: float) -> None:
        """Set the true clock."""
        self._clock.set(now, speed)

    def now(self) -> datetime:
        """The shifted instant, in UTC."""
        skew = self._skew()
        return self._clock.now() + timedelta(seconds=skew) if skew else self._clock.now()
