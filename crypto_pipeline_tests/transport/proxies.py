"""Proxies that pass on what they are asked, or refuse: real, on loopback.

What belongs here: the proxies. What does not: what a test expects of it.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


class Proxy(ThreadingHTTPServer):
    """Passes GETs of absolute URLs on, or answers 407; keeps paths and what named the asker."""

    def __init__(self, *, refusing: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusing = refusing
        self.passed: list[str] = []
        self.credentials: set[str | None] = set()


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        self.server.passed.append(target.path)
        self.server.credentials.add(self.headers.get("Proxy-Authorization"))
        if self.server.refusing:
            self.send_response(407)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        onward = http.client.HTTPConnection(target.netloc, timeout=10)
        onward.request("GET", f"{target.path}?{target.query}")
        answer = onward.getresponse()
        body = answer.read()
        onward.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
        """Say nothing."""


@contextmanager
def proxy(*, refusing: bool = False) -> Iterator[Proxy]:
    """Serve while the context is open."""
    with Proxy(refusing=refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


class SocksProxy(ThreadingTCPServer):
    """A SOCKS5 proxy (RFC 1928, RFC 1929) that keeps who came and where they went."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SocksHandler)
        self.users: list[bytes] = []
        self.targets: list[tuple[str, int]] = []


class _SocksHandler(StreamRequestHandler):
    server: SocksProxy

    def handle(self) -> None:
        _, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\x05\x02")
        user = self.rfile.read(self.rfile.read(2)[1])
        self.server.users.append(user + b":" + self.rfile.read(self.rfile.read(1)[0]))
        self.wfile.write(b"\x01\x00")
        kind = self.rfile.read(4)[3]
        length = 4 if kind == 1 else self.rfile.read(1)[0]
        named = self.rfile.read(length)
        host = socket.inet_ntoa(named) if kind == 1 else named.decode()
        target = (host, struct.unpack("!H", self.rfile.read(2))[0])
        self.server.targets.append(target)
        with socket.create_connection(target, timeout=10) as onward:
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            answers = threading.Thread(target=_pumped, args=(onward, self.connection))
            answers.start()
            _pumped(self.connection, onward)
            answers.join(10)


def _pumped(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes, until it ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def socks_proxy() -> Iterator[SocksProxy]:
    """Serve while the context is open."""
    with SocksProxy() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
