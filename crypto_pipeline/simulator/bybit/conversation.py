"""One client's websocket connection to Bybit.

What belongs here: what is understood, accepted, refused and when the connection ends. What does
not: the words (`acks.py`), the data (`feeds.py`).
"""

from __future__ import annotations

import json
from math import isfinite

from crypto_pipeline.simulator.bybit.acks import ALREADY, INVALID_OP, NOT_FOUND, Speech
from crypto_pipeline.simulator.bybit.book_feed import BookFeed
from crypto_pipeline.simulator.bybit.categories import SPOT
from crypto_pipeline.simulator.bybit.limits import ConnectLimits
from crypto_pipeline.simulator.bybit.ticker_feed import CHANNEL as TICKERS
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import Feed, FeedSource, Frame
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions
from crypto_pipeline.simulator.wire.line import Conversation, Line

MOST_ARGS_OF_SPOT = 10
MOST_ARGS_CHARACTERS = 21_000
IDLE_SECONDS = 600.0
GONE = 1006


class BybitConversation(Conversation):
    """The server's end of one connection.

    Args:
        line: the connection.
        speech: how it is spoken to.
        feeds: where the topics come from, which decides which there are.
        base: the path that was connected to.
        clock: the simulated time.
        limits: of connections, told when this one ends.
    """

    def __init__(
        self,
        line: Line,
        speech: Speech,
        feeds: FeedSource,
        base: str,
        clock: SimulatorClock,
        limits: ConnectLimits,
    ) -> None:
        super().__init__(line)
        self.limits = limits
        self.speech, self.feeds, self.base, self.clock = speech, feeds, base, clock
        self._subscriptions = Subscriptions(clock, line)
        self._books: dict[tuple[str, str], BookFeed] = {}
        self._silent: set[str] = set()
        self._traffic_at = 0.0

    def hear(self, message: str | bytes) -> None:
        """Take a request; what is none gets an error, and the connection stays open."""
        self._traffic_at = self.line.age()
        written = message if isinstance(message, str) else message.decode(errors="replace")
        request = _object(written)
        if request is None:
            self._say(self.speech.undecodable(written))
            return
        op = request.get("op")
        if op == "ping":
            self._say(self.speech.pong(request, self.clock.now_ms()))
        elif op in ("subscribe", "unsubscribe"):
            self._change(str(op), request, written)
        else:
            self._say(self.speech.refusal(INVALID_OP, op if isinstance(op, str) else "", request))

    def tick(self) -> None:
        """Send what is due; end a connection on which nothing was said for ten minutes."""
        frames = self._subscriptions.advance()
        if frames:
            self._traffic_at = self.line.age()
            self.line.send(*frames)
            self._reset_books(frames)
        elif self.line.limited() and not self.line.pours() and self._idle() > IDLE_SECONDS:
            self.line.close(GONE)

    def _idle(self) -> float:
        """Seconds since anything was heard or sent."""
        return self.line.age() - self._traffic_at

    def ended(self) -> None:
        """Make room for another connection."""
        self.limits.closed(self.line.client, self.speech.name)

    def _reset_books(self, frames: list[Frame]) -> None:
        """Let the service of a book restart after one of its frames, where a fault says so."""
        for frame in frames:
            book = self._books.get((frame.channel, frame.symbol))
            if book is not None and self.line.fault("book_reset", frame.channel, frame.symbol):
                book.restart()

    def _change(self, op: str, request: dict[str, object], written: str) -> None:
        topics = request.get("args", [])
        if not isinstance(topics, list) or not all(isinstance(each, str) for each in topics):
            self._say(self.speech.undecodable(written))
        elif op == "subscribe":
            self._subscribe(topics, request)
        else:
            self._unsubscribe(topics, request)

    def _subscribe(self, topics: list[str], request: dict[str, object]) -> None:
        """All of the topics, or none where one of them cannot be had."""
        message, refused, found = self._oversized(topics), "", dict[str, Feed]()
        for topic in [] if message else topics:
            problem = self._problem(topic, found)
            if problem:
                message, refused = problem + topic, topic
                break
        if message:
            self._say(self.speech.refusal(message, "subscribe", request, refused))
            return
        # Data of a ticker may come before the ack, and here always does.
        early, late = list[Frame](), list[Frame]()
        for topic, feed in found.items():
            (early if _channel(topic)[0] == TICKERS else late).extend(self._add(topic, feed))
        self.line.send(*early, Frame(self.speech.ack("subscribe", request)), *late)

    def _problem(self, topic: str, found: dict[str, Feed]) -> str:
        """What is wrong with a topic, empty where nothing is: then its feed is among `found`."""
        channel, symbol = _channel(topic)
        if topic in self._subscriptions or topic in self._silent or topic in found:
            return ALREADY
        feed = self.feeds.feed(topic, self.base)
        if feed is None or self.line.fault("refuse_subscription", channel, symbol):
            return NOT_FOUND
        found[topic] = feed
        return ""

    def _add(self, topic: str, feed: Feed) -> list[Frame]:
        channel, symbol = _channel(topic)
        if self.line.fault("ack_without_data", channel, symbol):
            self._silent.add(topic)
            return []
        if isinstance(feed, BookFeed):
            self._books[channel, symbol] = feed
        return self._subscriptions.add(topic, feed)

    def _oversized(self, topics: list[str]) -> str:
        """What is wrong with the number or length of topics, empty where nothing is."""
        if not self.line.limited():
            return ""
        if self.speech.name == SPOT.name and len(topics) > MOST_ARGS_OF_SPOT:
            self.line.violate()
            return f"args size >{MOST_ARGS_OF_SPOT}"
        held = [*self._subscriptions.keys(), *self._silent, *topics]
        if sum(len(topic) for topic in held) > MOST_ARGS_CHARACTERS:
            self.line.violate()
            return f"args length >{MOST_ARGS_CHARACTERS}"
        return ""

    def _unsubscribe(self, topics: list[str], request: dict[str, object]) -> None:
        for topic in topics:
            self._subscriptions.remove(topic)
            self._silent.discard(topic)
            self._books.pop(_channel(topic), None)
        self._say(self.speech.ack("unsubscribe", request))

    def _say(self, reply: bytes) -> None:
        self.line.send(Frame(reply))


def _channel(topic: str) -> tuple[str, str]:
    """`orderbook.50` and `BTCUSDT` of `orderbook.50.BTCUSDT`."""
    channel, _, symbol = topic.rpartition(".")
    return channel, symbol


def _object(written: str) -> dict[str, object] | None:
    """The JSON object that a message is; None where it is none, or its `req_id` no plain value."""
    try:
        found = json.loads(written, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or isinstance(found.get("req_id"), dict | list):
        return None
    return found


def _no_number(written: str) -> float:
    """Refuse `NaN` and `Infinity`, which are no JSON."""
    raise ValueError(written)


def _finite(written: str) -> float:
    number = float(written)
    return number if isfinite(number) else _no_number(written)
