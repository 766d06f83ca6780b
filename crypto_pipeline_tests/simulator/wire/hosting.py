"""A host that repeats what it hears, on a real socket in a thread of its own.

What belongs here: that host and its start and end. What does not: what a test expects of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from time import sleep
from typing import Any

from websockets.sync.client import connect

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.answers import (
    Answer,
    Request,
    file_answer,
    json_answer,
    missing_page,
)
from crypto_pipeline.simulator.wire.counters import HostCounters
from crypto_pipeline.simulator.wire.doors import Doors
from crypto_pipeline.simulator.wire.faults import FaultBook, parse_rules
from crypto_pipeline.simulator.wire.files import CHECKSUM, checksum_line
from crypto_pipeline.simulator.wire.host import Host, Logic
from crypto_pipeline.simulator.wire.line import Conversation, Line
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulated import WAIT, Talk, served

NAME = "stream.bybit.com"


class Parrot(Conversation):
    """Sends back what it hears; `{"send": n, "channel": c, "symbol": s}` asks for n data frames."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.pongs: list[bytes] = []
        self.gone = False

    def hear(self, message: str | bytes) -> None:
        """Answer."""
        if isinstance(message, bytes) or not message.startswith("{"):
            text = message if isinstance(message, bytes) else message.encode()
            self.line.send(Frame(text))
            return
        self._obey(json.loads(message))

    def _obey(self, asked: dict[str, Any]) -> None:
        if "close" in asked:
            self.line.close(asked["close"], "as asked")
        if "ping" in asked:
            self.line.ping(asked["ping"].encode())
        if "fault" in asked:
            struck = self.line.fault(asked["fault"], asked["channel"], asked["symbol"])
            self.line.send(Frame(json.dumps(struck).encode()))
        channel, symbol = asked.get("channel", "trades"), asked.get("symbol", "BTCUSDT")
        texts = (json.dumps([channel, symbol, n]).encode() for n in range(asked.get("send", 0)))
        self.line.send(*(Frame(text, n, channel, symbol) for n, text in enumerate(texts)))

    def tick(self) -> None:
        """Have nothing to say."""

    def hear_pong(self, payload: bytes) -> None:
        """Remember it."""
        self.pongs.append(payload)

    def ended(self) -> None:
        """Remember it."""
        self.gone = True


class ParrotHost:
    """REST and websocket of parrots; `/json`, files and their checksums, everything else is 404.

    Args:
        file: the content of `/monthly/file.zip` and `/daily/file.zip`.
    """

    deflate = True

    def __init__(self, file: bytes = b"") -> None:
        self.file = file
        self.talks: list[Parrot] = []

    def answer(self, request: Request) -> Answer:
        """A small document, a file, or 404."""
        if request.path == "/json":
            return json_answer({"symbol": "BTCUSDT", "client": request.client, "rows": [1, 2, 3]})
        if request.path.endswith("file.zip"):
            return file_answer(self.file, request.path)
        if request.path.endswith(f"file.zip{CHECKSUM}"):
            return file_answer(checksum_line(self.file, request.path), request.path)
        return missing_page()

    def slow(self, request: Request) -> bool:
        """Files are."""
        return request.path.endswith(".zip")

    def greet(self, request: Request, line: Line) -> Conversation | Answer:
        """Refuse `/forbidden`, greet everybody else."""
        if request.path == "/forbidden":
            return json_answer({"error": "forbidden"}, 403)
        line.send(Frame(b"welcome"))
        self.talks.append(Parrot(line))
        return self.talks[-1]


@dataclass(frozen=True)
class Hosting:
    """A running host.

    Attributes:
        url: its base URL; `twin` that of its TLS twin.
        counters: what it saw.
        book: the fault rules in force.
        rules: limits and their pace.
        clock: the simulated time.
        pem: the certificate of who signs for the twin.
    """

    url: str
    twin: str
    counters: HostCounters
    book: FaultBook
    rules: Rules
    clock: SimulatorClock
    pem: str

    def fault(self, **rule: object) -> None:
        """Put this one rule in force."""
        self.book.replace(parse_rules(json.dumps([rule]), "the test"))

    @contextmanager
    def socket(self, path: str = "/", **options: Any) -> Iterator[Talk]:
        """A websocket that has been welcomed."""
        base = self.url.replace("http://", "ws://")
        options = {"compression": None, "proxy": None, "max_size": None, **options}
        with connect(base + path, open_timeout=WAIT, close_timeout=1, **options) as connection:
            yield Talk(connection)


@contextmanager
def hosting(logic: Logic, now: str = "2025-02-10T12:00:00+00:00") -> Iterator[Hosting]:
    """Run a host under the name NAME while the context is open; its clock stands at `now`."""
    with served(_host(logic, now)) as running:
        yield running


@asynccontextmanager
async def _host(logic: Logic, now: str) -> AsyncIterator[Hosting]:
    clock, rules = SimulatorClock(datetime.fromisoformat(now), 0.0), Rules()
    book = FaultBook(clock)
    host = Host(NAME, logic, book, rules)
    doors = Doors([host], book, repeat(0))
    url, twin = (await doors.open())[NAME], (await doors.open_twins())[NAME]
    pem = doors.authority().pem().decode()
    watching = asyncio.create_task(doors.watch())
    try:
        yield Hosting(url, twin, host.counters, book, rules, clock, pem)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await doors.close()


def soon(happens: Callable[[], bool]) -> bool:
    """Whether it happens within five seconds."""
    for _ in range(100):
        if happens():
            return True
        sleep(0.05)
    return False
