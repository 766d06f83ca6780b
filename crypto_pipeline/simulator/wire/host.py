"""One production host on a port of its own: HTTP, counters, and faults carried out.

What belongs here: everything between a host's answer and the wire. What does not: the answers, and
what is said on websockets (`sockets.py`).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from crypto_pipeline.simulator.wire.answers import Answer, HostLogic, Request, refusal
from crypto_pipeline.simulator.wire.counters import HostCounters, Surroundings
from crypto_pipeline.simulator.wire.faults import FaultBook
from crypto_pipeline.simulator.wire.http_rules import DelayRule, HttpRule
from crypto_pipeline.simulator.wire.line import SocketLogic
from crypto_pipeline.simulator.wire.ranges import part_of
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline.simulator.wire.server import CountingServer
from crypto_pipeline.simulator.wire.sockets import Sockets, asks_for_websocket, bad_handshake
from crypto_pipeline.simulator.wire.spoiling import instead, spoiled

Logic = HostLogic | SocketLogic

_READING = frozenset({"GET", "HEAD"})
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_TOO_MUCH = 10
_LOGGER = logging.getLogger(__name__)
_CLIENT_GONE = 499  # as proxies write it in their logs; nobody reads it


class Host:
    """One host.

    Args:
        name: the production host it stands for.
        logic: what it answers, what it says on websockets, or both.
        faults: the fault rules in force, shared by all hosts.
        rules: limits and the pace of their clocks, shared by all hosts.
    """

    def __init__(self, name: str, logic: Logic, faults: FaultBook, rules: Rules) -> None:
        self.name, self.logic = name, logic
        self._surroundings = Surroundings(name, faults, rules)
        self._faults = faults
        self._answers = logic if isinstance(logic, HostLogic) else None
        self._sockets = (
            Sockets(logic, self._surroundings) if isinstance(logic, SocketLogic) else None
        )
        self._methods = _READING | getattr(logic, "methods", frozenset())
        self._transports: set[asyncio.Transport] = set()

    @property
    def counters(self) -> HostCounters:
        """What it saw since the start."""
        return self._surroundings.counters

    @property
    def scheme(self) -> str:
        """`http`, or `ws` where it has nothing but websockets."""
        return "ws" if self._answers is None else "http"

    def server(self) -> web.Server:
        """A server to listen with; several share the counters."""
        return CountingServer(self.handle, self.opened)

    def opened(self, transport: asyncio.Transport) -> None:
        """Count a connection."""
        self.counters.connections += 1
        self._transports = {each for each in self._transports if not each.is_closing()}
        self._transports.add(transport)

    def hang_up(self) -> None:
        """End every websocket."""
        if self._sockets is not None:
            self._sockets.hang_up()

    def cut(self) -> None:
        """Cut every open connection."""
        for transport in self._transports:
            transport.abort()
        self._transports.clear()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; a client that is gone gets nothing."""
        try:
            return await self._handle(request)
        except ConnectionError:
            return web.Response(status=_CLIENT_GONE)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, as the rules in force would have it."""
        self.counters.request(request.path)
        rules = self._faults.met_by(self.name, request.path)
        for delay in rules:
            if isinstance(delay, DelayRule):
                await asyncio.sleep(delay.seconds)
        rule = next((rule for rule in rules if not isinstance(rule, DelayRule)), None)
        if rule is not None and rule.kind == "connection_reset":
            return _reset(request)
        answer = await self._answered(request, rule)
        if isinstance(answer, web.StreamResponse):
            return answer
        self.counters.weights += answer.weight
        self.counters.violations += answer.violation
        if rule is not None and rule.kind in ("drop", "wrong_content_length"):
            return await _cut_short(request, answer, half=rule.kind == "drop")
        answer = part_of(answer, request.headers) if answer.status == HTTPStatus.OK else answer
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _answered(
        self, request: web.BaseRequest, rule: HttpRule | None
    ) -> Answer | web.StreamResponse:
        asked = Request(
            request.path, request.query, request.headers, request.remote or "", request.method
        )
        other = None if rule is None else instead(self.logic, asked.path, rule)
        if other is not None:
            return other
        if self._sockets is not None and asks_for_websocket(request.headers):
            return await self._sockets.serve(request, asked)
        if self._answers is None:
            return bad_handshake()
        if asked.method not in self._methods:
            return refusal(self.logic, 405)
        if self._answers.slow(asked):
            return await asyncio.to_thread(_answer, self._answers, asked, rule)
        return _answer(self._answers, asked, rule)


def _answer(logic: HostLogic, asked: Request, rule: HttpRule | None) -> Answer:
    """The host's answer, spoiled; an error of ours is logged and is the exchange's own 500."""
    try:
        answer = logic.answer(asked)
        return answer if rule is None else spoiled(logic, answer, asked.path, rule)
    except Exception:
        _LOGGER.exception("no answer to %s %s", asked.path, dict(asked.query))
        return refusal(logic, 500)


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    """Reset the TCP connection in place of an answer."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        request.transport.abort()
    return web.Response(status=500)


async def _cut_short(request: web.BaseRequest, answer: Answer, *, half: bool) -> web.StreamResponse:
    """Say a Content-Length, send less, close the connection.

    Args:
        request: to answer.
        answer: the true one.
        half: whether half of the body is sent; else all of it, and the length is too great.
    """
    body = answer.body[: len(answer.body) // 2] if half else answer.body
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body) + (0 if half else _TOO_MUCH)
    await response.prepare(request)
    await response.write(body)
    if request.transport is not None:
        request.transport.close()
    return response
