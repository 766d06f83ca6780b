"""Archive files over HTTP: downloaded on connections that are used again, verified by sha256.

What belongs here: bytes that are what the exchange published, or a reason why not. What does not:
where a file lies and what is in it (`venues/`), asking again (`history/retrying.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from crypto_pipeline.errors import (
    DecodeError,
    SourceBusyError,
    SourceError,
    SourceMissingError,
    VenueBlockedError,
)
from crypto_pipeline.venues.ccxt_rest import BLOCKED, retry_after
from crypto_pipeline.venues.venue import ArchiveFile, Endpoints


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is what its checksum says."""

    content: bytes
    sha256: str


@asynccontextmanager
async def archive_connections(
    endpoints: Endpoints, connections: int
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that keeps up to so many connections to the archive open and uses them again."""
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=endpoints.timeout, sock_read=endpoints.timeout
    )
    connector, proxy = _route(endpoints.proxy, connections)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, proxy=proxy) as session:
        yield session


def _route(proxy: str | None, connections: int) -> tuple[aiohttp.BaseConnector, str | None]:
    """The connector, and the proxy that the session itself must be told of."""
    if proxy is not None and proxy.startswith("socks"):
        from aiohttp_socks import ProxyConnector

        socks: aiohttp.BaseConnector = ProxyConnector.from_url(proxy, limit=connections)
        return socks, None
    return aiohttp.TCPConnector(limit=connections), proxy


async def download(session: aiohttp.ClientSession, file: ArchiveFile) -> Download:
    """Download a file and hold it against its checksum.

    Raises:
        SourceMissingError: the archive does not have it.
        SourceBusyError: asking again may help.
        VenueBlockedError: the archive refuses this address.
        DecodeError: the checksum is not readable, or the file does not match it.
    """
    published = _sha256(file, await _get(session, file.checksum_url))
    content = await _get(session, file.url)
    sha256 = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    if sha256 != published:
        raise DecodeError(file.name, given=f"sha256 {sha256}", expected=f"sha256 {published}")
    return Download(content, sha256)


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    try:
        async with session.get(url) as response:
            if response.status == 200:
                return await response.read()
            raise _refusal(url, response)
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = f"no whole answer ({type(error).__name__}: {error})"
        raise SourceBusyError(url, reason) from error


def _refusal(url: str, response: aiohttp.ClientResponse) -> SourceError:
    status = response.status
    if status == 404:
        return SourceMissingError(url, "the archive does not have it (404)")
    if status in BLOCKED:
        return VenueBlockedError(url, BLOCKED[status])
    if status == 429 or status >= 500:
        return SourceBusyError(url, f"HTTP {status}", retry_after=retry_after(response.headers))
    return SourceError(url, f"HTTP {status}")


def _sha256(file: ArchiveFile, line: bytes) -> str:
    """The hash in a line `<sha256>  <file name>`."""
    matched = re.match(rb"([0-9a-fA-F]{64})\s", line + b"\n")
    if matched is None:
        raise DecodeError(
            f"{file.name}.CHECKSUM", given=repr(line[:80]), expected="<sha256>  <file name>"
        )
    return matched[1].decode().lower()
