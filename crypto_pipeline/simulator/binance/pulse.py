"""A connection's own clock: PING and PONG, how much a client says, how long it lives.

What belongs here: those deadlines. What does not: streams, and what is sent when.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from crypto_pipeline.simulator.binance.dialects import Dialect

LIFETIME = 86_400.0
"""Seconds after which a connection is closed."""
NOTICE = 600.0
"""Seconds before its end at which a spot connection is told; documented as some minutes."""


@dataclass(frozen=True, slots=True)
class End:
    """Why a connection ends.

    Attributes:
        code: of the close frame.
        reason: of the close frame.
        violation: whether it is the client's fault.
    """

    code: int
    reason: str
    violation: bool


TOO_MANY_MESSAGES = End(1008, "Too many requests", violation=True)
PONG_MISSING = End(1008, "Pong timeout", violation=True)
LIVED_OUT = End(1001, "Connection expired", violation=False)


class Pulse:
    """The deadlines of one connection; ages are seconds since it was opened.

    Args:
        dialect: spot or perpetuals.

    Attributes:
        ends_at: age at which it is closed.
        announced: whether the client was told of its end.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.ends_at = LIFETIME
        self._next_ping = dialect.ping_every
        self._pings: deque[tuple[float, bytes]] = deque()
        self._heard: deque[float] = deque()
        self.announced = False

    def heard(self, age: float) -> bool:
        """Count one frame of the client, of any kind; whether it may send so many."""
        while self._heard and self._heard[0] <= age - 1.0:
            self._heard.popleft()
        self._heard.append(age)
        return len(self._heard) <= self.dialect.messages

    def ping_due(self, age: float) -> bool:
        """Whether a PING is to be sent now."""
        return age >= self._next_ping

    def pinged(self, age: float, payload: bytes) -> None:
        """Know that a PING was sent."""
        self._pings.append((age, payload))
        self._next_ping = age + self.dialect.ping_every

    def ponged(self, payload: bytes) -> None:
        """Take a PONG; one that copies no PING's payload counts for nothing."""
        if any(sent == payload for _, sent in self._pings):
            while self._pings.popleft()[1] != payload:
                continue

    def notice_due(self, age: float) -> bool:
        """Whether the end is to be announced now; once, and on spot alone."""
        if self.announced or not self.dialect.spot or age < self.ends_at - NOTICE:
            return False
        self.announced = True
        return True

    def announce(self, age: float) -> None:
        """End `NOTICE` seconds from now, announced already."""
        self.announced = True
        self.ends_at = min(self.ends_at, age + NOTICE)

    def end(self, age: float, *, limited: bool = True) -> End | None:
        """Why the connection ends now, if it does; where nothing is `limited`, as announced."""
        if age >= self.ends_at and (limited or self.announced):
            return LIVED_OUT
        late = limited and self._pings and age - self._pings[0][0] > self.dialect.pong_within
        return PONG_MISSING if late else None
