"""OKX's captured session of 2022 replayed: to the requests of the client that recorded it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.simulator.okx.books import crc32
from crypto_pipeline_tests.simulated import SimulatorProcess, Talk, simulator

HOST, PATH = "ws.okx.com:8443", "/ws/v5/public"
CAPTURE = "cryptofeed/OKX.ws.1.0"
SYMBOLS = ("BTC-USD-220527", "UNI-USD-SWAP", "BTC-USDT")
Message = dict[str, Any]
Levels = dict[str, str]
"""Size by price, as sent."""

pytestmark = pytest.mark.real_data


@pytest.fixture
def session(real_data: Path) -> Iterator[SimulatorProcess]:
    """The captured session, as fast as its readers, and none other."""
    with simulator(recordings=real_data / CAPTURE, replay_speed="fast") as running:
        yield running


@lru_cache(maxsize=1)
def captured(real_data: Path) -> tuple[list[str], list[str]]:
    """What the client said and what it heard, in order."""
    said: list[str] = []
    heard: list[str] = []
    for line in (real_data / CAPTURE).read_text("utf-8").splitlines():
        head, found, text = line.partition(": ")
        if found:
            (said if head.startswith("wss:") else heard).append(text)
    return said, heard


@contextmanager
def subscribed(running: SimulatorProcess, *channels: str) -> Iterator[Talk]:
    """A connection that asked for these channels of all captured symbols, the acks heard."""
    args = [{"channel": channel, "instId": symbol} for channel in channels for symbol in SYMBOLS]
    with running.socket(HOST, PATH) as talk:
        talk.say({"op": "subscribe", "args": args})
        for arg in args:
            ack = talk.hear()
            assert (ack["event"], ack["arg"]) == ("subscribe", arg)
        yield talk


class Books:
    """Books kept by what was sent, without a look at their checksums."""

    def __init__(self) -> None:
        self._sides: dict[str, dict[str, Levels]] = {}

    def agrees(self, message: Message) -> bool:
        """Take a message over; whether its checksum is that of the book it leads to."""
        symbol, [data] = message["arg"]["instId"], message["data"]
        if message["action"] == "snapshot":
            self._sides[symbol] = {"bids": {}, "asks": {}}
        book = self._sides[symbol]
        for side, levels in book.items():
            levels.update({price: size for price, size, *_ in data[side]})
            book[side] = {price: size for price, size in levels.items() if size != "0"}
        bids, asks = (_sorted(book[side], side) for side in ("bids", "asks"))
        return bool(crc32(bids, asks) == data["checksum"])


def _sorted(levels: Levels, side: str) -> list[tuple[str, str]]:
    return sorted(levels.items(), key=lambda level: Decimal(level[0]), reverse=side == "bids")


def data_of(talk: Talk, channel: str, count: int) -> list[Message]:
    """The next messages of a channel, others left out."""
    found: list[Message] = []
    while len(found) < count:
        heard = talk.hear_until(lambda each: "data" in each and each["arg"]["channel"] == channel)
        found.append(heard[-1])
    return found


def test_replay_given_the_captured_requests_says_what_was_heard(
    session: SimulatorProcess, real_data: Path
) -> None:
    requests, heard = captured(real_data)
    with session.socket(HOST, PATH) as talk:
        for request in requests:
            talk.say(request)
        got = [str(talk.connection.recv(timeout=10)) for _ in heard]

    frames = [text for text in heard if '"event"' not in text]
    assert [text for text in got if '"event"' not in text] == frames
    acks = [json.loads(text) for text in got if '"event"' in text]
    assert [{**ack, "connId": ""} for ack in acks] == [
        {**json.loads(text), "connId": ""} for text in heard if '"event"' in text
    ]
    assert len({ack["connId"] for ack in acks}) == 1


def test_replay_given_the_captured_books_keeps_every_checksum(session: SimulatorProcess) -> None:
    books = Books()
    with subscribed(session, "books") as talk:
        agreed = [books.agrees(message) for message in data_of(talk, "books", 290)]
    assert agreed == [True] * 290


def test_replay_given_a_wrong_checksum_spoils_that_one_alone(session: SimulatorProcess) -> None:
    session.post_faults([{"kind": "wrong_book_checksum", "times": 1, "after": 10}])
    books = Books()
    with subscribed(session, "books") as talk:
        agreed = [books.agrees(message) for message in data_of(talk, "books", 100)]
    assert agreed == [True] * 10 + [False] + [True] * 89


def test_replay_given_a_lost_frame_leaves_checksums_that_do_not_agree(
    session: SimulatorProcess,
) -> None:
    rule = {"kind": "sequence_gap", "times": 1, "after": 20, "symbol": "BTC-USDT"}
    session.post_faults([rule])
    books = Books()
    with subscribed(session, "books") as talk:
        agreed = [books.agrees(message) for message in data_of(talk, "books", 200)]
    assert all(agreed[:20])
    assert not all(agreed)


@pytest.mark.parametrize(
    ("channel", "symbol"),
    [
        ("books", "ETH-USDT"),
        ("books5", "BTC-USDT"),
        ("candle1m", "BTC-USDT"),
        ("funding-rate", "BTC-USDT-SWAP"),
    ],
)
def test_replay_given_a_stream_that_was_not_recorded_refuses_it(
    session: SimulatorProcess, channel: str, symbol: str
) -> None:
    with session.socket(HOST, PATH) as talk:
        talk.say({"op": "subscribe", "args": [{"channel": channel, "instId": symbol}]})
        error = talk.hear()
    assert (error["event"], error["code"]) == ("error", "60018")
    assert f"channel:{channel},instId:{symbol} doesn't exist" in error["msg"]


def test_replay_given_an_unsubscription_sends_no_more_of_that_stream(real_data: Path) -> None:
    with (
        simulator(recordings=real_data / CAPTURE, speed=0.0) as standing,
        subscribed(standing, "books", "trades") as talk,
    ):
        standing.set_clock("2022-05-13T16:27:07Z")
        before = channels_until_pong(talk)
        args = [{"channel": "books", "instId": symbol} for symbol in SYMBOLS]
        talk.say({"op": "unsubscribe", "args": args})
        assert [talk.hear()["arg"] for _ in args] == args
        standing.set_clock("2022-05-13T16:27:17Z")
        after = channels_until_pong(talk)
    assert (before["books"], before["trades"]) == (42, 14)
    assert (after["books"], after["trades"]) == (0, 60)


def channels_until_pong(talk: Talk) -> Counter[str]:
    """How many messages of each channel are on their way; a ping is answered after them."""
    first = talk.hear()
    talk.say("ping")
    *rest, _ = talk.hear_until(lambda each: each == "pong")
    return Counter(each["arg"]["channel"] for each in [first, *rest])
