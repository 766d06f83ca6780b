"""Every wait for an answer ends: bodies that drip, proxies that are silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.transport.connections import LONGEST_DOWNLOAD, fetch, open_session
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline_tests.transport.asking import SPOT, TIME, quick, venue

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
SECRET = "me:hunter2"  # noqa: S105 # pragma: allowlist secret
LONGEST = 20.0
"""Seconds in which a test is over, even where a wait has no end."""


@asynccontextmanager
async def serving(head: bytes, drop: bytes) -> AsyncIterator[str]:
    """The address of a server that answers `head`, then `drop` again and again."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(head)
        while not reader.at_eof():
            writer.write(drop)
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1000), 0.02)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(answer(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.wait_for(asyncio.gather(*tasks), LONGEST)


async def refusal(endpoints: Endpoints, url: str, seconds: float | None) -> SourceBusyError:
    """The error that a request ends in."""
    async with asyncio.timeout(LONGEST), open_session(endpoints) as session:
        with pytest.raises(SourceBusyError) as caught:
            await fetch(session, url, seconds=seconds)
    return caught.value


def test_fetch_given_a_body_that_drips_ends_after_its_seconds() -> None:
    async def ask() -> SourceBusyError:
        async with serving(HEAD, b"x") as address:
            return await refusal(Endpoints(None, {}), f"http://{address}/", 0.3)

    assert asyncio.run(ask()).reason == "no whole answer (TimeoutError)"


def test_get_given_a_body_that_drips_ends_after_the_time_of_the_settings(tmp_path: Path) -> None:
    async def ask() -> None:
        async with serving(HEAD, b"x") as address:
            asked = venue("binance", {SPOT: f"http://{address}"}, timeout=0.2)
            async with (
                asyncio.timeout(LONGEST),
                Exchange(asked, patience=quick(), limits_folder=tmp_path) as exchange,
            ):
                await exchange.get(TIME)

    with pytest.raises(SourceBusyError, match="no whole answer"):
        asyncio.run(ask())


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_fetch_given_a_proxy_that_never_connects_ends(scheme: str) -> None:
    async def ask() -> SourceBusyError:
        async with serving(b"", b"") as address:
            endpoints = Endpoints(None, {}, proxy=f"{scheme}://{SECRET}@{address}", timeout=0.2)
            return await refusal(endpoints, "https://127.0.0.1:1/", None)

    error = asyncio.run(ask())

    assert "Timeout" in error.reason
    assert SECRET not in str(error)


def test_fetch_given_a_file_that_comes_slowly_waits_for_all_of_it() -> None:
    async def ask() -> bytes:
        endpoints = Endpoints(None, {}, timeout=0.2)
        async with serving(HEAD, b"x" * 50) as address, open_session(endpoints) as session:
            return (await fetch(session, f"http://{address}/")).body

    assert asyncio.run(ask()) == b"x" * 1000


def test_session_given_no_seconds_has_an_end_to_every_wait() -> None:
    async def waits() -> tuple[float | None, ...]:
        async with open_session(Endpoints(None, {}, timeout=30.0)) as session:
            set_ = session.timeout
            return set_.total, set_.connect, set_.sock_connect, set_.sock_read

    assert asyncio.run(waits()) == (LONGEST_DOWNLOAD, 20.0, 10.0, 30.0)
