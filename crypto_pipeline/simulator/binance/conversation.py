"""Binance's end of a websocket connection.

What belongs here: what is answered to a request, the envelope, the order of everything. What does
not: reading requests (`requests.py`), deadlines (`pulse.py`), feeds (`streams.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.pulse import TOO_MANY_MESSAGES, End, Pulse
from crypto_pipeline.simulator.binance.requests import Asked, SpeechError, read
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import Feed, FeedSource, Frame
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions
from crypto_pipeline.simulator.wire.line import Conversation, Line

MOST_STREAMS = 1024
"""That one connection may listen to."""
_SHUTDOWN = "!serverShutdown"
_ENVELOPE = b'{"stream":'


class BinanceConversation(Conversation):
    """One connection.

    Args:
        line: the connection.
        dialect: spot or perpetuals.
        clock: the simulated time.
        feeds: what streams there are.
        base: which of the perpetuals' bases was connected to, empty on spot.
        combined: whether frames carry their stream's name.
    """

    def __init__(
        self,
        line: Line,
        dialect: Dialect,
        clock: SimulatorClock,
        feeds: FeedSource,
        base: str,
        *,
        combined: bool,
    ) -> None:
        super().__init__(line)
        self.dialect, self.clock, self.feeds, self.base = dialect, clock, feeds, base
        self.combined = combined
        self.names: dict[str, None] = {}
        self._subscriptions = Subscriptions(clock, line)
        self._pulse = Pulse(dialect)

    def open(self, names: Sequence[str]) -> None:
        """Subscribe to the streams that the connection's URL names."""
        for name in names:
            self._subscribe(name)

    def hear(self, message: str | bytes) -> None:
        """Answer one request."""
        if not self._bearable():
            return
        try:
            self._do(read(message))
        except SpeechError as error:
            self.line.send(Frame(error.text()))

    def hear_ping(self, _: bytes) -> None:
        """Count it."""
        self._bearable()

    def hear_pong(self, payload: bytes) -> None:
        """Count it, and know that the client lives."""
        if self._bearable():
            self._pulse.ponged(payload)

    def tick(self) -> None:
        """Send what is due; end what has to end."""
        age = self.line.age()
        if self._pulse.ping_due(age):
            payload = str(self.clock.now_ms()).encode()
            self._pulse.pinged(age, payload)
            self.line.ping(payload)
        if not self._pulse.announced and self.line.fault("shutdown_notice"):
            self._pulse.announce(age)
            self._announce()
        frames = self._subscriptions.advance()
        if frames:
            self.line.send(*frames)
        self._end_in_time(age)

    def _end_in_time(self, age: float) -> None:
        limited = self.line.limited()
        if limited and self._pulse.notice_due(age):
            self._announce()
        end = self._pulse.end(age, limited=limited)
        if end is not None:
            self._end(end)

    def _announce(self) -> None:
        text = b'{"e":"serverShutdown","E":%d}' % self.clock.now_ms()
        self.line.send(Frame(enveloped(text, _SHUTDOWN) if self.combined else text))

    def _bearable(self) -> bool:
        """Count one frame of the client; whether the connection goes on."""
        if self._pulse.heard(self.line.age()) or not self.line.limited():
            return True
        self._end(TOO_MANY_MESSAGES)
        return False

    def _end(self, end: End) -> None:
        if end.violation:
            self.line.violate()
        self.line.close(end.code, end.reason)

    def _do(self, asked: Asked) -> None:
        if asked.method == "SUBSCRIBE":
            self._subscribe_all(asked)
            return
        result: object = None
        if asked.method == "UNSUBSCRIBE":
            for name in asked.names:
                self.names.pop(name, None)
                self._subscriptions.remove(name)
        elif asked.method == "LIST_SUBSCRIPTIONS":
            result = list(self.names)
        elif asked.method == "SET_PROPERTY":
            self.combined = asked.value
        else:
            result = self.combined
        self.line.send(Frame(asked.reply(result)))

    def _subscribe_all(self, asked: Asked) -> None:
        """Acknowledge, then begin; all or nothing."""
        new = [name for name in dict.fromkeys(asked.names) if name not in self.names]
        if len(self.names) + len(new) > MOST_STREAMS and self.line.limited():
            self.line.violate()
            raise SpeechError(2, "Invalid request: too many streams")
        if any(self.line.fault("refuse_subscription", *named(name)) for name in asked.names):
            raise SpeechError(2, "Invalid request: invalid stream")
        self.line.send(Frame(asked.reply(None)))
        for name in new:
            self._subscribe(name)

    def _subscribe(self, name: str) -> None:
        """Begin a stream; an unknown one stays silent."""
        self.names[name] = None
        feed = self.feeds.feed(name, self.base)
        if feed is None or self.line.fault("ack_without_data", *named(name)):
            return
        opening = self._subscriptions.add(name, _Enveloped(feed, name, lambda: self.combined))
        if opening:
            self.line.send(*opening)


class _Enveloped(Feed):
    """A feed whose frames carry the stream's name where the connection is combined.

    Recorded frames may carry it already; then it is what was recorded, or is taken off.
    """

    def __init__(self, feed: Feed, name: str, combined: Callable[[], bool]) -> None:
        self.feed, self.name, self.combined = feed, name, combined
        self.firehose = feed.firehose

    def opening(self, now: int) -> Sequence[Frame]:
        """As the feed, dressed."""
        return self._dressed(self.feed.opening(now))

    def until(self, now: int) -> Sequence[Frame]:
        """As the feed, dressed."""
        return self._dressed(self.feed.until(now))

    def _dressed(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        if not frames:
            return frames
        if frames[0].text.startswith(_ENVELOPE):
            if self.combined():
                return frames
            return [replace(frame, text=bared(frame.text)) for frame in frames]
        if not self.combined():
            return frames
        head = enveloped(b"", self.name)[:-1]
        return [
            Frame(head + frame.text + b"}", frame.at, frame.channel, frame.symbol)
            for frame in frames
        ]


def enveloped(payload: bytes, stream: str) -> bytes:
    """A payload as combined connections get it."""
    return b'{"stream":"%b","data":%b}' % (stream.encode(), payload)


def bared(text: bytes) -> bytes:
    """The payload of a frame with its envelope."""
    return text[text.index(b'"data":') + 7 : text.rindex(b"}")].strip()


def named(stream: str) -> tuple[str, str]:
    """Channel and symbol of a stream, for fault rules."""
    symbol, at, channel = stream.partition("@")
    if not at or symbol.startswith("!"):
        return stream, ""
    return channel, symbol.upper()
