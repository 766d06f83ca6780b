"""Archive files: downloaded, held against their checksum, decoded, clipped to what is wanted.

What belongs here: one file from its URL to its rows. What does not: which files are asked for
(`history/fetching.py`), what is in one (`venues/`), asking again (`transport/`).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.access import Access
from crypto_pipeline.history.kinds import in_sequence, within
from crypto_pipeline.history.raw.zone import Kept
from crypto_pipeline.venues.records import ArchiveFile


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was what its checksum says, and the rows that were wanted of it."""

    rows: pa.Table
    kept: Kept | None


async def download_file(access: Access, file: ArchiveFile) -> bytes:
    """Download a file and hold it against its checksum.

    Raises:
        SourceMissingError: the archive does not have it.
        SourceError: it could not be had; VenueBlockedError where the archive refuses this address.
        DecodeError: the checksum is not readable, or the file does not match it.
    """
    published = None
    if file.checksum_url is not None:
        published = _sha256(file, await access.exchange.download(file.checksum_url))
    content = await access.exchange.download(file.url)
    if published is not None:
        await asyncio.to_thread(_compare, file, content, published)
    return content


async def open_file(
    access: Access, file: ArchiveFile, content: bytes, parts: Sequence[Span]
) -> Opened:
    """Keep a file, and decode what is wanted of it.

    Raises:
        DecodeError: it is not what the exchange documents. Such a file is not kept.
    """
    venue, zone, series = access.exchange.venue, access.zone, file.series

    def opened() -> Opened:
        rows = in_sequence(series, venue.decode_archive(file, content))
        kept = zone.keep_file(series.instrument.exchange, series.kind, file.url, content)
        return Opened(within(series, rows, parts), kept)

    return await asyncio.to_thread(opened)


def _compare(file: ArchiveFile, content: bytes, published: str) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != published:
        raise DecodeError(file.name, given=f"sha256 {sha256}", expected=f"sha256 {published}")


def _sha256(file: ArchiveFile, line: bytes) -> str:
    """The hash in a line `<sha256>  <file name>`."""
    matched = re.match(rb"([0-9a-fA-F]{64})\s", line + b"\n")
    if matched is None:
        raise DecodeError(
            f"{file.name}.CHECKSUM", given=repr(line[:80]), expected="<sha256>  <file name>"
        )
    return matched[1].decode().lower()
