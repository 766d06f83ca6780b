"""What a simulated host answers, before it meets a socket.

What belongs here: the answer and the interface of a host's logic. What does not: sockets, counters
and faults (`host.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol, runtime_checkable

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
        method: GET or HEAD, another only where the host's logic takes it.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = "127.0.0.1"
    method: str = "GET"


@runtime_checkable
class HostLogic(Protocol):
    """What one production host knows to answer.

    It may have an attribute `methods`: those beside GET and HEAD that reach `answer`.
    """

    def answer(self, request: Request) -> Answer:
        """Answer a GET; nothing that a request holds may raise."""

    def slow(self, request: Request) -> bool:
        """Whether the answer may take more than some ms, so that a worker thread computes it."""


@runtime_checkable
class Refuser(Protocol):
    """A host's logic that has bodies of its own for errors that fault rules ask for."""

    def refusal(self, status: int) -> Answer | None:
        """The answer of that status as the exchange documents it; None where it does not."""


def compact(document: object) -> bytes:
    """JSON without spaces; half a surrogate pair, which a client may send, becomes `?`."""
    written = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return written.encode(errors="replace")


def json_answer(document: object, status: int = 200) -> Answer:
    """An answer that carries JSON, written as compactly as Binance does."""
    return Answer(status, compact(document), {"Content-Type": JSON})


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


def plain_refusal(status: int) -> Answer:
    """An error as a proxy before an exchange says it: HTML."""
    title = f"{status} {HTTPStatus(status).phrase}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1>"
        "</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, body.encode(), {"Content-Type": "text/html"})


def refusal(logic: object, status: int) -> Answer:
    """The exchange's own error of that status, HTML where it documents none.

    The client did nothing to deserve it, so it counts as no violation.
    """
    own = logic.refusal(status) if isinstance(logic, Refuser) else None
    return plain_refusal(status) if own is None else replace(own, violation=False)
