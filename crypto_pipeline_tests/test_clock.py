"""Clocks: the system's, and one behind a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crypto_pipeline.clock import RemoteClock, SystemClock, clock_from
from crypto_pipeline.errors import ClockError
from crypto_pipeline.settings import load_settings


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """A server on loopback that answers `/clock`; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/clock"
            self.send_response(status if known else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_system_clock_given_now_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00"])
def test_remote_clock_given_a_time_with_zone_gives_it_in_utc(text: str) -> None:
    with answering(json.dumps({"now": text}).encode()) as url:
        assert RemoteClock(f"{url}/").now() == datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"now": 5}', b'{"now": "noon"}', b"\xff"])
def test_remote_clock_given_no_time_is_refused(body: bytes) -> None:
    with answering(body) as url, pytest.raises(ClockError, match="its answer is not"):
        RemoteClock(url).now()


def test_remote_clock_given_a_time_without_zone_is_refused() -> None:
    naive = b'{"now": "2024-05-01T12:00:00"}'
    with answering(naive) as url, pytest.raises(ClockError, match="2024-05-01T12:00:00 has no"):
        RemoteClock(url).now()


def test_remote_clock_given_a_server_error_says_so() -> None:
    with answering(b"", status=500) as url, pytest.raises(ClockError, match="Internal Server"):
        RemoteClock(url).now()


def test_remote_clock_given_nobody_there_names_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ClockError, match=rf"clock at http://127\.0\.0\.1:{port} .*refused"):
        RemoteClock(f"http://127.0.0.1:{port}").now()


def test_remote_clock_given_silence_ends_at_its_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ClockError, match="timed out"):
            RemoteClock(url, timeout=0.05).now()


def test_clock_from_given_settings_takes_the_named_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRYPTO_CLOCK_URL", raising=False)
    monkeypatch.delenv("CRYPTO_SIMULATOR_URL", raising=False)
    assert isinstance(clock_from(load_settings()), SystemClock)
    simulator = clock_from(load_settings(simulator_url="http://s"))
    assert isinstance(simulator, RemoteClock)
    assert simulator.url == "http://s"
    both = clock_from(load_settings(simulator_url="http://s", clock_url="http://c"))
    assert isinstance(both, RemoteClock)
    assert both.url == "http://c"
