"""Connections to an exchange: one session, through the proxy of the settings where one is named.

What belongs here: sockets, time-outs, the proxy, and an answer's bytes. What does not: what an
answer means (`refusals.py`), when it is asked for again (`retrying.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import version

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.transport.replies import Reply
from crypto_pipeline.venues.records import Endpoints

LONGEST_CONNECT = 10.0
"""Seconds that a connection may take to be made, or `Endpoints.timeout` where that is less."""
LONGEST_DOWNLOAD = 3600.0
"""Seconds that any answer may take, whole."""
USER_AGENT = f"crypto-pipeline/{version('crypto-pipeline')}"
"""Coinbase refuses requests without one."""
_PROXY_ERRORS = (
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    ProxyConnectionError,
    ProxyTimeoutError,
    ProxyError,
)


def open_session(endpoints: Endpoints) -> aiohttp.ClientSession:
    """A session that uses its connections again; how many there are is up to who asks."""
    connect = min(LONGEST_CONNECT, endpoints.timeout)
    timeout = aiohttp.ClientTimeout(
        total=LONGEST_DOWNLOAD,
        # With what an HTTP proxy takes to make the connection behind it.
        connect=2 * connect,
        sock_connect=connect,
        sock_read=endpoints.timeout,
    )
    connector, proxy = _route(endpoints.proxy)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, proxy=proxy, headers={"User-Agent": USER_AGENT}
    )


def _route(proxy: str | None) -> tuple[aiohttp.BaseConnector, str | None]:
    """The connector, and the proxy that the session itself must be told of."""
    if proxy is not None and proxy.startswith("socks"):
        socks: aiohttp.BaseConnector = ProxyConnector.from_url(proxy, limit=0)
        return socks, None
    return aiohttp.TCPConnector(limit=0), proxy


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    redirects: bool = False,
    seconds: float | None = None,
) -> Reply:
    """One GET, whatever it answers.

    Args:
        session: to ask through.
        url: with its query.
        headers: beside the session's own.
        redirects: whether they are followed; never where a header carries a key.
        seconds: in which the whole answer must be there, or LONGEST_DOWNLOAD if None.

    Raises:
        SourceBusyError: there was no whole answer.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            session.get(url, headers=headers, allow_redirects=redirects) as response,
        ):
            return Reply(url, response.status, response.headers, await response.read())
    except _PROXY_ERRORS as error:
        # Neither its text nor its place in the chain of causes: both may show the proxy's password.
        reason = f"no answer ({type(error).__name__}: the proxy refuses or is not there)"
        raise SourceBusyError(url, reason) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        said = f": {error}" if str(error) else ""
        reason = f"no whole answer ({type(error).__name__}{said})"
        raise SourceBusyError(url, reason) from error
