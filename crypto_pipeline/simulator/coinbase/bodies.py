"""JSON as Coinbase's hosts send it.

What belongs here: their content type. What does not: errors (`refusals.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.wire.answers import Answer, compact

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def written(document: object, status: int = 200) -> Answer:
    """A document as an answer."""
    return Answer(status, compact(document), _HEADERS)


def encoded(body: bytes) -> Answer:
    """A body that is JSON already."""
    return Answer(200, body, _HEADERS)
