"""Binance's request limits: a weight per minute, 429 above it, 418 for whoever goes on.

What belongs here: the count and the verdict. What does not: what a request weighs
(`binance_rest.py`). Minutes are real ones: `Retry-After` is for a client that really sleeps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

MINUTE = 60.0
BAN = 120.0
TOLERATED = 10
"""Requests that are still answered 429 in one minute; the next one bans the client."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limiter says to one request.

    Attributes:
        used: weight used in this minute, this request included.
        status: 200 to go on, 429 over the limit, 418 banned.
        retry_after: whole seconds until the client may ask again, 0 where it may.
    """

    used: int
    status: int = 200
    retry_after: int = 0


class WeightLimiter:
    """The weight that one client used on one host.

    Args:
        limit: the weight allowed in a minute.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._minute_ends = 0.0
        self._banned_until = 0.0
        self._used = self._refused = 0

    def charge(self, weight: int) -> Verdict:
        """Count one request and judge it."""
        now = time.monotonic()
        if now >= self._minute_ends:
            self._minute_ends, self._used, self._refused = now + MINUTE, 0, 0
        self._used += weight
        if now < self._banned_until:
            return self._refusal(418, self._banned_until - now)
        if self._used <= self.limit:
            return Verdict(self._used)
        self._refused += 1
        if self._refused <= TOLERATED:
            return self._refusal(429, self._minute_ends - now)
        self._banned_until = now + BAN
        return self._refusal(418, BAN)

    def _refusal(self, status: int, seconds: float) -> Verdict:
        return Verdict(self._used, status, int(seconds) + 1)
