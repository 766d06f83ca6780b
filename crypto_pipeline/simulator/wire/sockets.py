"""Websockets: a conversation of an exchange on a client's real connection.

What belongs here: the handshake, reading, ticking, the end. What does not: what is said (each
exchange), writing frames (`socket_line.py`), and plain HTTP (`host.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from aiohttp import WSMessage, WSMsgType, web

from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.counters import Surroundings
from crypto_pipeline.simulator.wire.line import Conversation, SocketLogic
from crypto_pipeline.simulator.wire.socket_line import SocketLine

TICK = 0.02
"""Seconds between two ticks, or as long as the last tick took, if that is longer."""
MANY = 100
"""Frames of a tick after which the next one follows at once, as there is a queue of them."""
SLOW_READER = 30.0
"""Seconds of the rules in force after which a client that reads nothing is sent away."""
MOST_BYTES = 1 << 20
"""Size of the largest message that a client may send; more is answered with close code 1009."""
_CLOSE_WAIT = 2.0
_STALLED_WAIT = 0.1
_LONGEST_REST = 1.0
_ENDS = (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR)


def asks_for_websocket(headers: Mapping[str, str]) -> bool:
    """Whether a request's headers ask for a websocket; they may still be wrong."""
    return headers.get("Upgrade", "").lower().strip() == "websocket"


class Sockets:
    """The websockets of one host.

    Args:
        logic: what they say.
        surroundings: of the host.
    """

    def __init__(self, logic: SocketLogic, surroundings: Surroundings) -> None:
        self._logic, self._surroundings = logic, surroundings
        self._deflate = bool(getattr(logic, "deflate", False))
        self._lines: set[SocketLine] = set()

    async def serve(self, request: web.BaseRequest, asked: Request) -> web.StreamResponse | Answer:
        """Accept a handshake and talk until the connection ends, or refuse it."""
        socket = web.WebSocketResponse(
            timeout=_CLOSE_WAIT,
            autoping=False,
            autoclose=False,
            compress=self._deflate,
            max_msg_size=MOST_BYTES,
        )
        if not socket.can_prepare(request).ok:
            return bad_handshake()
        line = SocketLine(self._surroundings, asked)
        conversation = self._logic.greet(asked, line)
        if isinstance(conversation, Answer):
            return conversation
        self._lines.add(line)
        try:
            writer = await socket.prepare(request)
            if request.transport is not None:
                line.open(request.transport, writer, int(socket.compress))
            await self._talk(socket, line, conversation)
        finally:
            self._lines.discard(line)
            line.hang_up()
            conversation.ended()
        return socket

    def hang_up(self) -> None:
        """End every connection."""
        for line in list(self._lines):
            line.close(1001)
            line.hang_up()

    async def _talk(
        self, socket: web.WebSocketResponse, line: SocketLine, conversation: Conversation
    ) -> None:
        """Hear and tick until either ends; what either raises is raised after a close frame."""
        hearing = asyncio.create_task(_hear(socket, line, conversation))
        ticking = asyncio.create_task(_tick(line, conversation))
        tasks = {hearing, ticking}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            failed = next((task.exception() for task in done if task.exception()), None)
            line.close(1000 if failed is None else 1011)
            if hearing not in done and not line.cut:
                await asyncio.wait({hearing}, timeout=_CLOSE_WAIT)
            await line.flush(_CLOSE_WAIT)
            if failed is not None:
                raise failed
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(
    socket: web.WebSocketResponse, line: SocketLine, conversation: Conversation
) -> None:
    """Give what the client sends to the conversation, until it closes."""
    while True:
        message = await socket.receive()
        if message.type in _ENDS:
            return
        if message.type is WSMsgType.CLOSE:
            line.close(message.data or 1005)
            return
        if not line.ended:
            _heard(message, line, conversation)


def _heard(message: WSMessage, line: SocketLine, conversation: Conversation) -> None:
    if message.type is WSMsgType.PING:
        line.pong(message.data)
        conversation.hear_ping(message.data)
    elif message.type is WSMsgType.PONG:
        conversation.hear_pong(message.data)
    else:
        conversation.hear(message.data)


async def _tick(line: SocketLine, conversation: Conversation) -> None:
    """Let the conversation speak while the line is open and the client reads."""
    while not line.ended:
        if line.stalled():
            if line.stalled_for() > SLOW_READER and line.limited():
                line.hang_up()
            await line.room(_STALLED_WAIT)
            continue
        sent, began = line.sent, time.monotonic()
        line.obey()
        conversation.tick()
        taken = min(time.monotonic() - began, _LONGEST_REST)
        await asyncio.sleep(0 if line.sent - sent >= MANY else max(TICK, taken))


def bad_handshake() -> Answer:
    """What a websocket host says to a request that is no valid handshake."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Sec-Websocket-Version": "13"}
    return Answer(400, b"Bad Request\n", headers)
