"""Bybit's limits per IP address: requests over all paths, requests of one path, connections.

What belongs here: the figures and the verdicts. What does not: the counts (`wire/limits.py`), the
answers (`rest.py`).

600 requests in 5 s are allowed; one more is answered 403, and so is all else for ten minutes. One
path may be asked 120 times in a second (that figure is ours: Bybit gives none for market data).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from crypto_pipeline.simulator.wire.limits import RollingWindow
from crypto_pipeline.simulator.wire.rules import Rules

IP_REQUESTS, IP_SECONDS = 600, 5.0
BAN_SECONDS = 600.0
PATH_REQUESTS, PATH_SECONDS = 120, 1.0
CONNECTS, CONNECT_SECONDS = 500, 300.0
CONNECTIONS_OF_A_CATEGORY = 1000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the limits say to one request.

    Attributes:
        banned: whether the address is answered 403.
        allowed: whether the path may be asked.
        left: requests of the path that are left in this second.
        wait: seconds until the path may be asked again, 0 where it may.
    """

    banned: bool = False
    allowed: bool = True
    left: int = PATH_REQUESTS - 1
    wait: float = 0.0


class RequestLimits:
    """Requests of every address to all REST hosts together.

    Args:
        rules: whether limits are in force, and their clock.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._addresses = RollingWindow(rules, IP_REQUESTS, IP_SECONDS)
        self._paths = RollingWindow(rules, PATH_REQUESTS, PATH_SECONDS)
        self._banned_until: dict[str, float] = {}
        self._lock = Lock()

    def judge(self, client: str, path: str) -> Judgement:
        """Count one request and judge it; with limits off none is counted."""
        if not self.rules.limits:
            return Judgement()
        with self._lock:
            now = self.rules.seconds()
            if now < self._banned_until.get(client, now):
                return Judgement(banned=True, allowed=False)
            if not self._addresses.take(client).allowed:
                self._banned_until[client] = now + BAN_SECONDS
                return Judgement(banned=True, allowed=False)
        verdict = self._paths.take((client, path))
        return Judgement(False, verdict.allowed, int(verdict.left), verdict.wait)


class ConnectLimits:
    """Websocket connections of every address.

    Args:
        rules: whether limits are in force, and their clock.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._connects = RollingWindow(rules, CONNECTS, CONNECT_SECONDS)
        self._open: dict[tuple[str, str], int] = {}

    def admits(self, client: str, category: str) -> bool:
        """Count one connect; False where it is one too many in five minutes, or at once."""
        if self.rules.limits and not self._connects.take(client).allowed:
            return False
        count = self._open.get((client, category), 0)
        if self.rules.limits and count >= CONNECTIONS_OF_A_CATEGORY:
            return False
        self._open[client, category] = count + 1
        return True

    def closed(self, client: str, category: str) -> None:
        """One connection of an address to a category has ended."""
        self._open[client, category] = max(self._open.get((client, category), 0) - 1, 0)
