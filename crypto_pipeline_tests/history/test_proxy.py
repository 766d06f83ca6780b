"""Archive and REST through an HTTP proxy: a real one, that counts what it passes on."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.history.klines import KlineLoad
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline.venues.venue import Endpoints
from crypto_pipeline_tests.history.loads import ARCHIVE, NOW, at, binance, quick, series
from crypto_pipeline_tests.simulated import SimulatorProcess


class Proxy(ThreadingHTTPServer):
    """Passes GETs of absolute URLs on, and keeps their paths and what named the asker."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.passed: list[str] = []
        self.credentials: set[str | None] = set()


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        self.server.passed.append(target.path)
        self.server.credentials.add(self.headers.get("Proxy-Authorization"))
        onward = http.client.HTTPConnection(target.netloc, timeout=10)
        onward.request("GET", f"{target.path}?{target.query}")
        answer = onward.getresponse()
        body = answer.read()
        onward.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type") or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
        """Say nothing."""


@contextmanager
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("userinfo", ["", "me:hunter2@"])
def test_load_given_a_proxy_goes_through_it_alone(
    synthetic: SimulatorProcess, lake: Path, userinfo: str
) -> None:
    hourly = series("BTC/USDT")
    with proxy() as passing:
        direct = binance(synthetic).endpoints
        url = f"http://{userinfo}127.0.0.1:{passing.server_port}"
        venue = Binance(Endpoints(direct.archive, direct.rest, proxy=url, timeout=5))
        before = synthetic.counters()[ARCHIVE]["requests"]
        load = KlineLoad(
            lake, venue, [hourly], Span(at("2025-02-08"), at("2025-02-11")), now=NOW,
            patience=quick(),
        )  # fmt: skip
        (report,) = load.reports()
    assert report.error is None
    assert report.present == 24 + 24 + 12
    archived = [path for path in passing.passed if path.startswith("/data/")]
    assert "/api/v3/klines" in passing.passed
    assert len(archived) == synthetic.counters()[ARCHIVE]["requests"] - before
    named: set[str | None] = {"Basic bWU6aHVudGVyMg=="} if userinfo else {None}
    assert passing.credentials == named
