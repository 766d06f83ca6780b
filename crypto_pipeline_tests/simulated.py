"""A running simulator for synchronous tests: real sockets, its own thread, its own event loop.

What belongs here: starting it, steering it over its control API, ending it. What does not: what a
test expects of it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from crypto_pipeline.simulator.serve import SimulatorOptions, running

T = TypeVar("T")

START_WAIT = 30.0
"""Seconds that a start may take."""
WAIT = 10.0
"""Seconds that a websocket's message is waited for."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: its status, headers in lower case, and whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(
    url: str,
    method: str = "GET",
    body: object = None,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    """Send one request on a connection of its own; a non-bytes body goes as JSON."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        target = f"{parts.path}?{parts.query}"
        connection.request(method, target, content, {"Connection": "close", **headers})
        response = connection.getresponse()
        got = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, got, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Talk:
    """A websocket to the simulator; every wait is bounded.

    Attributes:
        connection: of the library `websockets`.
    """

    connection: ClientConnection

    def say(self, message: object) -> None:
        """Send text as it is, anything else as JSON."""
        self.connection.send(message if isinstance(message, str) else json.dumps(message))

    def hear(self, seconds: float = WAIT) -> Any:
        """The next message as JSON, as text where it is none.

        Raises:
            TimeoutError: none came.
            ConnectionClosed: the connection ended.
        """
        message = self.connection.recv(timeout=seconds)
        try:
            return json.loads(message)
        except ValueError:
            return message

    def hear_until(self, wanted: Callable[[Any], bool], most: int = 10_000) -> list[Any]:
        """The next messages up to and with the first wanted one."""
        heard: list[Any] = []
        while len(heard) < most:
            heard.append(self.hear())
            if wanted(heard[-1]):
                return heard
        raise TimeoutError(f"none of {most} messages is the wanted one; the last is {heard[-1]}")

    def ended(self, seconds: float = WAIT, most: int = 100_000) -> tuple[int, str]:
        """Read on until the connection ends; close code (1006: none came) and reason.

        Raises:
            TimeoutError: it did not, in that time without a message or after so many of them.
        """
        try:
            for _ in range(most):
                self.connection.recv(timeout=seconds)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        raise TimeoutError(f"the connection goes on after {most} messages")


@dataclass(frozen=True)
class SimulatorProcess:
    """A running simulator.

    Attributes:
        url: base URL of the control API, as `CRYPTO_SIMULATOR_URL` takes it.
        endpoints: base URL by production host.
        origin: `real` or `simulator:<seed>`.
    """

    url: str
    endpoints: Mapping[str, str]
    origin: str

    def get(self, host: str, path: str) -> Reply:
        """GET a path (with its query) of a production host."""
        return ask(self.endpoints[host] + path)

    def counters(self) -> Any:
        """Requests, weights, violations, connections, frames and paths by host."""
        return ask(f"{self.url}/counters").json()

    def post_faults(self, rules: list[dict[str, object]]) -> Any:
        """Put these fault rules in place of all others; `[]` ends all faults."""
        return self._posted("faults", rules)

    def faults(self) -> Any:
        """The rules in force, with how often each met and struck."""
        return ask(f"{self.url}/faults").json()

    def set_clock(self, now: str | None, speed: float = 0.0) -> Any:
        """Set the simulated time (ISO 8601; None is the machine's), standing unless told."""
        return self._posted("clock", {"now": now, "speed": speed})

    def set_rules(self, **rules: object) -> Any:
        """Change `limits`, `hurry`, `firehose` or `okx_checksum`; all rules as they are then."""
        return self._posted("rules", rules)

    def restatements(self, start: str, end: str) -> Any:
        """The bars of [start, end) (ISO 8601) that a daily file has otherwise than the rest."""
        return ask(f"{self.url}/restatements?{urlencode({'start': start, 'end': end})}").json()

    def twins(self) -> Any:
        """Base URL of the TLS twin by production host."""
        return ask(f"{self.url}/endpoints?tls=1").json()

    def trust(self) -> ssl.SSLContext:
        """A client's context that trusts the simulator's certificate authority alone."""
        return ssl.create_default_context(cadata=ask(f"{self.url}/ca").body.decode())

    @contextmanager
    def socket(self, host: str, path: str = "/", **options: Any) -> Iterator[Talk]:
        """A websocket to a production host.

        Args:
            host: the production host.
            path: with its query.
            options: of `websockets.sync.client.connect`.
        """
        base = self.endpoints[host].replace("http://", "ws://")
        unbounded = {"max_size": None, "max_queue": None}
        options = {"compression": None, "proxy": None, **unbounded, **options}
        with connect(base + path, open_timeout=WAIT, close_timeout=1, **options) as connection:
            yield Talk(connection)

    def _posted(self, what: str, body: object) -> Any:
        reply = ask(f"{self.url}/{what}", "POST", body)
        if reply.status != 200:
            raise ValueError(reply.body.decode())
        return reply.json()


@contextmanager
def simulator(**options: Any) -> Iterator[SimulatorProcess]:
    """Run a simulator while the context is open.

    Args:
        options: the fields of `SimulatorOptions`.
    """
    with served(running(SimulatorOptions(**options))) as address:
        yield SimulatorProcess(address.url, address.endpoints, address.origin)


@contextmanager
def served(context: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Hold an asynchronous context open, in a thread with an event loop of its own.

    Args:
        context: of a server; what it raises when it is entered is raised here.

    Raises:
        TimeoutError: it was not entered within START_WAIT.
    """
    entered: Future[T] = Future()
    ended, loop = asyncio.Event(), asyncio.new_event_loop()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_held(context, entered, ended))

    thread = threading.Thread(target=serve, name="served", daemon=True)
    thread.start()
    try:
        yield entered.result(START_WAIT)
    finally:
        with suppress(RuntimeError):  # it ended by itself, and its loop is closed
            loop.call_soon_threadsafe(ended.set)
        thread.join(START_WAIT)


async def _held(
    context: AbstractAsyncContextManager[T], entered: Future[T], ended: asyncio.Event
) -> None:
    try:
        async with context as value:
            entered.set_result(value)
            await ended.wait()
    except Exception as error:
        if entered.done():
            raise
        entered.set_exception(error)
