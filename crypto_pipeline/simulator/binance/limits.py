"""Binance's request limits: a weight a minute, 429 above it, 418 for whoever goes on.

What belongs here: the verdict on a request. What does not: what a request weighs (`rest.py`), how
windows are counted (`wire/limits.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from threading import Lock

from crypto_pipeline.simulator.wire.limits import FixedWindow, Limiter
from crypto_pipeline.simulator.wire.rules import Rules

MINUTE = 60.0
FIVE_MINUTES = 300.0
BAN = 120.0
"""Seconds of a first ban."""
TOLERATED = 10
"""Requests that are still answered 429 in one minute; the next one bans the client."""
RAW_REQUESTS = 300_000
"""Of any weight, a client's in five minutes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limiter says to one request.

    Attributes:
        used: weight used in this minute, this request included.
        status: 200 to go on, 429 over the limit, 418 banned.
        retry_after: whole seconds until the client may ask again, 0 where it may.
        broken: the limit that it is over, None where it is the weight.
    """

    used: int
    status: int = 200
    retry_after: int = 0
    broken: Limiter | None = None


class WeightLimiter:
    """The weight that each client used on one host.

    Args:
        limit: the weight allowed in a minute.
        rules: whether the limit is enforced, and what time it is.
    """

    def __init__(self, limit: int, rules: Rules) -> None:
        self.rules = rules
        self.weights = FixedWindow(rules, limit, MINUTE)
        self._requests = FixedWindow(rules, RAW_REQUESTS, FIVE_MINUTES)
        self._refusals = FixedWindow(rules, TOLERATED, MINUTE)
        self._banned: dict[str, float] = {}
        self._lock = Lock()

    def charge(self, client: str, weight: int) -> Verdict:
        """Count one request and judge it."""
        with self._lock:
            weighed = self.weights.take(client, weight)
            counted = self._requests.take(client)
            used = int(weighed.used)
            banned_for = self._banned.get(client, 0.0) - self.rules.seconds()
            if banned_for > 0 and self.rules.limits:
                return Verdict(used, 418, ceil(banned_for))
            if weighed.allowed and counted.allowed:
                return Verdict(used)
            if self._refusals.take(client).allowed:
                broken = self._requests if weighed.allowed else self.weights
                return Verdict(used, 429, ceil(max(weighed.wait, counted.wait)), broken)
            self._banned[client] = self.rules.seconds() + BAN
            return Verdict(used, 418, ceil(BAN))
