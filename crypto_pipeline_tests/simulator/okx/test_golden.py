"""The same seed gives the same bytes: digests of each kind of message, in golden.json.

They hold for the numpy version that the lock pins. Whoever changes a message on purpose writes the
new ones down: the failure shows them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx.feeds import OkxFeeds
from crypto_pipeline.simulator.okx.hosts import hosts
from crypto_pipeline.simulator.okx.marks import QuoteBars
from crypto_pipeline.simulator.okx.tickers import Tickers
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
START = 1_739_190_870_000_000
MINUTE = 60_000_000
SECONDS = {"books": 10, "books5": 10, "bbo-tbt": 10, "tickers": 10}
"""How much of a channel that says a lot is taken; of the others a minute."""


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    """The market of seed 7."""
    return SyntheticMarket(7)


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
    if not parts.path.endswith(".zip"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def delivered(market: SyntheticMarket, stream: str) -> bytes:
    """The frames of some simulated time of a channel, with real checksums."""
    base, _, channel = stream.partition(" ")
    tickers = Tickers(market, QuoteBars(market))
    feeds = OkxFeeds(market, clock(), Rules(okx_checksum=True), tickers)
    feed = feeds.feed(channel, base)
    assert feed is not None
    length = SECONDS.get(channel.partition(":")[0], 60) * 1_000_000
    frames = [*feed.opening(START), *feed.until(START + length)]
    return b"\n".join(frame.text for frame in frames)


@pytest.mark.parametrize("url", [name for name in GOLDEN if "okx.com/" in name])
def test_an_answer_given_its_seed_is_the_same_everywhere(market: SyntheticMarket, url: str) -> None:
    assert digest(answered(market, url)) == GOLDEN[url]


@pytest.mark.parametrize("stream", [name for name in GOLDEN if name.startswith("/")])
def test_a_channel_given_its_seed_is_the_same_everywhere(
    market: SyntheticMarket, stream: str
) -> None:
    assert digest(delivered(market, stream)) == GOLDEN[stream]
