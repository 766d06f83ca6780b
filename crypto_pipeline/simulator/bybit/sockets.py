"""stream.bybit.com: which path leads to which conversation.

What belongs here: handshakes. What does not: what is said (`conversation.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.acks import STATUS, new_speech
from crypto_pipeline.simulator.bybit.categories import CATEGORIES
from crypto_pipeline.simulator.bybit.conversation import BybitConversation
from crypto_pipeline.simulator.bybit.envelope import too_frequent
from crypto_pipeline.simulator.bybit.feeds import PUBLIC, STATUS_PATH
from crypto_pipeline.simulator.bybit.limits import ConnectLimits
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.answers import Answer, Request, missing_page
from crypto_pipeline.simulator.wire.line import Line

NAMES = {**{PUBLIC + name: name for name in CATEGORIES}, STATUS_PATH: STATUS}
"""What each path's connections are called."""


class BybitSockets:
    """The websocket host.

    Args:
        feeds: where the topics come from.
        clock: the simulated time.
        limits: of connections.
    """

    deflate = True

    def __init__(self, feeds: FeedSource, clock: SimulatorClock, limits: ConnectLimits) -> None:
        self.feeds, self.clock, self.limits = feeds, clock, limits

    def greet(self, request: Request, line: Line) -> BybitConversation | Answer:
        """A conversation; 404 for a path that is none, 403 for one connection too many."""
        name = NAMES.get(request.path.rstrip("/"))
        if name is None:
            return missing_page()
        if not self.limits.admits(request.client, name):
            return too_frequent()
        base = request.path.rstrip("/")
        speech = new_speech(name)
        return BybitConversation(line, speech, self.feeds, base, self.clock, self.limits)
