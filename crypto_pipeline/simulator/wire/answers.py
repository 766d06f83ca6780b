"""What a simulated host answers, before it meets a socket.

What belongs here: the answer and the interface of a host's logic. What does not: sockets, counters
and faults (`host.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

JSON = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        status: the HTTP status.
        body: the whole body.
        headers: without Content-Length.
        weight: what the request cost of the host's limit.
        violation: whether the client was over that limit.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    weight: int = 0
    violation: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, or a websocket's handshake.

    Attributes:
        path: without the query, percent-decoded.
        query: by name, percent-decoded; the first of each name.
        headers: names in any case.
        client: the IP address that it comes from.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = "127.0.0.1"


class HostLogic(Protocol):
    """What one production host knows to answer."""

    def answer(self, request: Request) -> Answer:
        """Answer a GET; nothing that a request holds may raise."""

    def slow(self, request: Request) -> bool:
        """Whether the answer may take more than some ms, so that a worker thread computes it."""


def json_answer(document: object, status: int = 200) -> Answer:
    """An answer that carries JSON, written as compactly as Binance does."""
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": JSON})


def file_answer(content: bytes, path: str) -> Answer:
    """A file of the archive, with the headers of an S3 object."""
    kind = "application/zip" if path.endswith(".zip") else "binary/octet-stream"
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    headers = {"Content-Type": kind, "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
    return Answer(200, content, headers)


def missing_file(path: str) -> Answer:
    """What S3 says of a key that does not exist."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
        f"<Key>{path.lstrip('/')}</Key><RequestId>SIMULATED</RequestId></Error>"
    )
    return Answer(404, body.encode(), {"Content-Type": "application/xml"})


def missing_page() -> Answer:
    """What a REST host says of a path it does not know."""
    body = b"<html><head><title>404 Not Found</title></head></html>"
    return Answer(404, body, {"Content-Type": "text/html"})
