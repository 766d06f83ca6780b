"""What one host saw, and what all its connections share.

What belongs here: the counts and the host's surroundings. What does not: sockets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto_pipeline.simulator.wire.faults import FaultBook
from crypto_pipeline.simulator.wire.rules import Rules

MOST_PATHS = 10_000
"""Different paths that are counted by name; more are only counted as requests."""


@dataclass(slots=True)
class HostCounters:
    """What one host saw since the start.

    Attributes:
        connections: sockets accepted; fewer than `requests` where a client reuses them.
        requests: requests of any outcome, websocket handshakes included.
        weights: the sum of request weights.
        violations: requests refused because of a limit, and limits broken on websockets.
        frames: websocket frames of messages sent, pings not.
        paths: requests by path.
    """

    connections: int = 0
    requests: int = 0
    weights: int = 0
    violations: int = 0
    frames: int = 0
    paths: dict[str, int] = field(default_factory=dict)

    def request(self, path: str) -> None:
        """Count one request."""
        self.requests += 1
        if path in self.paths or len(self.paths) < MOST_PATHS:
            self.paths[path] = self.paths.get(path, 0) + 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections of one host share.

    Attributes:
        name: the production host.
        faults: the fault rules in force, of all hosts.
        rules: limits, and how fast their clocks go.
        counters: what the host saw.
    """

    name: str
    faults: FaultBook
    rules: Rules
    counters: HostCounters = field(default_factory=HostCounters)
