"""The port of the web interface, with sockets that really listen."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from crypto_pipeline.cli.ports import address_of, choose_port, free_port, kept
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings import load_settings

HOST = "127.0.0.1"
LOCAL_PORT_RANGE = 51
"""Of Linux, which Python has no name for: the least port, and above it by 16 bits the greatest."""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with closing(socket.socket()) as listening:
        listening.bind((HOST, 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_choose_port_given_zero_takes_a_free_one() -> None:
    port = choose_port(HOST, 0, load_settings())
    assert port > 0
    assert free_port(HOST, port) == port


def test_kept_given_a_port_lends_it_to_nobody_but_who_names_it() -> None:
    port = choose_port(HOST, 0, load_settings())
    assert _lent(port) == port

    with kept(HOST, port), closing(_reusing()) as named:
        with pytest.raises(OSError, match="in use"):
            _lent(port)
        named.bind((HOST, port))
        named.listen()


def _lent(port: int) -> int:
    """What the system lends where it has this one port alone to lend."""
    with closing(_reusing()) as asking:
        try:
            asking.setsockopt(socket.IPPROTO_IP, LOCAL_PORT_RANGE, struct.pack("I", port * 65537))
        except OSError:
            pytest.skip("only a Linux of 2023 or later can be asked for a port of a range")
        asking.bind((HOST, 0))
        return int(asking.getsockname()[1])


def _reusing() -> socket.socket:
    """A socket as web servers make them."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def test_choose_port_given_a_busy_one_by_name_refuses(taken: int) -> None:
    with pytest.raises(UsageError, match=f"port {taken} of {HOST}, which --port asks for, is tak"):
        choose_port(HOST, taken, load_settings())


def test_choose_port_given_the_default_one_busy_takes_the_next(
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = load_settings()
    with closing(socket.socket()) as listening:
        # Where somebody else has it already, that will do.
        with suppress(OSError):
            listening.bind((HOST, settings.webserver_port))
            listening.listen()
        port = choose_port(HOST, None, settings)
    assert settings.webserver_port < port
    assert f"port {settings.webserver_port} is taken" in capfd.readouterr().err


@pytest.mark.parametrize("port", [-1, 65536])
def test_choose_port_given_no_port_says_what_is_valid(port: int) -> None:
    with pytest.raises(UsageError, match=r"valid are 0 \(any free one\) to 65535"):
        choose_port(HOST, port, load_settings())


def test_choose_port_given_an_address_of_another_machine_refuses() -> None:
    with pytest.raises(UsageError, match=r"port 0 of 192\.0\.2\.1 cannot be taken"):
        choose_port("192.0.2.1", 0, load_settings())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:3000"),
        ("0.0.0.0", "http://127.0.0.1:3000"),  # noqa: S104 nothing is bound
        ("::", "http://[::1]:3000"),
        ("::1", "http://[::1]:3000"),
        ("localhost", "http://localhost:3000"),
    ],
)
def test_address_of_given_a_bound_address_is_one_that_can_be_opened(host: str, url: str) -> None:
    assert address_of(host, 3000) == url
