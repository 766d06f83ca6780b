"""Some milliseconds between a client and the simulator, as between any client and an exchange.

What belongs here: a relay that holds back what the exchange sends. What does not: faults.

pybit notes a subscription down after it has sent it: on a wire without length the answer can be
there first, and ends its thread.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

HELD_BACK = 0.02
"""Seconds."""
_CHUNK = 65_536


@contextmanager
def distant(url: str) -> Iterator[str]:
    """The URL of a relay to a simulated host, for one connection after the other."""
    parts = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as server:
        relay = _Relay(server, (str(parts.hostname), int(parts.port or 0)))
        relay.start()
        try:
            yield f"{parts.scheme}://127.0.0.1:{server.getsockname()[1]}"
        finally:
            relay.end()


class _Relay(threading.Thread):
    def __init__(self, server: socket.socket, target: tuple[str, int]) -> None:
        super().__init__(name="relay", daemon=True)
        self._server, self._target = server, target
        self._open: list[socket.socket] = []
        self._pumps: list[threading.Thread] = []

    def run(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                self._pump(near, far, 0.0)
                self._pump(far, near, HELD_BACK)

    def end(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self.join()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for pump in self._pumps:
            pump.join()
        for each in self._open:
            each.close()

    def _pump(self, source: socket.socket, target: socket.socket, delay: float) -> None:
        pump = threading.Thread(target=_pour, args=(source, target, delay), daemon=True)
        self._pumps.append(pump)
        pump.start()


def _pour(source: socket.socket, target: socket.socket, delay: float) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            time.sleep(delay)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
