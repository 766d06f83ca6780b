"""How REST pages lie in a pack: a line that says what was asked, then the body as it came.

    {"format": "crypto-pipeline pages", "version": 1}
    {"api": "spot", "asked": […], "bytes": 178, "host": "https://…", "parameters": {…}, …}
    <exactly so many bytes>
    {"api": …

Each line of JSON and each body ends with a line feed, so that `zstdcat` shows a pack to a person.
What belongs here: the format. What does not: compression, files and hashes (`history/raw/zone.py`).
Keys and proxies are headers and settings: neither is part of what is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.errors import RawError
from crypto_pipeline.venues.capabilities import Request

MAGIC = b'{"format": "crypto-pipeline pages", "version": 1}\n'
LONGEST_LINE = 100_000
"""Bytes of a line that says what was asked; a longer one is damage."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """One answer of an exchange.

    Attributes:
        request: what was asked; its costs are not kept.
        host: scheme and host that answered, the port where one was named.
        received_at: when the answer was whole, aware, UTC.
        asked: the times that it was asked for, or None where it was not asked by time.
        body: the answer, byte for byte.
    """

    request: Request
    host: str
    received_at: datetime
    asked: Span | None
    body: bytes

    @property
    def where(self) -> str:
        """The page's name for errors."""
        return f"{self.host} {self.request}"


def framed(
    request: Request, url: str, body: bytes, received_at: datetime, asked: Span | None
) -> bytes:
    """One page as it lies in a pack."""
    said = {
        "api": request.api,
        "asked": [asked.start.isoformat(), asked.end.isoformat()] if asked else None,
        "bytes": len(body),
        "headers": dict(request.headers),
        "host": _host(url),
        "parameters": dict(request.parameters),
        "path": request.path,
        "received_at": received_at.isoformat(),
    }
    return json.dumps(said, sort_keys=True).encode() + b"\n" + body + b"\n"


def read_frames(content: BinaryIO, pack: Path) -> Iterator[RawPage]:
    """The pages of a pack's content, in order.

    Raises:
        RawError: the content is no pack; names the file.
    """
    if content.readline(LONGEST_LINE) != MAGIC:
        raise RawError(str(pack), "is no pack of pages of a version that this program knows")
    while line := content.readline(LONGEST_LINE):
        yield _page(line, content, pack)


def _page(line: bytes, content: BinaryIO, pack: Path) -> RawPage:
    try:
        said = json.loads(line)
        body = content.read(said["bytes"])
        asked = [datetime.fromisoformat(text) for text in said["asked"] or ()]
        page = RawPage(
            Request(said["api"], said["path"], said["parameters"], headers=said["headers"]),
            said["host"],
            datetime.fromisoformat(said["received_at"]),
            Span(*asked) if asked else None,
            body,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RawError(str(pack), f"has a page that cannot be read ({error!r})") from error
    if len(body) != said["bytes"] or content.read(1) != b"\n":
        raise RawError(str(pack), "ends within a page")
    return page


def _host(url: str) -> str:
    """Scheme, host and port; a user and password in a URL are nobody's business here."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
