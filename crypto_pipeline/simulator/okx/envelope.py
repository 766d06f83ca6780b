"""What every REST answer of OKX is wrapped in, and how its parameters are read.

What belongs here: envelope, error codes, parameters. What does not: what a path answers
(`rest.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from crypto_pipeline.simulator.wire.answers import Answer, compact

JSON_TYPE = {"Content-Type": "application/json"}

Query = Mapping[str, str]
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class RefusedError(Exception):
    """A request that OKX answers with an error code.

    Args:
        code: of the error.
        message: its `msg`.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code, message)

    def answer(self) -> Answer:
        """The answer that says so."""
        document = {"code": self.code, "msg": self.message, "data": []}
        return Answer(self.status, compact(document), JSON_TYPE)


def too_many_requests() -> RefusedError:
    """How a client over a limit is refused."""
    return RefusedError("50011", "Too Many Requests", 429)


def unknown_instrument() -> RefusedError:
    """How an instId that does not exist is refused: with HTTP 200."""
    message = "Instrument ID, Instrument ID code or Spread ID doesn't exist."
    return RefusedError("51001", message, 200)


def wrong(name: str) -> RefusedError:
    """How a parameter's value is refused."""
    return RefusedError("51000", f"Parameter {name} error")


def unknown_path() -> RefusedError:
    """How a path that does not exist is refused."""
    return RefusedError("404", "Not Found", 404)


def enveloped(rows: bytes) -> Answer:
    """An answer around rows that are JSON already, joined by commas."""
    return Answer(200, b'{"code":"0","data":[' + rows + b'],"msg":""}', JSON_TYPE)


def joined(rows: Iterable[object]) -> bytes:
    """Documents as the rows of an answer."""
    return b",".join(compact(row) for row in rows)


def required(query: Query, name: str) -> str:
    """A parameter that must be there.

    Raises:
        RefusedError: it is missing or empty.
    """
    if not query.get(name):
        raise RefusedError("50014", f"Parameter {name} can not be empty.")
    return query[name]


def whole_number(query: Query, name: str) -> int | None:
    """An integer parameter, None where it was not sent or is empty."""
    written = query.get(name, "")
    if not written:
        return None
    if not _WHOLE.fullmatch(written):
        raise wrong(name)
    return int(written)


def limit_of(query: Query, default: int, most: int, name: str = "limit") -> int:
    """How many rows (or levels) are asked for, silently brought down to `most`."""
    limit = whole_number(query, name)
    if limit is None:
        return default
    if limit < 1:
        raise wrong(name)
    return min(limit, most)


def choice(query: Query, name: str, valid: Iterable[str]) -> str:
    """A required parameter that has one of some values."""
    given = required(query, name)
    if given not in valid:
        raise wrong(name)
    return given
