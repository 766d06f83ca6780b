"""What every REST answer of Bybit is wrapped in.

What belongs here: envelope and error codes. What does not: parameters (`parameters.py`), what a
path answers (`rest.py`).

Business errors are HTTP 200 with a code of their own in `retCode`.
"""

from __future__ import annotations

import json

from crypto_pipeline.simulator.wire.answers import Answer

JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}
PARAMETER, VISITS, ROUTE = 10001, 10006, 10017


class RefusedError(Exception):
    """A request that Bybit answers with an error code.

    Args:
        code: of the error.
        message: its `retMsg`.
        result: its `result`, as JSON.
    """

    def __init__(self, code: int, message: str, result: bytes = b"{}") -> None:
        self.code, self.message, self.result = code, message, result
        super().__init__(code, message)


def enveloped(result: bytes, now_ms: int, code: int = 0, message: str = "OK") -> Answer:
    """An answer around a `result` that is JSON already."""
    head = f'{{"retCode":{code},"retMsg":{json.dumps(message)},"result":'.encode()
    tail = f',"retExtInfo":{{}},"time":{now_ms}}}'.encode()
    return Answer(200, head + result + tail, JSON_TYPE)


def refused(error: RefusedError, now_ms: int) -> Answer:
    """The answer to a refused request."""
    return enveloped(error.result, now_ms, error.code, error.message)


def too_frequent() -> Answer:
    """How an address over a limit is refused, on REST and in a handshake."""
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    return Answer(403, b"access too frequent", kind, violation=True)
