"""The same seed gives the same bytes: digests of each kind of message, in golden.json.

They hold for the numpy version that the lock pins. Whoever changes a message on purpose writes the
new ones down: the failure shows them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from gzip import decompress
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crypto_pipeline.simulator.bybit.feeds import BybitFeeds
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.hosts import hosts
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
START = 1_739_190_870_000_000
STRETCH = {"tickers": 10, "publicTrade": 120, "kline": 120, "orderbook": 10}


def clock() -> SimulatorClock:
    return SimulatorClock(datetime.fromtimestamp(START / 1_000_000, UTC), 0.0)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def answered(market: SyntheticMarket, url: str) -> bytes:
    """The body of an answer; a packed file unpacked, since packers differ between machines."""
    host, _, rest = url.partition("/")
    parts = urlsplit(f"/{rest}")
    logic = hosts(market, clock(), Rules())[host]
    assert isinstance(logic, HostLogic)
    body = logic.answer(Request(parts.path, dict(parse_qsl(parts.query)))).body
    return decompress(body) if parts.path.endswith(".gz") else body


def delivered(market: SyntheticMarket, stream: str) -> bytes:
    """The frames of some simulated seconds of a topic."""
    name, _, topic = stream.partition(" ")
    feed = BybitFeeds(market, clock(), BybitFigures(market)).feed(topic, f"/v5/public/{name}")
    assert feed is not None
    seconds = STRETCH[topic.partition(".")[0]]
    frames = [*feed.opening(START), *feed.until(START + seconds * 1_000_000)]
    return b"\n".join(frame.text for frame in frames)


@pytest.mark.parametrize("url", [name for name in GOLDEN if "bybit.com/" in name])
def test_an_answer_is_the_same_everywhere(market: SyntheticMarket, url: str) -> None:
    assert digest(answered(market, url)) == GOLDEN[url]


@pytest.mark.parametrize("stream", [name for name in GOLDEN if "bybit.com/" not in name])
def test_a_topic_is_the_same_everywhere(market: SyntheticMarket, stream: str) -> None:
    assert digest(delivered(market, stream)) == GOLDEN[stream]
