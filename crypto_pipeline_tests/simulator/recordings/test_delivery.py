"""Whole captures through the exchanges' own conversations, to a client on a real socket."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from crypto_pipeline.simulator.recordings.captures import opened
from crypto_pipeline.simulator.recordings.formats import read_line
from crypto_pipeline.simulator.recordings.naming import stream_of
from crypto_pipeline_tests.simulated import simulator

TIMEOUT = 60.0
SPOT = ("stream.binance.com:9443", "/stream")
PERP = ("fstream.binance.com", "/public/stream")
LINEAR = ("stream.bybit.com", "/v5/public/linear")
CAPTURES = {
    "hftbacktest/spot/btcusdt_20230405.dat.gz": SPOT,
    "hftbacktest/spot/btcusdt_20240808.gz": SPOT,
    "hftbacktest/spot/btcusdt_20240809.gz": SPOT,
    "hftbacktest/spot/ethusdt_20240808.gz": SPOT,
    "hftbacktest/usdm/btcusdt_20230404.dat.gz": PERP,
    "hftbacktest/usdm/btcusdt_20230405.dat.gz": PERP,
    "hftbacktest/usdm/btcusdt_20240808.gz": PERP,
    "hftbacktest/usdm/ethusdt_20240808.gz": PERP,
    "hftbacktest/cm/btcusd_perp_20240808.gz": ("dstream.binance.com", "/stream"),
    "cryptofeed/BINANCE.ws.1.0": SPOT,
    "cryptofeed/BINANCE_FUTURES.ws.1.0": PERP,
    "cryptofeed/BYBIT.ws.25.0": LINEAR,
    "cryptofeed/BYBIT.ws.26.0": LINEAR,
    "cryptofeed/COINBASE.ws.28.0": ("ws-feed.exchange.coinbase.com", "/"),
    "cryptofeed/OKX.ws.1.0": ("ws.okx.com:8443", "/ws/v5/public"),
}


@dataclass(frozen=True)
class Played:
    """What a client was given: how many frames of streams, and the digest of their bytes."""

    frames: int
    digest: str


def played(frames: Iterable[bytes]) -> Played:
    digest, count = hashlib.sha256(), 0
    for count, frame in enumerate(frames, start=1):  # noqa: B007 - counted to the last one
        digest.update(b"%d %b\n" % (len(frame), frame))
    return Played(count, digest.hexdigest())


def recorded_frames(path: Path) -> list[bytes]:
    """Every frame of a stream in a file, in its order."""
    with opened(path) as lines:
        entries = [entry for entry in map(read_line, lines) if entry is not None]
    return [entry.body for entry in entries if not entry.url and stream_of(entry.body)]


def requests_for(host: str, streams: Sequence[str]) -> list[dict[str, object]]:
    """How a client of each exchange subscribes to these."""
    if host.endswith("okx.com:8443"):
        pairs = [stream.split(":") for stream in streams]
        args = [{"channel": channel, "instId": instrument} for channel, instrument in pairs]
        return [{"op": "subscribe", "args": args}]
    if host == "stream.bybit.com":
        return [{"op": "subscribe", "args": list(streams), "req_id": "1"}]
    if host.endswith("coinbase.com"):
        channels: dict[str, list[str]] = {}
        for channel, product in (stream.split(":") for stream in streams):
            name = "level2_batch" if channel == "level2" else channel
            channels.setdefault(name, []).append(product)
        named = [{"name": name, "product_ids": ids} for name, ids in channels.items()]
        return [{"type": "subscribe", "channels": named}]
    return [{"method": "SUBSCRIBE", "params": list(streams), "id": 1}]


async def received(url: str, host: str, streams: Sequence[str], count: int) -> list[bytes]:
    """The first frames of streams that a client gets."""
    async with ClientSession() as session, session.ws_connect(url, max_msg_size=0) as socket:
        for request in requests_for(host, streams):
            await socket.send_json(request)
        async with asyncio.timeout(TIMEOUT):
            return await _frames(socket, count)


async def _frames(socket: ClientWebSocketResponse, count: int) -> list[bytes]:
    frames: list[bytes] = []
    while len(frames) < count:
        message = await socket.receive()
        assert message.type is WSMsgType.TEXT, message
        frame = message.data.encode()
        if stream_of(frame):
            frames.append(frame)
    return frames


@pytest.mark.real_data
@pytest.mark.parametrize("name", CAPTURES)
def test_replay_given_a_capture_delivers_every_frame_byte_for_byte(
    real_data: Path, name: str
) -> None:
    host, path = CAPTURES[name]
    expected = recorded_frames(real_data / name)
    streams = sorted(set(map(stream_of, expected)))
    with simulator(recordings=real_data / name, replay_speed="fast") as running:
        url = running.endpoints[host] + path
        got = asyncio.run(received(url, host, streams, len(expected)))
    assert played(got) == played(expected)


@pytest.mark.real_data
def test_replay_given_files_that_continue_one_another_is_one_session(
    real_data: Path, tmp_path: Path
) -> None:
    source = real_data / "hftbacktest" / "usdm"
    names = ("btcusdt_20230404.dat.gz", "btcusdt_20230405.dat.gz")
    for name in names:
        (tmp_path / name).symlink_to(source / name)
    expected = [frame for name in names for frame in recorded_frames(source / name)]
    streams = sorted(set(map(stream_of, expected)))
    with simulator(recordings=tmp_path, replay_speed="fast") as running:
        url = running.endpoints[PERP[0]] + PERP[1]
        got = asyncio.run(received(url, PERP[0], streams, len(expected)))
    assert played(got) == played(expected)


@pytest.mark.real_data
def test_replay_given_clients_of_four_exchanges_gives_each_its_own(real_data: Path) -> None:
    names = [name for name in CAPTURES if name.startswith("cryptofeed/")]
    expected = [recorded_frames(real_data / name) for name in names]
    with simulator(recordings=real_data / "cryptofeed", replay_speed="fast") as running:
        clients = [
            received(
                running.endpoints[CAPTURES[name][0]] + CAPTURES[name][1],
                CAPTURES[name][0],
                sorted(set(map(stream_of, frames))),
                len(frames),
            )
            for name, frames in zip(names, expected, strict=True)
        ]
        got = asyncio.run(_together(clients))
    assert list(map(played, got)) == list(map(played, expected))


async def _together(clients: list[Coroutine[None, None, list[bytes]]]) -> list[list[bytes]]:
    return await asyncio.gather(*clients)
