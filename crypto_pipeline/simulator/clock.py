"""The simulator's own time: it stands, runs, or runs faster.

What belongs here: that clock. What does not: the limiter's minutes, which are real ones.
"""

from __future__ import annotations

import time
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
