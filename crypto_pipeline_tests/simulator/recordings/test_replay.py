"""Recorded streams as feeds: order, continuation, what a stream's name finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.recordings.folder import Recorded, open_recordings
from crypto_pipeline.simulator.recordings.formats import capture_line
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions

SECOND = 1_000_000
START = 1_723_161_600 * SECOND


def frame(stream: str, number: int) -> bytes:
    return b'{"stream":"%b","data":{"t":%d}}' % (stream.encode(), number)


def write(path: Path, *entries: tuple[int, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(capture_line(at * 1000, text) for at, text in entries))


@contextmanager
def recorded(folder: Path) -> Iterator[Recorded]:
    with open_recordings(folder) as found:
        yield found


def taken(found: Recorded, stream: str, *instants: int, base: str = "") -> list[list[bytes]]:
    """What a feed opened at the first instant gives at each of the others."""
    feed = found.feeds("binance").feed(stream, base)
    assert feed is not None
    feed.opening(instants[0])
    return [[each.text for each in feed.until(instant)] for instant in instants[1:]]


def test_until_given_instants_gives_the_frames_received_by_then(tmp_path: Path) -> None:
    entries = [(START + n * SECOND, frame("btcusdt@trade", n)) for n in range(5)]
    write(tmp_path / "a", *entries)
    with recorded(tmp_path) as found:
        got = taken(found, "btcusdt@trade", START, START, START + SECOND, START + 9 * SECOND)
    texts = [text for _, text in entries]
    assert got == [texts[:1], texts[1:2], texts[2:]]


def test_opening_given_a_later_instant_starts_with_the_frame_received_then(tmp_path: Path) -> None:
    entries = [(START + n * SECOND, frame("btcusdt@trade", n)) for n in range(5)]
    write(tmp_path / "a", *entries)
    with recorded(tmp_path) as found:
        got = taken(found, "btcusdt@trade", START + 3 * SECOND, START + 9 * SECOND)
    assert got == [[frame("btcusdt@trade", 3), frame("btcusdt@trade", 4)]]


def test_until_given_files_that_continue_one_another_is_one_session(tmp_path: Path) -> None:
    first = [(START - 3 * SECOND + n, frame("btcusdt@trade", n)) for n in range(3)]
    second = [(START + n, frame("btcusdt@trade", 3 + n)) for n in range(3)]
    write(tmp_path / "btcusdt_20240809", *second)
    write(tmp_path / "btcusdt_20240808", *first)
    with recorded(tmp_path) as found:
        got = taken(found, "btcusdt@trade", START - 4 * SECOND, START + SECOND)
    assert got == [[frame("btcusdt@trade", n) for n in range(6)]]


def test_until_given_files_of_the_same_time_does_not_repeat_it(tmp_path: Path) -> None:
    write(tmp_path / "a", *[(START + n, frame("btcusdt@trade", n)) for n in range(4)])
    write(tmp_path / "b", *[(START + n, frame("btcusdt@trade", n)) for n in range(2, 7)])
    with recorded(tmp_path) as found:
        got = taken(found, "btcusdt@trade", START, START + SECOND)
    assert got == [[frame("btcusdt@trade", n) for n in range(7)]]


def test_advance_given_several_streams_keeps_the_recorded_order(tmp_path: Path) -> None:
    streams = ("btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@0ms")
    entries = [(START + n // 7, frame(streams[n * 7 // 3 % 3], n)) for n in range(30_000)]
    write(tmp_path / "a", *entries)
    clock = SimulatorClock(EPOCH + timedelta(microseconds=START), speed=0)
    subscriptions = Subscriptions(clock)
    with recorded(tmp_path) as found:
        for stream in reversed(streams):
            feed = found.feeds("binance").feed(stream, "")
            assert feed is not None
            subscriptions.add(stream, feed)
        clock.set(EPOCH + timedelta(microseconds=START + SECOND), 0)
        got = [each.text for each in subscriptions.advance()]
    assert got == [text for _, text in entries]


def test_feed_given_another_cadence_finds_the_recorded_one(tmp_path: Path) -> None:
    write(tmp_path / "a", (START, frame("btcusdt@depth@0ms", 1)))
    with recorded(tmp_path) as found:
        assert taken(found, "btcusdt@depth@100ms", START, START) == [
            [frame("btcusdt@depth@0ms", 1)]
        ]
        assert found.feeds("binance").feed("btcusdt@depth5@100ms", "") is None


def test_feed_given_the_same_name_on_spot_and_futures_tells_them_by_base(tmp_path: Path) -> None:
    write(tmp_path / "spot" / "a", (START, frame("btcusdt@trade", 1)))
    write(tmp_path / "usdm" / "a", (START, frame("btcusdt@trade", 2)))
    with recorded(tmp_path) as found:
        assert taken(found, "btcusdt@trade", START, START) == [[frame("btcusdt@trade", 1)]]
        for base in ("/public", "/market", "/"):
            got = taken(found, "btcusdt@trade", START, START, base=base)
            assert got == [[frame("btcusdt@trade", 2)]]


@pytest.mark.parametrize(
    ("exchange", "text", "stream", "base"),
    [
        ("okx", b'{"arg":{"channel":"books","instId":"B"}}', "books:B", "/public"),
        ("bybit", b'{"topic":"trade.BCHUSDT"}', "trade.BCHUSDT", "/v5/public/linear"),
        ("coinbase", b'{"type":"match","product_id":"B"}', "matches:B", "exchange"),
        ("coinbase", b'{"type":"l2update","product_id":"B"}', "level2_batch:B", "exchange"),
        ("coinbase", b'{"type":"ticker","product_id":"B"}', "ticker_1000:B", "exchange"),
        ("coinbase", b'{"type":"status","products":[]}', "status", "exchange"),
        ("coinbase", b'{"channel":"status","events":[]}', "status:B", "advanced"),
        ("coinbase", b'{"channel":"l2_data","e":[{"product_id":"B"}]}', "level2:B", "advanced"),
    ],
)
def test_feed_given_a_stream_of_each_exchange_gives_its_frames(
    tmp_path: Path, exchange: str, text: bytes, stream: str, base: str
) -> None:
    write(tmp_path / "a", (START, text))
    with recorded(tmp_path) as found:
        feed = found.feeds(exchange).feed(stream, base)
        assert feed is not None
        feed.opening(START)
        assert [each.text for each in feed.until(START)] == [text]
        others = {"binance", "okx", "bybit", "coinbase"} - {exchange}
        assert [found.feeds(other).feed(stream, base) for other in others] == [None, None, None]


def test_feed_given_a_stream_tells_channel_and_symbol_for_faults(tmp_path: Path) -> None:
    write(tmp_path / "a", (START, frame("btcusdt@trade", 1)))
    with recorded(tmp_path) as found:
        feed = found.feeds("binance").feed("btcusdt@trade", "")
        assert feed is not None
        feed.opening(START)
        (only,) = feed.until(START)
    assert (only.channel, only.symbol, only.at) == ("trade", "BTCUSDT", START)
