"""JSON as Coinbase's hosts send it.

What belongs here: compact text, the content type. What does not: errors (`refusals.py`).
"""

from __future__ import annotations

import json

from crypto_pipeline.simulator.wire.answers import Answer

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def text_of(document: object) -> bytes:
    """A document as compact JSON; half a character that a client sent becomes `?`."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="replace")


def written(document: object, status: int = 200) -> Answer:
    """A document as an answer."""
    return Answer(status, text_of(document), _HEADERS)


def encoded(body: bytes) -> Answer:
    """A body that is JSON already."""
    return Answer(200, body, _HEADERS)
