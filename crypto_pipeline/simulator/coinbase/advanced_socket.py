"""Subscribing on advanced-trade-ws.coinbase.com.

What belongs here: channels, acknowledgements, refusals, sequence numbers and limits. What does not:
what channels deliver (`advanced_feeds.py`).

A message names one channel and its products. The acknowledgement follows the first frames, and
names everything that the connection holds. Every message but an error carries the connection's
next sequence number, whatever its channel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.coinbase.advanced_frames import Event, enveloped, error, message
from crypto_pipeline.simulator.coinbase.conversation import (
    NORMAL_CLOSURE,
    CoinbaseConversation,
    CoinbaseSocket,
    Message,
    RefusedError,
    texts,
)
from crypto_pipeline.simulator.coinbase.products import shared_book
from crypto_pipeline.simulator.coinbase.refusals import plain_refusal
from crypto_pipeline.simulator.streams.feeds import Feed, FeedSource, Frame
from crypto_pipeline.simulator.streams.subscriptions import Tap
from crypto_pipeline.simulator.wire.answers import Answer, compact
from crypto_pipeline.simulator.wire.limits import RollingWindow
from crypto_pipeline.simulator.wire.line import Conversation, Line
from crypto_pipeline.simulator.wire.rules import Rules

CONNECTIONS_PER_SECOND = 8
MESSAGES_PER_SECOND = 8
LONGEST_SILENCE = 75.0
"""Seconds without a frame after which a connection is closed; the venue says 60 to 90."""

HEARTBEATS = "heartbeats"
_WITH_KEY = ("user", "futures_balance_summary")
_OPEN = ("market_trades", "level2", "ticker", "ticker_batch", "candles", "status", HEARTBEATS)


class AdvancedConversation(CoinbaseConversation):
    """One connection.

    Args:
        line: the connection.
        host: what was connected to.
    """

    def __init__(self, line: Line, host: CoinbaseSocket) -> None:
        self._sequence, self._spoke = 0, 0.0
        super().__init__(line, host)

    def tap(self) -> Tap:
        """The connection, behind the envelope."""
        return _EnvelopingTap(self.line, self.whole)

    def tick(self) -> None:
        """Send what is due; close a connection that was silent for long without heartbeats."""
        super().tick()
        silence = self.line.age() - self._spoke
        quiet = self.channels and HEARTBEATS not in self.channels
        if quiet and silence > LONGEST_SILENCE and self.line.limited():
            self.channels = {}
            self.line.close(NORMAL_CLOSURE)

    def tell(self, frames: Sequence[Frame]) -> None:
        """Send frames of feeds, events as whole messages."""
        if frames:
            self._spoke = self.line.age()
            super().tell([self.whole(frame) for frame in frames])

    def whole(self, frame: Frame) -> Frame:
        """An event with its envelope; a recorded frame as it is."""
        return enveloped(frame, self._number()) if isinstance(frame, Event) else frame

    def subscribe(self, request: Message) -> None:
        """Begin what is asked for, then acknowledge it; or refuse all of it."""
        try:
            channel, products = _asked(request)
            begun = [(each, self._feed(channel, each)) for each in products]
        except RefusedError as refused:
            self.say(error(str(refused)))
            return
        for product, feed in begun:
            self._begin(channel, product, feed)
        self._acknowledge()

    def unsubscribe(self, request: Message) -> None:
        """End the channel's products, all of them where none is named; acknowledge what is left."""
        try:
            channel, products = _asked(request, ending=True)
        except RefusedError as refused:
            self.say(error(str(refused)))
            return
        for product in [*self.channels.get(channel, [])]:
            if not products or product in products:
                self.subscriptions.remove(f"{channel}:{product}")
                self.channels[channel].remove(product)
        if not self.channels.get(channel, [""]):
            del self.channels[channel]
        self._acknowledge()

    def refuse_malformed(self) -> None:
        """It is no JSON object."""
        self.say(error("failed to parse message"))

    def refuse_type(self) -> None:
        """It neither subscribes nor unsubscribes."""
        self.say(error("type must be subscribe or unsubscribe"))

    def refuse_many(self) -> None:
        """It is not taken."""
        self.say(error("rate limit exceeded"))

    def _feed(self, channel: str, product: str) -> Feed:
        stream = channel if channel == HEARTBEATS else f"{channel}:{product}"
        feed = self.feeds.feed(stream, "advanced")
        if feed is None:
            raise RefusedError(_reason(channel, product))
        if self.line.fault("refuse_subscription", channel, product):
            raise RefusedError(f"{channel} is not available")
        return feed

    def _begin(self, channel: str, product: str, feed: Feed) -> None:
        if product in self.channels.setdefault(channel, []):
            return
        self.channels[channel].append(product)
        if not self.line.fault("ack_without_data", channel, product):
            self.tell(self.subscriptions.add(f"{channel}:{product}", feed))

    def _acknowledge(self) -> None:
        held, now = compact({"subscriptions": self.channels}), self.clock.now_us()
        self.say(message("subscriptions", now, self._number(), held))

    def _number(self) -> int:
        """The next sequence number."""
        self._sequence += 1
        return self._sequence - 1


class _EnvelopingTap:
    """A connection whose firehose sends whole messages."""

    def __init__(self, line: Line, whole: Callable[[Frame], Frame]) -> None:
        self._line, self._whole = line, whole

    def pours(self) -> bool:
        """Whether the connection does."""
        return self._line.pours()

    def hose(self, frames: Sequence[Frame]) -> Callable[[], None]:
        """The frames with their envelopes, numbered once."""
        return self._line.hose([self._whole(frame) for frame in frames])


class AdvancedSocket(CoinbaseSocket):
    """The websocket host.

    Args:
        clock: the market's time.
        rules: whether limits are enforced.
        feeds: where the channels come from.
    """

    def __init__(self, clock: SimulatorClock, rules: Rules, feeds: FeedSource) -> None:
        connections = RollingWindow(rules, CONNECTIONS_PER_SECOND, 1)
        messages = RollingWindow(rules, MESSAGES_PER_SECOND, 1)
        super().__init__(clock, feeds, connections, messages)

    def conversation(self, line: Line) -> Conversation:
        """One that puts envelopes around events."""
        return AdvancedConversation(line, self)

    def refusal(self) -> Answer:
        """Plain text."""
        return plain_refusal(429, "Too Many Requests")


def _reason(channel: str, product: str) -> str:
    if channel in _WITH_KEY:
        return "authentication failure"
    return f"{product} is not a valid product" if channel in _OPEN else "channel is not valid"


def _asked(request: Message, *, ending: bool = False) -> tuple[str, list[str]]:
    """The channel and the products of a message; those in USDC as those whose book they share.

    Raises:
        RefusedError: they are not readable, or there is no product where one has to be.
    """
    channel, products = request.get("channel"), texts(request.get("product_ids") or [])
    if not isinstance(channel, str) or not channel:
        raise RefusedError("channel is not valid")
    if products is None:
        raise RefusedError("product_ids has to be a list of product ids")
    if channel == HEARTBEATS:
        return channel, [HEARTBEATS]
    if not products and not ending:
        if channel in _OPEN:
            raise RefusedError("no product_ids provided")
        products = [""]
    return channel, list(dict.fromkeys(map(shared_book, products)))
