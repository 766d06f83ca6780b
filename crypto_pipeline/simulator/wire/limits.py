"""Counts of what each client used: by fixed window, rolling window, or a bucket that refills.

What belongs here: those three counts. What does not: what costs how much, and what an exchange says
to a client that is over its limit.

Time is that of the rules in force, so `hurry` shortens every window. With limits switched off
nothing is refused, and the count goes on. Answers are computed in several threads at once: each
count holds a lock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar

from crypto_pipeline.simulator.wire.rules import Rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limiter says to one request.

    Attributes:
        allowed: whether it is within the limit; always where limits are off.
        used: what the key used in the window, this request included.
        left: what it may still use, never below 0.
        wait: seconds until a like request is within the limit, 0 where it is.
    """

    allowed: bool
    used: float
    left: float
    wait: float


class Limiter(ABC):
    """A count by key.

    Args:
        rules: whose clock and switch.
        limit: what a key may use, in any unit.
        window: seconds that `limit` is for.

    Attributes:
        refusals_count: whether a refused request uses up the limit as well.
    """

    refusals_count: ClassVar[bool] = False

    def __init__(self, rules: Rules, limit: float, window: float) -> None:
        self.rules, self.limit, self.window = rules, limit, window
        self._lock = Lock()

    def take(self, key: Hashable, cost: float = 1) -> Verdict:
        """Count one request of that cost, and judge it."""
        with self._lock:
            now = self.rules.seconds()
            used = self._used(key, now) + cost
            over = used > self.limit
            wait = self._wait(key, now, used) if over else 0.0
            if not over or self.refusals_count or not self.rules.limits:
                self._count(key, now, cost)
        left = max(0.0, self.limit - used)
        return Verdict(not over or not self.rules.limits, used, left, wait)

    @abstractmethod
    def _used(self, key: Hashable, now: float) -> float:
        """What the key used in the window that `now` is in."""

    @abstractmethod
    def _count(self, key: Hashable, now: float, cost: float) -> None:
        """Add to what the key used."""

    @abstractmethod
    def _wait(self, key: Hashable, now: float, used: float) -> float:
        """Seconds until what the key used, the refused request included, is within the limit."""


class FixedWindow(Limiter):
    """Counts that start from 0 at each multiple of the window: Binance's minutes."""

    refusals_count = True

    def __init__(self, rules: Rules, limit: float, window: float) -> None:
        super().__init__(rules, limit, window)
        self._counts: dict[Hashable, tuple[int, float]] = {}

    def _used(self, key: Hashable, now: float) -> float:
        window, used = self._counts.get(key, (0, 0.0))
        return used if window == now // self.window else 0.0

    def _count(self, key: Hashable, now: float, cost: float) -> None:
        self._counts[key] = (int(now // self.window), self._used(key, now) + cost)

    def _wait(self, key: Hashable, now: float, used: float) -> float:
        return (now // self.window + 1) * self.window - now


class RollingWindow(Limiter):
    """What a key used in the last `window` seconds: OKX, Bybit, connection attempts."""

    def __init__(self, rules: Rules, limit: float, window: float) -> None:
        super().__init__(rules, limit, window)
        self._taken: dict[Hashable, deque[tuple[float, float]]] = {}
        self._totals: dict[Hashable, float] = {}

    def _used(self, key: Hashable, now: float) -> float:
        taken = self._taken.get(key)
        if not taken:
            return 0.0
        while taken and taken[0][0] <= now - self.window:
            self._totals[key] -= taken.popleft()[1]
        return self._totals[key]

    def _count(self, key: Hashable, now: float, cost: float) -> None:
        self._taken.setdefault(key, deque()).append((now, cost))
        self._totals[key] = self._totals.get(key, 0.0) + cost

    def _wait(self, key: Hashable, now: float, used: float) -> float:
        for at, cost in self._taken.get(key, ()):
            used -= cost
            if used <= self.limit:
                return at + self.window - now
        return self.window


class Bucket(Limiter):
    """A bucket of `limit` that refills at `rate` a second: Coinbase's requests and bursts.

    Args:
        rules: whose clock and switch.
        limit: what a full bucket holds, the burst.
        rate: what flows back in a second.
    """

    def __init__(self, rules: Rules, limit: float, rate: float) -> None:
        super().__init__(rules, limit, limit / rate)
        self.rate = rate
        self._levels: dict[Hashable, tuple[float, float]] = {}

    def _used(self, key: Hashable, now: float) -> float:
        at, used = self._levels.get(key, (now, 0.0))
        return max(0.0, used - (now - at) * self.rate)

    def _count(self, key: Hashable, now: float, cost: float) -> None:
        self._levels[key] = (now, self._used(key, now) + cost)

    def _wait(self, key: Hashable, now: float, used: float) -> float:
        return (used - self.limit) / self.rate
