"""An answer as it came, before anybody asks what it means.

What belongs here: what is plain to see in any exchange's answer. What does not: which error it is
(`refusals.py`), getting it (`connections.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECONDS = re.compile(r"-?\d{1,9}(\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came.

    Attributes:
        url: what was asked, without secrets.
        status: of HTTP.
        headers: names in any case (aiohttp's mapping does not care).
        body: whole.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, or None; exchanges send seconds, never a date.

    One that names no time to wait, `0`, says nothing.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else 0.0
    return seconds if seconds > 0 else None


def is_whole(reply: Reply) -> bool:
    """Whether a body looks like JSON from its first to its last byte."""
    ends = reply.body.lstrip()[:1] + reply.body.rstrip()[-1:]
    return ends in (b"{}", b"[]")


def plain_words_of(reply: Reply) -> str:
    """The beginning of a body, but of a page."""
    return "" if reply.body.lstrip().startswith(b"<") else words_of(reply)


def words_of(reply: Reply) -> str:
    """The beginning of a body, for an error."""
    text = reply.body[:200].decode("utf-8", "replace").strip()
    return f": {text}" if text else ""
