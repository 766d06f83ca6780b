"""Binance's websocket hosts: which paths they accept, and whom.

What belongs here: handshakes. What does not: what is said after (`conversation.py`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from math import ceil

from crypto_pipeline.simulator.binance.conversation import MOST_STREAMS, BinanceConversation
from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.limits import FIVE_MINUTES
from crypto_pipeline.simulator.binance.streams import UNROUTED
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import FeedSource
from crypto_pipeline.simulator.wire.answers import Answer, Request, json_answer, missing_page
from crypto_pipeline.simulator.wire.limits import RollingWindow
from crypto_pipeline.simulator.wire.line import Line
from crypto_pipeline.simulator.wire.rules import Rules

CONNECTS = 300
"""Of one client in five minutes."""

_PATH = re.compile(
    r"(?P<prefix>(?:/[\w-]+)*?)(?P<base>/public|/market|/private)?"
    r"/(?:(?P<combined>stream)|ws(?:/(?P<names>.*))?)/?"
)
"""Any prefix is let through, so that clients that look for a word in their URL find it."""


class BinanceSockets:
    """One websocket host; a `SocketLogic`.

    Args:
        dialect: spot or perpetuals.
        clock: the simulated time.
        rules: of the limit of connects.
        feeds: the streams, times in ms.
        fine: the same, times in µs.
    """

    def __init__(
        self,
        dialect: Dialect,
        clock: SimulatorClock,
        rules: Rules,
        feeds: FeedSource,
        fine: FeedSource,
    ) -> None:
        self.dialect, self.clock, self.feeds, self.fine = dialect, clock, feeds, fine
        self._connects = RollingWindow(rules, CONNECTS, FIVE_MINUTES)

    def greet(self, request: Request, line: Line) -> BinanceConversation | Answer:
        """Accept a handshake; 404 on other paths, 429 for too many connects."""
        path = _PATH.fullmatch(request.path)
        if path is None or (path["base"] and self.dialect.spot):
            return missing_page()
        verdict = self._connects.take(request.client)
        if not verdict.allowed:
            return _too_many(ceil(verdict.wait))
        unit = request.query.get("timeUnit", "MILLISECOND").upper()
        if unit not in ("MILLISECOND", "MICROSECOND"):
            return json_answer({"code": -1130, "msg": "Invalid 'timeUnit' parameter."}, 400)
        names = _stream_names(path, request)
        if len(set(names)) > MOST_STREAMS and line.limited():
            refusal = json_answer({"code": -1130, "msg": "Too many streams."}, 400)
            return replace(refusal, violation=True)
        conversation = self._conversation(line, path, fine=unit == "MICROSECOND")
        conversation.open(names)
        return conversation

    def _conversation(self, line: Line, path: re.Match[str], *, fine: bool) -> BinanceConversation:
        base = "" if self.dialect.spot else path["base"] or UNROUTED
        feeds = self.fine if fine and self.dialect.spot else self.feeds
        combined = path["combined"] is not None
        return BinanceConversation(line, self.dialect, self.clock, feeds, base, combined=combined)


def _stream_names(path: re.Match[str], request: Request) -> list[str]:
    """What the URL names; a plus sign that was not escaped arrives as a space."""
    asked = request.query.get("streams", "") if path["combined"] else path["names"] or ""
    return [name.replace(" ", "+") for name in asked.split("/") if name]


def _too_many(wait: int) -> Answer:
    headers = {"Content-Type": "text/html", "Retry-After": str(wait)}
    return Answer(429, b"Too Many Requests", headers, violation=True)
