"""A running simulator for synchronous tests: real sockets, its own thread, its own event loop.

What belongs here: starting it, steering it over its control API, ending it. What does not: what a
test expects of it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from crypto_pipeline.simulator.serve import SimulatorAddress, SimulatorOptions, running

START_WAIT = 30.0
"""Seconds that a start may take."""


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
    thread = _Thread(SimulatorOptions(**options))
    thread.start()
    try:
        address = thread.address()
        yield SimulatorProcess(address.url, address.endpoints, address.origin)
    finally:
        thread.stop()


class _Thread(threading.Thread):
    def __init__(self, options: SimulatorOptions) -> None:
        super().__init__(name="simulator", daemon=True)
        self._options = options
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._outcome: SimulatorAddress | Exception = TimeoutError("the simulator did not start")

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with running(self._options) as address:
                self._outcome = address
                self._ready.set()
                await self._ended.wait()
        except Exception as error:  # noqa: BLE001 - raised again where the test waits
            self._outcome = error
            self._ready.set()

    def address(self) -> SimulatorAddress:
        self._ready.wait(START_WAIT)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def stop(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)
        self.join(START_WAIT)
