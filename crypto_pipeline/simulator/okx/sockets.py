"""ws.okx.com: which path leads to which conversation.

What belongs here: handshakes. What does not: what is said (`conversation.py`).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.okx.acks import Speech, connection_id
from crypto_pipeline.simulator.okx.conversation import (
    REQUEST_SECONDS,
    REQUESTS,
    OkxConversation,
)
from crypto_pipeline.simulator.okx.envelope import too_many_requests, unknown_path
from crypto_pipeline.simulator.okx.feeds import BUSINESS, PUBLIC
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.limits import RollingWindow
from crypto_pipeline.simulator.wire.line import Line
from crypto_pipeline.simulator.wire.rules import Rules

ROOT = "/ws/v5"
CONNECTS, CONNECT_SECONDS = 3, 1.0


class OkxSockets:
    """The websocket host.

    Args:
        feeds: where the channels come from.
        clock: the simulated time.
        rules: of connections; with limits off none is counted.
    """

    deflate = True

    def __init__(self, feeds: FeedSource, clock: SimulatorClock, rules: Rules) -> None:
        self.feeds, self.clock, self.rules = feeds, clock, rules
        self._connects = RollingWindow(rules, CONNECTS, CONNECT_SECONDS)
        self._numbers = count(1)

    def greet(self, request: Request, line: Line) -> OkxConversation | Answer:
        """A conversation; 404 for a path that is none, 429 for a connection too many."""
        base = request.path.rstrip("/").removeprefix(ROOT)
        if base not in (PUBLIC, BUSINESS) or not request.path.startswith(ROOT):
            return unknown_path().answer()
        if self.rules.limits and not self._connects.take(request.client).allowed:
            return replace(too_many_requests().answer(), violation=True)
        speech = Speech(connection_id(next(self._numbers)))
        requests = RollingWindow(self.rules, REQUESTS, REQUEST_SECONDS)
        return OkxConversation(line, speech, self.feeds, base, self.clock, requests)
