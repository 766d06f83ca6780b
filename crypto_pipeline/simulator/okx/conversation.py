"""OKX's end of one websocket.

What belongs here: requests, keep-alive, limits of a connection. What does not: what is said
(`acks.py`), what the channels deliver (`feeds.py`).
"""

from __future__ import annotations

import json
from typing import TypeGuard

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.okx.acks import Message, Speech
from crypto_pipeline.simulator.okx.book_faults import BookFaults
from crypto_pipeline.simulator.okx.feeds import OF_MEMBERS
from crypto_pipeline.simulator.streams.feeds import FeedSource, Frame
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions
from crypto_pipeline.simulator.wire.limits import Limiter
from crypto_pipeline.simulator.wire.line import Conversation, Line

IDLE_SECONDS = 30.0
NOTICE_SECONDS = 60.0
REQUESTS, REQUEST_SECONDS = 480, 3600.0
MOST_BYTES = 1 << 16
"""Of one message, and of the arguments of all channels of a connection together."""

IDLE, TOO_LONG, TOO_MANY, GOING_AWAY = 4004, 1009, 4009, 1001
"""Close codes; the last one, after a notice, is not documented."""

_OPS = ("subscribe", "unsubscribe", "login")


class OkxConversation(Conversation):
    """The server's end of one connection.

    Args:
        line: the connection.
        speech: how it is spoken to.
        feeds: where the channels come from, which decides which there are.
        base: which path was connected to.
        clock: the simulated time.
        requests: counts those of this connection.
    """

    def __init__(
        self,
        line: Line,
        speech: Speech,
        feeds: FeedSource,
        base: str,
        clock: SimulatorClock,
        requests: Limiter,
    ) -> None:
        super().__init__(line)
        self.speech, self.feeds, self.base = speech, feeds, base
        self._subscriptions = Subscriptions(clock, line)
        self._faults = BookFaults(line)
        self._silent: set[str] = set()
        self._lengths: dict[str, int] = {}
        self._requests = requests
        self._traffic_at = 0.0
        self._noticed_at: float | None = None

    def hear(self, message: str | bytes) -> None:
        """Take a request; what is none gets an error, and the connection stays open."""
        written = message if isinstance(message, str) else message.decode(errors="replace")
        if self.line.limited() and len(written.encode(errors="replace")) > MOST_BYTES:
            self.line.violate()
            self.line.close(TOO_LONG, "Request message exceeds the maximum frame length")
        elif written == "ping":
            self._say(b"pong")
        else:
            self._answer(written)

    def tick(self) -> None:
        """Send what is due; end a connection that nothing was sent on for half a minute."""
        frames = self._faults.applied(self._subscriptions.advance())
        if frames:
            self._traffic_at = self.line.age()
            self.line.send(*frames)
        elif self.line.limited() and not self.line.pours() and self._idle() > IDLE_SECONDS:
            self.line.close(IDLE, "No data received in 30s")
        self._announce()

    def _idle(self) -> float:
        """Seconds since anything was sent."""
        return self.line.age() - self._traffic_at

    def _announce(self) -> None:
        """Say that the service is upgraded, where a fault says so, and a minute later do it."""
        if self._noticed_at is None:
            if self.line.fault("shutdown_notice"):
                self._noticed_at = self.line.age()
                self._say(self.speech.notice())
        elif self.line.age() - self._noticed_at > NOTICE_SECONDS:
            self.line.close(GOING_AWAY)

    def _answer(self, written: str) -> None:
        request = _object(written)
        request_id = None if request is None else _id_of(request)
        op = None if request is None else request.get("op")
        if request is None or not isinstance(op, str):
            self._say(self.speech.invalid(written, request_id))
        elif op not in _OPS:
            self._say(self.speech.invalid_op(op, request_id))
        elif not self._requests.take(self.speech.conn_id).allowed:
            self.line.violate()
            self._say(self.speech.too_frequent(request_id))
        elif op == "login":
            self._say(self.speech.no_login(request_id))
        elif "args" not in request:
            self._say(self.speech.invalid(written, request_id))
        else:
            self._change(op, request["args"], request_id)

    def _change(self, op: str, arguments: object, request_id: str | None) -> None:
        if not isinstance(arguments, list) or not arguments:
            self._say(self.speech.invalid_arguments(request_id))
            return
        opened: list[Frame] = []
        for argument in arguments:
            if not _is_argument(argument):
                self._say(self.speech.invalid_arguments(request_id))
            elif op == "subscribe":
                opened += self._subscribe(argument, request_id)
            else:
                self._unsubscribe(argument, request_id)
        self.line.send(*self._faults.applied(opened))

    def _subscribe(self, argument: Message, request_id: str | None) -> list[Frame]:
        """Ack or refuse one channel; its opening frames. One that is held already is acked."""
        stream = _stream(argument)
        channel, _, symbol = stream.partition(":")
        if stream in self._subscriptions or stream in self._silent:
            self._say(self.speech.ack("subscribe", argument, request_id))
            return []
        feed = self.feeds.feed(stream, self.base)
        if feed is None and channel in OF_MEMBERS and self.base == "/public":
            self._say(self.speech.members_only(request_id))
            return []
        if feed is None or self.line.fault("refuse_subscription", channel, symbol):
            self._say(self.speech.unknown("subscribe", argument, request_id))
            return []
        if self._closed_as_full(stream, argument):
            return []
        self._say(self.speech.ack("subscribe", argument, request_id))
        if self.line.fault("ack_without_data", channel, symbol):
            self._silent.add(stream)
            return []
        return self._subscriptions.add(stream, feed)

    def _closed_as_full(self, stream: str, argument: Message) -> bool:
        """Whether the arguments of all channels are too long together; then that is the end."""
        self._lengths[stream] = len(json.dumps(argument, separators=(",", ":")))
        if not self.line.limited() or sum(self._lengths.values()) <= MOST_BYTES:
            return False
        self.line.violate()
        reason = "The number of subscription channels for this connection exceeds the limit"
        self.line.close(TOO_MANY, reason)
        return True

    def _unsubscribe(self, argument: Message, request_id: str | None) -> None:
        stream = _stream(argument)
        known = stream in self._lengths or self.feeds.feed(stream, self.base) is not None
        if not known:
            self._say(self.speech.unknown("unsubscribe", argument, request_id))
            return
        self._subscriptions.remove(stream)
        self._silent.discard(stream)
        self._lengths.pop(stream, None)
        self._faults.forget(stream)
        self._say(self.speech.ack("unsubscribe", argument, request_id))

    def _say(self, reply: bytes) -> None:
        self._traffic_at = self.line.age()
        self.line.send(Frame(reply))


def _is_argument(argument: object) -> TypeGuard[Message]:
    """Whether it is an object of texts with a channel."""
    if not isinstance(argument, dict) or "channel" not in argument:
        return False
    return all(isinstance(value, str) for value in argument.values())


def _stream(argument: Message) -> str:
    """`books:BTC-USDT` of an argument; `instruments:SPOT` and `status:` have no instrument."""
    keys = (argument.get(name) for name in ("instId", "instFamily", "instType"))
    key = next((key for key in keys if key), "")
    return f"{argument['channel']}:{key}"


def _id_of(request: Message) -> str | None:
    written = request.get("id")
    return written if isinstance(written, str) and written else None


def _object(written: str) -> Message | None:
    """The JSON object that a message is, None where it is none."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
