"""What Coinbase's REST says instead of an answer: three styles of error bodies.

What belongs here: those bodies. What does not: when they are due.

Exchange writes a message alone; Advanced Trade an error, its details and a message; the older /v2
paths a list of errors.
"""

from __future__ import annotations

from crypto_pipeline.simulator.coinbase.bodies import written
from crypto_pipeline.simulator.wire.answers import Answer

_TEXT = "text/plain; charset=utf-8"


class RequestError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: the HTTP status.
        kind: Advanced Trade's `error`; Exchange has none.
        message: what it says.
    """

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        self.status, self.message, self.kind = status, message, kind
        super().__init__(status, message, kind)


def invalid(message: str) -> RequestError:
    """An argument that Advanced Trade does not take."""
    return RequestError(400, message, "INVALID_ARGUMENT")


def exchange_refusal(status: int, message: str) -> Answer:
    """An error as Exchange writes it."""
    return written({"message": message}, status)


def advanced_refusal(status: int, kind: str, message: str) -> Answer:
    """An error as Advanced Trade writes it."""
    return written({"error": kind, "error_details": message, "message": message}, status)


def legacy_refusal(status: int, name: str, message: str) -> Answer:
    """An error as the /v2 paths write it."""
    return written({"errors": [{"id": name, "message": message}]}, status)


def plain_refusal(status: int, text: str) -> Answer:
    """An error without JSON: Advanced Trade over its limit, or without a key."""
    return Answer(status, text.encode(), {"Content-Type": _TEXT})
