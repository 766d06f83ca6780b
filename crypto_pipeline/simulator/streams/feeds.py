"""Frames and feeds: what one subscription delivers over time.

What belongs here: their shapes, and the instants of a cadence. What does not: an exchange's
messages, connections, sockets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Frame:
    """One websocket message to a client.

    Attributes:
        text: the payload, UTF-8.
        at: simulated µs since the epoch at which it is due.
        channel: the exchange's name of the channel, for fault rules; empty for acks and the like.
        symbol: the exchange's symbol, for fault rules; empty where it has none.
    """

    text: bytes
    at: int = 0
    channel: str = ""
    symbol: str = ""


class Feed(ABC):
    """What one subscription of one connection delivers.

    A feed remembers how far it got; instants are simulated µs since the epoch. `opening` may be
    called again, with any instant: the feed then starts anew from there.

    Attributes:
        firehose: whether its frames are poured where the firehose is on; feeds of trades are.
    """

    firehose: bool = False

    @abstractmethod
    def opening(self, now: int) -> Sequence[Frame]:
        """Start at `now`: the frames that a subscription begins with (a snapshot), often none."""

    @abstractmethod
    def until(self, now: int) -> Sequence[Frame]:
        """The frames due after the last call's instant, up to and with `now`, ascending by `at`."""


class FeedSource(Protocol):
    """Where the websockets of a host take their feeds from: the synthetic market or recordings."""

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of a stream, None where there is no such stream.

        Args:
            stream: the exchange's own name: `btcusdt@depth@100ms` on Binance, `books:BTC-USDT`
                (channel:instId) on OKX, `orderbook.50.BTCUSDT` on Bybit, `level2:BTC-USD`
                (channel:product) on both of Coinbase.
            base: which of a host's bases was connected to (`/market`, `/public`, `/business`,
                `/v5/public/linear`), empty where there is one; Coinbase passes which of its
                websockets was connected to, `advanced` or `exchange`.
        """


def instants(after: int, until: int, step: int) -> range:
    """The instants of a cadence in (after, until], all in µs."""
    return range((after // step + 1) * step, until + 1, step)
