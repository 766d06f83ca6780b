"""Coinbase's logics without sockets, at an instant of one market.

What belongs here: asking them. What does not: what a test expects.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.coinbase.advanced_feeds import AdvancedFeeds
from crypto_pipeline.simulator.coinbase.exchange_feeds import ExchangeFeeds
from crypto_pipeline.simulator.coinbase.hosts import hosts
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import FeedSource, Frame
from crypto_pipeline.simulator.wire.answers import Answer, HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules

SEED = 7
MARKET = SyntheticMarket(SEED)


def traded(symbol: str, length: int, start: int, end: int) -> list[int]:
    """The candles that there are, newest first, from the market's trades alone.

    Args:
        symbol: of which product.
        length: seconds of a candle.
        start: seconds since the epoch of the first that may be, on the grid.
        end: seconds since the epoch; trades up to and with it count.
    """
    listing = MARKET.listing("coinbase", InstrumentType.SPOT, symbol)
    assert listing is not None
    trades = MARKET.trades(listing, start * 1_000_000, end * 1_000_000 + 1)
    openings = {time // 1_000_000 // length * length for time in trades.time.tolist()}
    return sorted(openings, reverse=True)


class Standing:
    """All of Coinbase while the clock stands.

    Args:
        at: µs since the epoch.
        market: what is traded.
    """

    def __init__(self, at: int, market: SyntheticMarket = MARKET) -> None:
        self.at = at
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        self.clock = SimulatorClock(now, 0.0)
        self.logics = hosts(market, self.clock, Rules(limits=False))
        view = View(market, self.clock)
        self.feeds: dict[str, FeedSource] = {
            "advanced": AdvancedFeeds(view),
            "exchange": ExchangeFeeds(view),
        }

    def get(self, host: str, path: str, **query: object) -> Answer:
        """The answer of a REST host."""
        logic = self.logics[host]
        assert isinstance(logic, HostLogic)
        return logic.answer(Request(path, {name: str(value) for name, value in query.items()}))

    def delivered(self, base: str, stream: str, seconds: float) -> list[Frame]:
        """The frames of a stream from now on, the opening ones included."""
        feed = self.feeds[base].feed(stream, base)
        assert feed is not None
        opening = feed.opening(self.at)
        return [*opening, *feed.until(self.at + int(seconds * 1_000_000))]
