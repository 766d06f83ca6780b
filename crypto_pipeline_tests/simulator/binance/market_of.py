"""The market of the tests' seed, and what Binance makes of it, without sockets.

What belongs here: that market, its listings, feeds and hosts, and one way to ask each. What does
not: what is expected of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from crypto_pipeline.simulator.binance.dialects import PERP, SPOT, Dialect
from crypto_pipeline.simulator.binance.hosts import hosts
from crypto_pipeline.simulator.binance.streams import BinanceFeeds
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.wire.answers import Answer, HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules

SEED = 7
SECOND = 1_000_000
MINUTE = 60 * SECOND
API, FAPI, ARCHIVE = "api.binance.com", "fapi.binance.com", "data.binance.vision"
BUCKET = "s3-ap-northeast-1.amazonaws.com"


@lru_cache(maxsize=1)
def market() -> SyntheticMarket:
    """The market, its caches warm after a while."""
    return SyntheticMarket(SEED)


def listing(symbol: str, dialect: Dialect = SPOT) -> Listing:
    """One symbol."""
    found = market().listing("binance", dialect.instrument_type, symbol)
    assert found is not None
    return found


class World:
    """Every host of Binance with a clock that stands where it is told."""

    def __init__(self) -> None:
        self.clock = SimulatorClock(datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC), 0.0)
        self.hosts = hosts(market(), self.clock, Rules(limits=False))

    def ask(self, host: str, url: str, at: int, headers: dict[str, str] | None = None) -> Answer:
        """A host's answer at an instant, µs since the epoch."""
        self.clock.set(datetime.fromtimestamp(at / SECOND, UTC), 0.0)
        path, _, query = url.partition("?")
        logic = self.hosts[host]
        assert isinstance(logic, HostLogic)
        return logic.answer(Request(path, dict(parse_qsl(query)), headers or {}))

    def json(self, host: str, url: str, at: int) -> Any:
        """The document of an answer of status 200."""
        answer = self.ask(host, url, at)
        assert answer.status == 200, answer
        return json.loads(answer.body)


@lru_cache(maxsize=1)
def world() -> World:
    """The hosts."""
    return World()


@lru_cache(maxsize=4)
def feeds(dialect: Dialect, per_ms: int = 1) -> BinanceFeeds:
    """The streams of spot or perpetuals."""
    return BinanceFeeds(dialect, market(), per_ms)


def frames(
    stream: str, start: int, end: int, dialect: Dialect = SPOT, base: str = "", per_ms: int = 1
) -> list[Any]:
    """The messages of a stream that is subscribed to at `start`, up to `end`, both µs."""
    feed = feeds(dialect, per_ms).feed(stream, base)
    assert feed is not None, stream
    told = [*feed.opening(start), *feed.until(end)]
    assert all(start < frame.at <= end for frame in told)
    return [json.loads(frame.text) for frame in told]


def perp_frames(stream: str, start: int, end: int) -> list[Any]:
    """As `frames`, of a perpetual's stream on the base that carries it."""
    base = next(base for base in ("/public", "/market") if feeds(PERP).feed(stream, base))
    return frames(stream, start, end, PERP, base)
