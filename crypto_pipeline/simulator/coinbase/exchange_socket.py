"""Subscribing on ws-feed.exchange.coinbase.com.

What belongs here: channels, acknowledgements, refusals and limits. What does not: what channels
deliver (`exchange_feeds.py`).

A message names channels, each as text or as an object with its own products; it is taken as a
whole or not at all. Each acknowledgement names everything that the connection holds.
"""

from __future__ import annotations

from collections import Counter

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.coinbase.conversation import (
    NORMAL_CLOSURE,
    CoinbaseConversation,
    CoinbaseSocket,
    Message,
    RefusedError,
    texts,
)
from crypto_pipeline.simulator.coinbase.exchange_frames import error
from crypto_pipeline.simulator.coinbase.refusals import exchange_refusal
from crypto_pipeline.simulator.streams.feeds import Feed, FeedSource
from crypto_pipeline.simulator.wire.answers import Answer, compact
from crypto_pipeline.simulator.wire.limits import Bucket, RollingWindow
from crypto_pipeline.simulator.wire.line import Conversation, Line
from crypto_pipeline.simulator.wire.rules import Rules

CONNECTIONS_PER_SECOND = 8
CONNECTION_BURST = 20
MESSAGES_PER_SECOND = 100
SUBSCRIPTIONS_OF_A_PRODUCT = 10
"""How often a client may hold one channel of one product, all connections together."""

_ECHOED = {"level2_batch": "level2_50", "ticker_batch": "ticker_1000"}
_WITHOUT_PRODUCT = ("status",)
_WITH_KEY = ("level2", "level3", "full", "user")
_OPEN = ("heartbeat", "ticker", "matches", "auctionfeed", "rfq_matches", *_ECHOED)
_KNOWN = (*_OPEN, *_ECHOED.values(), *_WITHOUT_PRODUCT)
_NEEDS_KEY = (
    "level2, level3, and full channels now require authentication. See "
    "https://docs.cdp.coinbase.com/exchange/docs/websocket-channels"
)

Wanted = list[tuple[str, str]]
"""Channel and product, the product empty for a channel without."""


class ExchangeConversation(CoinbaseConversation):
    """One connection.

    Args:
        line: the connection.
        host: what was connected to.
    """

    def __init__(self, line: Line, host: ExchangeSocket) -> None:
        super().__init__(line, host)
        self.held = host.held

    def subscribe(self, request: Message) -> None:
        """Acknowledge all that is asked for, then begin it; or refuse all of it."""
        try:
            wanted = self._wanted(request)
            begun = [(pair, self._feed(*pair)) for pair in wanted if not self._holds(*pair)]
        except RefusedError as refused:
            self.say(error("Failed to subscribe", str(refused)))
            return
        for (channel, product), _ in begun:
            self.channels.setdefault(echoed(channel), []).append(product)
            self.held[self._place(channel, product)] += 1
        self._acknowledge()
        for (channel, product), feed in begun:
            self._begin(channel, product, feed)

    def unsubscribe(self, request: Message) -> None:
        """End what is named, whole channels where no product is; acknowledge what is left."""
        try:
            named = _channels(request)
        except RefusedError as refused:
            self.say(error("Failed to unsubscribe", str(refused)))
            return
        for channel, products in named:
            name = echoed(channel)
            for product in [*self.channels.get(name, [])]:
                if not products or not product or product in products:
                    self._end(name, product)
        self._acknowledge()

    def ended(self) -> None:
        """Give back what the connection held."""
        for name, products in [*self.channels.items()]:
            for product in [*products]:
                self._end(name, product)

    def refuse_malformed(self) -> None:
        """It is no JSON object."""
        self.say(error("Malformed JSON"))

    def refuse_type(self) -> None:
        """It neither subscribes nor unsubscribes."""
        self.say(error("Type has to be either subscribe or unsubscribe"))

    def refuse_many(self) -> None:
        """Whoever sends too much is disconnected."""
        self.say(error("ErrSlowRead", "client is sending too many messages"))
        self.line.close(NORMAL_CLOSURE)

    def _wanted(self, request: Message) -> Wanted:
        """What is asked for, once where a channel is asked for under both its names.

        A channel without products is asked for all of the message's.
        """
        wanted: Wanted = []
        for channel, products in _channels(request):
            if channel in _WITHOUT_PRODUCT:
                wanted.append((channel, ""))
            elif not products and channel not in _WITH_KEY:
                message = "You need to specify at least one product ID for channel"
                raise RefusedError(f"{message} {channel}")
            else:
                wanted += [(channel, product) for product in products or [""]]
        return list(
            {(echoed(channel), product): (channel, product) for channel, product in wanted}.values()
        )

    def _feed(self, channel: str, product: str) -> Feed:
        """A feed, if there is one and the client may hold one more.

        Raises:
            RefusedError: there is none, or it may not.
        """
        feed = self.feeds.feed(f"{channel}:{product}" if product else channel, "exchange")
        if feed is None:
            raise RefusedError(_reason(channel, product))
        if self.line.fault("refuse_subscription", channel, product):
            raise RefusedError(f"{channel} is not available")
        held = self.held[self._place(channel, product)]
        if self.line.limited() and held >= SUBSCRIPTIONS_OF_A_PRODUCT:
            self.line.violate()
            raise RefusedError(f"Subscription limit exceeded for {channel} {product}".rstrip())
        return feed

    def _begin(self, channel: str, product: str, feed: Feed) -> None:
        if not self.line.fault("ack_without_data", channel, product):
            self.tell(self.subscriptions.add(_key(echoed(channel), product), feed))

    def _end(self, name: str, product: str) -> None:
        self.subscriptions.remove(_key(name, product))
        self.channels[name].remove(product)
        self.held[self._place(name, product)] -= 1
        if not self.channels[name]:
            del self.channels[name]

    def _holds(self, channel: str, product: str) -> bool:
        return product in self.channels.get(echoed(channel), ())

    def _place(self, channel: str, product: str) -> tuple[str, str, str]:
        return self.line.client, echoed(channel), product

    def _acknowledge(self) -> None:
        channels = [
            {"name": name, "product_ids": [each for each in products if each], "account_ids": None}
            for name, products in self.channels.items()
        ]
        self.say(compact({"type": "subscriptions", "channels": channels}))


