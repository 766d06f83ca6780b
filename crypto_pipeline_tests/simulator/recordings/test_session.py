"""Recordings in a running simulator: its clock, its sessions, its REST, its errors."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.errors import RecordingError
from crypto_pipeline.simulator.recordings.captures import opened
from crypto_pipeline.simulator.recordings.formats import capture_line
from crypto_pipeline_tests.simulated import SimulatorProcess, Talk, simulator

SECOND_NS = 10**9
START = 1_723_161_590
"""2024-08-08T23:59:50Z"""
HOST, PATH = "stream.bybit.com", "/v5/public/linear"
TRADES, BOOK = "publicTrade.BTCUSDT", "orderbook.50.BTCUSDT"


def frame(topic: str, number: int) -> bytes:
    return b'{"topic":"%b","type":"snapshot","data":[{"seq": %d}]}' % (topic.encode(), number)


def write(path: Path, topic: str, seconds: Sequence[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [capture_line((START + n) * SECOND_NS, frame(topic, n)) for n in seconds]
    path.write_bytes(b"".join(lines))


def subscribe(talk: Talk, *topics: str) -> None:
    talk.say({"op": "subscribe", "args": list(topics)})
    assert talk.hear()["success"] is True


def texts(talk: Talk, count: int) -> list[str]:
    return [str(talk.connection.recv(timeout=10)) for _ in range(count)]


def silent(talk: Talk) -> bool:
    """Whether nothing is on its way; a pong shows that all before it has arrived."""
    talk.say({"op": "ping"})
    return bool(talk.hear().get("op") == "ping")


def server_seconds(running: SimulatorProcess) -> int:
    reply = running.get("api.bybit.com", "/v5/market/time").json()
    return int(reply["result"]["timeSecond"])


def test_start_given_captures_alone_is_the_first_frames_receive_time(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(3))
    with simulator(recordings=tmp_path, speed=0.0) as running:
        assert running.origin == "real"
        assert server_seconds(running) == START


def test_replay_given_a_late_client_begins_with_the_first_frame(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    with simulator(recordings=tmp_path, speed=100.0) as running:
        assert [server_seconds(running) for _ in range(3)] == [START] * 3
        with running.socket(HOST, PATH) as talk:
            subscribe(talk, TRADES)
            assert texts(talk, 5) == [frame(TRADES, n).decode() for n in range(5)]


def test_replay_given_a_clock_delivers_what_was_received_by_then(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(20))
    with simulator(recordings=tmp_path, speed=0.0) as running, running.socket(HOST, PATH) as talk:
        subscribe(talk, TRADES)
        assert silent(talk)
        running.set_clock("2024-08-08T23:59:52Z")
        assert texts(talk, 3) == [frame(TRADES, n).decode() for n in range(3)]
        assert silent(talk)
        running.set_clock("2024-08-08T23:59:55.500Z")
        assert texts(talk, 3) == [frame(TRADES, n).decode() for n in range(3, 6)]
        assert silent(talk)


def test_replay_given_two_files_runs_through_both_at_a_chosen_speed(tmp_path: Path) -> None:
    write(tmp_path / "btcusdt_20240808", TRADES, range(10))
    write(tmp_path / "btcusdt_20240809", TRADES, range(10, 30))
    with simulator(recordings=tmp_path, speed=0.0) as running, running.socket(HOST, PATH) as talk:
        subscribe(talk, TRADES)
        running.set_clock("2024-08-08T23:59:50Z", speed=100.0)
        assert texts(talk, 30) == [frame(TRADES, n).decode() for n in range(30)]


def test_replay_given_streams_that_nobody_asked_for_keeps_them(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    write(tmp_path / "b", BOOK, range(5))
    with (
        simulator(recordings=tmp_path, replay_speed="fast") as running,
        running.socket(HOST, PATH) as talk,
    ):
        subscribe(talk, BOOK)
        assert texts(talk, 5) == [frame(BOOK, n).decode() for n in range(5)]
        assert silent(talk)
        assert running.counters()[HOST]["frames"] == 7


def test_replay_given_an_unrecorded_stream_gets_the_exchanges_own_refusal(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    with simulator(recordings=tmp_path, speed=0.0) as running, running.socket(HOST, PATH) as talk:
        talk.say({"op": "subscribe", "args": [BOOK]})
        assert talk.hear()["ret_msg"] == f"error:handler not found,topic:{BOOK}"


def test_replay_given_a_clock_set_back_starts_over(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    with simulator(recordings=tmp_path, speed=0.0) as running, running.socket(HOST, PATH) as talk:
        subscribe(talk, TRADES)
        for _ in range(2):
            running.set_clock("2024-08-08T23:59:20Z", speed=100.0)
            assert texts(talk, 5) == [frame(TRADES, n).decode() for n in range(5)]


def test_replay_given_readers_of_years_apart_leaps_between_them(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    write(tmp_path / "b", TRADES, range(400 * 86400, 400 * 86400 + 5))
    with (
        simulator(recordings=tmp_path, replay_speed="fast") as running,
        running.socket(HOST, PATH) as talk,
    ):
        subscribe(talk, TRADES)
        numbers = [*range(5), *range(400 * 86400, 400 * 86400 + 5)]
        assert texts(talk, 10) == [frame(TRADES, n).decode() for n in numbers]


def test_replay_given_a_client_that_does_not_read_waits_for_it(tmp_path: Path) -> None:
    padding = b"." * 20_000
    entries = [(n, frame(TRADES, n)[:-1] + b',"x":"%b"}' % padding) for n in range(2_000)]
    lines = [capture_line(START * SECOND_NS + n * 10**8, text) for n, text in entries]
    (tmp_path / "a").write_bytes(b"".join(lines))
    with (
        simulator(recordings=tmp_path, replay_speed="fast") as running,
        narrow_socket(running.endpoints[HOST]) as narrow,
        running.socket(HOST, PATH, sock=narrow, max_queue=16) as talk,
    ):
        subscribe(talk, TRADES)
        talk.hear()
        assert stood(running) < START + 150
        assert [len(text) for text in texts(talk, 1_999)] == [len(text) for _, text in entries[1:]]
        assert server_seconds(running) == START + 199


def narrow_socket(url: str) -> socket.socket:
    """A connection that takes few bytes that are not read yet."""
    connection = socket.socket()
    connection.settimeout(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.connect(("127.0.0.1", urlsplit(url).port))
    return connection


def stood(running: SimulatorProcess) -> int:
    """The time at which the replay came to stand, asked for until it is the same twice."""
    last = -1
    for _ in range(100):
        now = server_seconds(running)
        if now == last:
            return now
        last = now
        time.sleep(0.1)
    raise TimeoutError("the replay never stood")


def test_rest_given_recordings_answers_those_and_nothing_made_up(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    url = "https://api.bybit.com/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50"
    (tmp_path / "http").write_text(f'{url} -> {START}.5: {{"retCode": 0,"result":{{"u":18}}}}\n')
    with simulator(recordings=tmp_path, speed=0.0) as running:
        path = "/v5/market/orderbook?symbol=BTCUSDT&category=linear"
        reply = running.get("api.bybit.com", path)
        assert reply.body == b'{"retCode": 0,"result":{"u":18}}'
        assert running.get("api.bybit.com", "/v5/market/tickers?category=linear").status == 404


@pytest.mark.real_data
def test_rest_given_a_real_capture_answers_the_snapshot_between_its_frames(
    real_data: Path,
) -> None:
    capture = real_data / "hftbacktest" / "usdm" / "btcusdt_20230404.dat.gz"
    with opened(capture) as lines:
        snapshot = next(line for line in lines if b'"lastUpdateId"' in line[:40])
    with simulator(recordings=capture) as running:
        reply = running.get("fapi.binance.com", "/fapi/v1/depth?symbol=BTCUSDT&limit=1000")
    assert (reply.status, reply.body) == (200, snapshot.partition(b" ")[2].rstrip(b"\n"))


def test_start_given_a_malformed_line_names_file_and_line(tmp_path: Path) -> None:
    write(tmp_path / "a", TRADES, range(5))
    with (tmp_path / "a").open("ab") as file:
        file.write(b"1723161596000000000\n")
    with pytest.raises(RecordingError, match="/a, line 6: "), simulator(recordings=tmp_path):
        pytest.fail("it started")


def test_start_given_an_empty_folder_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nor a capture"), simulator(recordings=tmp_path):
        pytest.fail("it started")
