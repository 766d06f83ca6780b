"""Clients that only count: frames of one websocket, answers on several connections.

What belongs here: the client processes, plain sockets. What does not: the server, and goals
(`simulator.py`).

Run as `python -m crypto_pipeline_tests.benchmarks.simulator_clients '{"kind": "frames", …}'`; the
figures are a JSON object on the last line.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

SOCKET_WAIT = 30.0
_BUFFER = 1 << 22


def count_frames(host: str, port: int, path: str, subscription: str, seconds: float) -> float:
    """Frames a second that arrive after a subscription, walked header by header.

    Args:
        host: of the server.
        port: of the websocket host.
        path: to open.
        subscription: the message to send first.
        seconds: to count for; the first half second does not count.
    """
    with socket.create_connection((host, port), timeout=SOCKET_WAIT) as connection:
        rest = _opened(connection, f"{host}:{port}", path)
        connection.sendall(_masked(subscription.encode()))
        rest = _walked(connection, rest, 0.5)[1]
        start = time.perf_counter()
        frames, _ = _walked(connection, rest, seconds)
        return frames / (time.perf_counter() - start)


def _walked(connection: socket.socket, rest: bytes, seconds: float) -> tuple[int, bytes]:
    """Count the frames of so many seconds; what is left of a last one."""
    buffer, frames = bytearray(_BUFFER), 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        held = len(rest)
        buffer[:held] = rest
        size = held + connection.recv_into(memoryview(buffer)[held:])
        whole, at = counted(buffer, size)
        frames, rest = frames + whole, bytes(buffer[at:size])
    return frames, rest


def counted(buffer: bytearray, size: int) -> tuple[int, int]:
    """How many whole frames the first `size` bytes hold, and where the next one begins.

    Frames are below 64 kB.
    """
    frames = at = 0
    while at + 2 <= size:
        length, end = buffer[at + 1], at + 2
        if length == 126 and at + 4 > size:
            break
        if length == 126:
            length, end = buffer[at + 2] << 8 | buffer[at + 3], at + 4
        if end + length > size:
            break
        frames, at = frames + 1, end + length
    return frames, at


def _opened(connection: socket.socket, host: str, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    heard = b""
    while b"\r\n\r\n" not in heard and (part := connection.recv(65_536)):
        heard += part
    return heard.partition(b"\r\n\r\n")[2]


def _masked(payload: bytes) -> bytes:
    """A text frame of a client, below 64 kB, masked with zeros."""
    return bytes((0x81, 0xFE)) + len(payload).to_bytes(2) + bytes(4) + payload


@dataclass(slots=True)
class _Asker:
    """One kept connection and its answer so far."""

    connection: socket.socket
    heard: bytearray = field(default_factory=bytearray)

    def ask(self, target: str) -> None:
        """Send the next request."""
        self.connection.sendall(f"GET {target} HTTP/1.1\r\nHost: simulated\r\n\r\n".encode())

    def answered(self) -> bool:
        """Read on; whether the answer is whole, which is then forgotten."""
        part = self.connection.recv(1 << 20)
        if not part:
            raise RuntimeError("the server closed the connection")
        self.heard += part
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {bytes(head)!r} {bytes(body[:200])!r}")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return False
        self.heard.clear()
        return True


def count_answers(
    host: str, port: int, targets: list[str], connections: int, seconds: float
) -> float:
    """Answers a second on kept connections, each with one request at a time.

    Args:
        host: of the server.
        port: of the REST host.
        targets: paths with queries, asked in turns.
        connections: how many.
        seconds: to count for, after each target was asked once.
    """
    selector = selectors.DefaultSelector()
    with ExitStack() as stack:
        stack.enter_context(selector)
        for number in range(connections):
            connection = socket.create_connection((host, port), timeout=SOCKET_WAIT)
            asker = _Asker(stack.enter_context(connection))
            for target in targets if number == 0 else ():
                asker.ask(target)
                while not asker.answered():
                    continue
            selector.register(connection, selectors.EVENT_READ, asker)
            asker.ask(targets[number % len(targets)])
        return _answers(selector, targets, seconds)


def _answers(selector: selectors.BaseSelector, targets: list[str], seconds: float) -> float:
    start, answers = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        for key, _ in selector.select(SOCKET_WAIT):
            if key.data.answered():
                answers += 1
                key.data.ask(targets[answers % len(targets)])
    return answers / (time.perf_counter() - start)


def main(arguments: dict[str, Any]) -> float:
    """Count what is asked for, on a core of its own if one is named."""
    core = arguments.pop("core", None)
    if core is not None:
        os.sched_setaffinity(0, {core})
    count: Callable[..., float] = _KINDS[arguments.pop("kind")]
    return count(**arguments)


_KINDS: dict[str, Callable[..., float]] = {"frames": count_frames, "answers": count_answers}

if __name__ == "__main__":
    print(json.dumps({"rate": main(json.loads(sys.argv[1]))}))