class ExchangeSocket(CoinbaseSocket):
    """The websocket host.

    Args:
        clock: the market's time.
        rules: whether limits are enforced.
        feeds: where the channels come from.

    Attributes:
        held: how often each client holds each channel of each product, on all connections.
    """

    def __init__(self, clock: SimulatorClock, rules: Rules, feeds: FeedSource) -> None:
        connections = Bucket(rules, CONNECTION_BURST, CONNECTIONS_PER_SECOND)
        messages = RollingWindow(rules, MESSAGES_PER_SECOND, 1)
        super().__init__(clock, feeds, connections, messages)
        self.held: Counter[tuple[str, str, str]] = Counter()

    def conversation(self, line: Line) -> Conversation:
        """One that shares `held` with the others."""
        return ExchangeConversation(line, self)

    def refusal(self) -> Answer:
        """A message in JSON."""
        return exchange_refusal(429, "Too many requests")


def echoed(channel: str) -> str:
    """The name that acknowledgements give a channel."""
    return _ECHOED.get(channel, channel)


def _key(channel: str, product: str) -> str:
    return f"{channel}:{product}"


def _reason(channel: str, product: str) -> str:
    if channel in _WITH_KEY:
        return _NEEDS_KEY
    return (
        f"{product} is not a valid product"
        if channel in _KNOWN
        else f"{channel} is not a valid channel"
    )


def _channels(request: Message) -> list[tuple[str, list[str]]]:
    """The channels of a message, each with its own products or else the message's.

    Raises:
        RefusedError: there are none, or they are not readable.
    """
    channels, products = request.get("channels"), texts(request.get("product_ids") or [])
    if not isinstance(channels, list) or not channels:
        raise RefusedError("No channels provided")
    if products is None:
        raise RefusedError("product_ids has to be a list of product IDs")
    return [_channel(each, products) for each in channels]


def _channel(entry: object, products: list[str]) -> tuple[str, list[str]]:
    if isinstance(entry, str):
        return entry, products
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        own = texts(entry.get("product_ids") or [])
        if own is not None:
            return entry["name"], own or products
    raise RefusedError("Channels have to be names, or objects with a name and product IDs")
