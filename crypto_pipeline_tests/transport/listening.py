"""A server that keeps the headers of what it is asked, and gives everybody the same answer.

What belongs here: the server. What does not: what a test expects of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener(ThreadingHTTPServer):
    """The server.

    Attributes:
        headers: of each request, in order.
    """

    def __init__(self, status: int, body: bytes, sent: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.sent = status, body, sent
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers.items()))
        self.send_response(self.server.status)
        for name, value in self.server.sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
        """Say nothing."""


@contextmanager
def listening(
    body: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Iterator[Listener]:
    """Serve while the context is open."""
    with Listener(status, body, headers or {}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
