"""Websockets as such: handshake, pings, close codes, sizes, compression, slow readers."""

from __future__ import annotations

import base64
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.encoding import frame
from crypto_pipeline.simulator.wire.line import Conversation, Line
from crypto_pipeline.simulator.wire.sockets import MOST_BYTES, SLOW_READER
from crypto_pipeline_tests.simulated import ask
from crypto_pipeline_tests.simulator.wire.hosting import Hosting, Parrot, ParrotHost, hosting


class SpokenOnly:
    """A host that has nothing but websockets."""

    def greet(self, request: Request, line: Line) -> Conversation | Answer:
        """Greet everybody."""
        return Parrot(line)


@pytest.fixture(scope="module")
def logic() -> ParrotHost:
    return ParrotHost()


@pytest.fixture(scope="module")
def host(logic: ParrotHost) -> Iterator[Hosting]:
    with hosting(logic) as running:
        yield running


def raw_socket(url: str) -> socket.socket:
    """A TCP connection on which a websocket was opened by hand."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port or 0), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    return connection


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame, masked with zeros."""
    header = bytearray(frame(opcode, payload)[: -len(payload) or None])
    header[1] |= 0x80
    return bytes(header) + bytes(4) + payload


def test_message_given_to_a_conversation_is_answered_after_what_it_sent_first(
    host: Hosting,
) -> None:
    with host.socket() as talk:
        talk.say("hello")

        assert [talk.hear(), talk.hear()] == ["welcome", "hello"]


def test_ping_given_a_payload_is_ponged_with_it(host: Hosting) -> None:
    with host.socket() as talk:
        assert talk.connection.ping(b"1234").wait(10)


def test_ping_of_the_server_given_a_pong_is_heard(host: Hosting, logic: ParrotHost) -> None:
    with host.socket() as talk:
        talk.say({"ping": "99"})
        talk.say("after")
        assert talk.hear_until(lambda said: said == "after")
        talk.connection.ping(b"x").wait(10)

        assert logic.talks[-1].pongs == [b"99"]


def test_close_given_by_the_server_has_code_and_reason(host: Hosting) -> None:
    with host.socket() as talk:
        talk.say({"close": 4001})

        assert talk.ended() == (4001, "as asked")


def test_close_given_by_the_client_is_repeated_and_the_conversation_ends(
    host: Hosting, logic: ParrotHost
) -> None:
    with host.socket() as talk:
        talk.hear()
        talk.connection.close(4000, "enough")
        assert talk.ended() == (4000, "")
    ask(host.url + "/json")

    assert logic.talks[-1].gone


def test_handshake_given_a_refusal_is_the_hosts_answer(host: Hosting) -> None:
    with pytest.raises(InvalidStatus) as caught, host.socket("/forbidden"):
        pass

    assert caught.value.response.status_code == 403
    assert b"forbidden" in bytes(caught.value.response.body or b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "websocket"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "99"},
    ],
)
def test_handshake_given_half_of_its_headers_is_400(host: Hosting, headers: dict[str, str]) -> None:
    connection = headers.pop("Connection", "close")

    assert ask(host.url, headers={**headers, "Connection": connection}).status == 400


def test_plain_request_given_a_host_of_websockets_is_400() -> None:
    with hosting(SpokenOnly()) as running:
        assert running.url.startswith("ws://")
        assert ask(running.url.replace("ws://", "http://") + "/json").status == 400


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [(0x1, b"\xff\xfe", 1007), (0x3, b"", 1002), (0x9, bytes(126), 1002), (0x1, None, 1009)],
)
def test_frame_given_a_wrong_one_closes_with_the_protocols_code(
    host: Hosting, opcode: int, payload: bytes | None, code: int
) -> None:
    content = bytes(MOST_BYTES + 1) if payload is None else payload
    with raw_socket(host.url) as connection:
        connection.sendall(masked(opcode, content))
        heard = b""
        while len(part := connection.recv(65_536)):
            heard += part
            if b"\x88\x02" in heard:
                break

    assert code.to_bytes(2) == heard.partition(b"\x88\x02")[2][:2]


def test_compression_given_a_client_that_asks_is_used(host: Hosting) -> None:
    with host.socket(compression="deflate") as talk:
        talk.say({"send": 3})

        assert talk.connection.protocol.extensions
        assert talk.hear_until(lambda said: said == ["trades", "BTCUSDT", 2])


def test_compression_given_a_host_that_does_not_offer_it_is_off() -> None:
    with hosting(SpokenOnly()) as running, running.socket(compression="deflate") as talk:
        talk.say("plain")

        assert talk.hear() == "plain"
        assert not talk.connection.protocol.extensions


def test_conversation_given_an_error_of_its_own_ends_with_1011_and_the_host_goes_on(
    host: Hosting,
) -> None:
    with host.socket() as talk:
        talk.say('{"send": "many"}')

        assert talk.ended() == (1011, "")
    with host.socket() as talk:
        assert talk.hear() == "welcome"


def test_counters_given_frames_and_pings_count_frames_alone() -> None:
    with hosting(ParrotHost()) as running:
        with running.socket() as talk:
            talk.say({"send": 5, "ping": "1"})
            talk.hear_until(lambda said: said == ["trades", "BTCUSDT", 4])
        seen = running.counters

    assert (seen.connections, seen.requests, seen.frames) == (1, 1, 6)


def test_end_given_an_open_websocket_closes_it_with_1001() -> None:
    with ExitStack() as stack:
        with hosting(ParrotHost()) as running:
            talk = stack.enter_context(running.socket())
            assert talk.hear() == "welcome"

        assert talk.ended() == (1001, "")


def test_slow_reader_given_too_long_a_backlog_is_cut_off() -> None:
    logic = ParrotHost()
    with hosting(logic) as running, raw_socket(running.url) as connection:
        running.rules.hurry = SLOW_READER * 20
        connection.sendall(masked(0x1, b'{"send": 400000}'))
        for _ in range(200):
            if logic.talks and logic.talks[-1].gone:
                break
            time.sleep(0.05)

        assert logic.talks[-1].gone
