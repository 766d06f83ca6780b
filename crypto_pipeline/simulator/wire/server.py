"""aiohttp's low-level server, with the counting and the manners of an exchange's front.

What belongs here: connections accepted, and requests that are no HTTP. What does not: answers
(`host.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from crypto_pipeline.simulator.wire.answers import plain_refusal

LONGEST_LINE = 1 << 16
"""Bytes of a request line; a thousand streams in a query fit."""

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class CountingServer(web.Server):
    """A server that tells of each connection it accepts.

    Args:
        handle: answers a request.
        opened: is told of each connection.
    """

    def __init__(self, handle: Handle, opened: Callable[[asyncio.Transport], None]) -> None:
        super().__init__(handle)
        self._opened = opened
        self._options: dict[str, Any] = {"access_log": None, "max_line_size": LONGEST_LINE}

    def __call__(self) -> RequestHandler:
        """The protocol of the next connection."""
        return _Connection(self, loop=asyncio.get_running_loop(), **self._options)

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Tell of it."""
        self._opened(transport)
        super().connection_made(handler, transport)


class _Connection(RequestHandler):
    """One connection; what is no HTTP gets a proxy's 400, as at an exchange."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that cannot be read, or log an error of ours."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        answer = plain_refusal(status)
        response = web.Response(status=status, body=answer.body, headers=answer.headers)
        response.force_close()
        return response
