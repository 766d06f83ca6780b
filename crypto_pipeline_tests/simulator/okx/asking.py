"""Speaking to the simulated OKX: REST rows, subscriptions, the archive.

What belongs here: sending and receiving. What does not: what a test expects.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, Talk

NOW_MS = 1_739_190_870_000
"""NOW of the simulator's tests, 2025-02-10T12:34:30Z."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BTC, SWAP = "BTC-USDT", "BTC-USDT-SWAP"
REST, STATIC, SOCKETS = "www.okx.com", "static.okx.com", "ws.okx.com:8443"


def iso(ms: int) -> str:
    """An instant (ms since the epoch) as the control API takes it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


@dataclass(frozen=True)
class Okx:
    """The simulated exchange.

    Attributes:
        process: the simulator.
    """

    process: SimulatorProcess

    def ask(self, path: str, **query: object) -> Reply:
        """GET `/api/v5/` + path."""
        return self.process.get(REST, f"/api/v5/{path}?{urlencode(query)}")

    def rows(self, path: str, **query: object) -> list[Any]:
        """The `data` of an answer that is none of an error."""
        document = self.ask(path, **query).json()
        assert document["code"] == "0", document
        return list(document["data"])

    def code(self, path: str, **query: object) -> tuple[int, str]:
        """HTTP status and error code."""
        reply = self.ask(path, **query)
        return reply.status, reply.json()["code"]

    def file(self, path: str) -> list[list[str]]:
        """The lines of a download file, cells apart, the header first."""
        reply = self.process.get(STATIC, path)
        assert reply.status == 200, path
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        return [line.split(",") for line in text.splitlines()]

    @contextmanager
    def talk(self, base: str = "public", **options: Any) -> Iterator[Talk]:
        """A websocket on one base."""
        with self.process.socket(SOCKETS, f"/ws/v5/{base}", **options) as talk:
            yield talk

    @contextmanager
    def channel(self, name: str, key: str = SWAP, base: str = "public") -> Iterator[Talk]:
        """A websocket that is subscribed to one channel, its ack heard."""
        with self.talk(base) as talk:
            subscribe(talk, name, key)
            assert talk.hear()["event"] == "subscribe"
            yield talk


def argument(channel: str, key: str = SWAP) -> dict[str, str]:
    """What a channel is subscribed by."""
    if channel == "instruments":
        return {"channel": channel, "instType": key}
    return {"channel": channel, "instId": key}


def subscribe(talk: Talk, *channels: str, op: str = "subscribe") -> None:
    """Ask for channels of one instrument, the last argument."""
    *names, key = channels
    talk.say({"op": op, "args": [argument(name, key) for name in names]})


def data_of(messages: list[Any]) -> list[Any]:
    """The rows of those messages that have some."""
    return [row for message in messages if "data" in message for row in message["data"]]
