"""What both of Coinbase's websockets have in common: limits, deadlines, due frames.

What belongs here: the rules of hosts and connections. What does not: channels and messages.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import FeedSource, Frame
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions, Tap
from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.limits import Limiter
from crypto_pipeline.simulator.wire.line import Conversation, Line

FIRST_SUBSCRIPTION = 5.0
"""Seconds within which a connection has to subscribe."""
NORMAL_CLOSURE = 1000

Message = dict[str, Any]


class RefusedError(Exception):
    """A subscription that is refused, for a reason."""


class CoinbaseSocket(ABC):
    """A websocket host of either interface.

    Args:
        clock: the market's time.
        feeds: where the channels come from.
        connections: how many a client may open.
        messages: how many messages it may send.
    """

    deflate = True

    def __init__(
        self, clock: SimulatorClock, feeds: FeedSource, connections: Limiter, messages: Limiter
    ) -> None:
        self.clock, self.feeds, self.messages = clock, feeds, messages
        self._connections = connections

    def greet(self, request: Request, line: Line) -> Conversation | Answer:
        """Accept a connection, unless the client opens too many."""
        if self._connections.take(request.client).allowed:
            return self.conversation(line)
        line.violate()
        return self.refusal()

    @abstractmethod
    def conversation(self, line: Line) -> Conversation:
        """An accepted connection."""

    @abstractmethod
    def refusal(self) -> Answer:
        """The answer to a client that opens too many."""


class CoinbaseConversation(Conversation):
    """One connection to either interface.

    Args:
        line: the connection.
        host: what was connected to.

    Attributes:
        channels: the products that it holds of each channel, as acknowledgements name both.
    """

    def __init__(self, line: Line, host: CoinbaseSocket) -> None:
        super().__init__(line)
        self.clock, self.feeds, self.messages = host.clock, host.feeds, host.messages
        self.subscriptions = Subscriptions(host.clock, self.tap())
        self.channels: dict[str, list[str]] = {}
        self._awaited = True

    def tap(self) -> Tap:
        """Where the firehose leaves."""
        return self.line

    def hear(self, message: str | bytes) -> None:
        """Subscribe, unsubscribe, or say what is wrong with the message."""
        if not self.messages.take(self.line.client).allowed:
            self.line.violate()
            self.refuse_many()
            return
        request = _object(message)
        kind = request.get("type") if request is not None else None
        if request is None:
            self.refuse_malformed()
        elif kind == "subscribe":
            self._awaited = False
            self.subscribe(request)
        elif kind == "unsubscribe":
            self.unsubscribe(request)
        else:
            self.refuse_type()

    def tick(self) -> None:
        """Send what is due; close a connection that never subscribed."""
        overdue = self.line.age() > FIRST_SUBSCRIPTION and self.line.limited()
        if overdue and self._awaited:
            self._awaited = False
            self.line.close(NORMAL_CLOSURE)
            return
        self.tell(self.subscriptions.advance())

    def tell(self, frames: Sequence[Frame]) -> None:
        """Send frames of feeds."""
        if frames:
            self.line.send(*frames)

    def say(self, text: bytes) -> None:
        """Send a message that is of no feed."""
        self.line.send(Frame(text, self.clock.now_us()))

    @abstractmethod
    def subscribe(self, request: Message) -> None:
        """Take a subscription."""

    @abstractmethod
    def unsubscribe(self, request: Message) -> None:
        """End subscriptions."""

    @abstractmethod
    def refuse_malformed(self) -> None:
        """Answer what is no JSON object."""

    @abstractmethod
    def refuse_type(self) -> None:
        """Answer a message that neither subscribes nor unsubscribes."""

    @abstractmethod
    def refuse_many(self) -> None:
        """Answer a client that sends too many messages."""


def _object(message: str | bytes) -> Message | None:
    try:
        read = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def texts(value: object) -> list[str] | None:
    """A list of texts, without what is there twice; None if it is anything else."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return list(dict.fromkeys(value))
