"""Parts of a file, for clients that read one by ranges (RFC 9110, section 14).

What belongs here: an answer cut to the range that was asked for. What does not: which answers can
be (those that say `Accept-Ranges`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from crypto_pipeline.simulator.wire.answers import Answer

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def part_of(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The part that a `Range` header asks for, 206; 416 where the file does not reach that far.

    As a server may, several ranges in one header and other units are answered with the whole.
    """
    asked = _RANGE.fullmatch(headers.get("Range", ""))
    if asked is None or not _valid(asked) or "Accept-Ranges" not in answer.headers:
        return answer
    length = len(answer.body)
    start, end = _span(asked[1], asked[2], length)
    if start >= length or end < start:
        whole = {"Content-Range": f"bytes */{length}", "Content-Type": "application/xml"}
        return Answer(416, b"", whole)
    span = {"Content-Range": f"bytes {start}-{end}/{length}"}
    body = answer.body[start : end + 1]
    return replace(answer, status=206, body=body, headers={**answer.headers, **span})


def _valid(asked: re.Match[str]) -> bool:
    """Whether it names an end, and none before its start; else it counts as not sent."""
    first, last = asked[1], asked[2]
    return bool(first or last) and not (first and last and int(last) < int(first))


def _span(first: str, last: str, length: int) -> tuple[int, int]:
    """Both ends inclusive; without a first, the last bytes."""
    if not first:
        return max(length - int(last), 0), length - 1 if int(last) else -1
    return int(first), min(int(last), length - 1) if last else length - 1
