"""The server's end of one websocket: frames onto a transport.

What belongs here: writing, faults of frames, counts, how much the client has still to read. What
does not: the handshake and reading (`sockets.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiohttp.abc import AbstractStreamWriter

from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.answers import Request
from crypto_pipeline.simulator.wire.counters import Surroundings
from crypto_pipeline.simulator.wire.encoding import (
    PING,
    PONG,
    close_frame,
    encode_compressed,
    encode_frames,
    frame,
)
from crypto_pipeline.simulator.wire.firehose import Firehose
from crypto_pipeline.simulator.wire.frame_faults import FrameFaults
from crypto_pipeline.simulator.wire.line import Line

BACKLOG = 1 << 20
"""Bytes that may wait for a client before the line counts as stalled."""
_CUT = 1006
_LEAST_WINDOW = 9


class SocketLine(Line):
    """One connection; what is said before it is open goes out when it opens.

    Args:
        surroundings: of its host.
        asked: the handshake.

    Attributes:
        ended: whether nothing more is sent.
        cut: whether the TCP connection is closed as well.
        sent: frames of messages so far.
    """

    def __init__(self, surroundings: Surroundings, asked: Request) -> None:
        self.client = asked.client
        self.ended = self.cut = False
        self.sent = 0
        self._surroundings = surroundings
        self._faults = FrameFaults(surroundings.faults, surroundings.name, asked.path)
        self._opened = surroundings.rules.seconds()
        self._transport: asyncio.Transport | None = None
        self._writer: AbstractStreamWriter | None = None
        self._window_bits = 0
        self._waiting: list[bytes] = []
        self._stalled_since: float | None = None
        self._draining: asyncio.Task[None] | None = None

    def open(
        self, transport: asyncio.Transport, writer: AbstractStreamWriter, window_bits: int
    ) -> None:
        """Go on the wire.

        Args:
            transport: of the connection.
            writer: tells when the transport has room.
            window_bits: of the negotiated compression, 0 for none.
        """
        transport.set_write_buffer_limits(high=BACKLOG, low=BACKLOG // 4)
        self._transport, self._writer, self._window_bits = transport, writer, window_bits
        waiting, self._waiting = self._waiting, []
        self._put(b"".join(waiting))
        if self.cut:
            transport.close()

    def send(self, *frames: Frame) -> None:
        """Send these, after the fault rules in force have had their say."""
        if self.ended or self._faults.silent():
            return
        payloads, close = self._faults.passed(frames)
        self._count(len(payloads))
        if payloads and self._window_bits:
            self._put(encode_compressed(payloads, max(self._window_bits, _LEAST_WINDOW)))
        elif payloads:
            self._put(encode_frames(payloads))
        if close is not None:
            self.close(close.code, close.reason)

    def ping(self, payload: bytes) -> None:
        """Send a PING frame."""
        self._control(PING, payload)

    def pong(self, payload: bytes) -> None:
        """Answer a PING frame."""
        self._control(PONG, payload)

    def _control(self, opcode: int, payload: bytes) -> None:
        if not self.ended and not self._faults.silent():
            self._put(frame(opcode, payload))

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame after everything else; no more is sent. 1006 cuts the connection."""
        if self.ended:
            return
        if code != _CUT and not self._faults.silent():
            self._put(close_frame(code, reason))
        self.ended = True
        if code == _CUT:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the TCP connection; what the client has not read by now is lost."""
        self.ended = self.cut = True
        if self._transport is not None and self._backlog():
            self._transport.abort()
        elif self._transport is not None:
            self._transport.close()

    async def flush(self, seconds: float) -> None:
        """Wait until the client has read everything, for so many seconds at most."""
        if self._transport is not None and self._backlog():
            self._transport.set_write_buffer_limits(high=1, low=0)
            await self.room(seconds)

    def obey(self) -> None:
        """Close the connection if a fault rule says so."""
        rule = self._faults.closing()
        if rule is not None:
            self.close(rule.code, rule.reason)

    def age(self) -> float:
        """Seconds since the connection was opened, as connection rules count them."""
        return self._surroundings.rules.seconds() - self._opened

    def limited(self) -> bool:
        """Whether limits and deadlines of connections are in force."""
        return self._surroundings.rules.limits

    def violate(self) -> None:
        """Count one violation of a limit by this client."""
        self._surroundings.counters.violations += 1

    def fault(self, name: str, channel: str = "", symbol: str = "") -> bool:
        """Whether a fault rule of that name strikes here and now; counts it if it does."""
        return self._faults.speech(name, channel, symbol)

    def stalled(self) -> bool:
        """Whether the client reads so slowly that nothing more should be sent for now."""
        backlog = self._backlog()
        if backlog <= BACKLOG:
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = self.age()
        return backlog > BACKLOG

    def stalled_for(self) -> float:
        """Seconds of the rules in force for which the client has been too slow."""
        return 0.0 if self._stalled_since is None else self.age() - self._stalled_since

    async def room(self, seconds: float) -> None:
        """Wait until the client has read, for so many seconds at most."""
        # A wait for `drain` that is cancelled breaks the next one, so that it is kept going.
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        await asyncio.wait({self._draining}, timeout=seconds)

    async def _drain(self) -> None:
        with suppress(ConnectionError):
            if self._writer is not None:
                await self._writer.drain()

    def pour(self, encoded: Sequence[bytes], frames: int) -> None:
        """Send ready-made websocket frames (headers included), many to a buffer, without faults."""
        if not self.ended:
            self._count(frames)
            self._put(b"".join(encoded) if len(encoded) != 1 else encoded[0])

    def pours(self) -> bool:
        """Whether the firehose is on."""
        return self._surroundings.rules.firehose

    def hose(self, frames: Sequence[Frame]) -> Callable[[], None]:
        """Encode these once; each call of the result sends as many as the client takes now."""
        firehose = Firehose(frames)
        return lambda: firehose.pour(self)

    def _backlog(self) -> int:
        """Bytes that the client has not taken; 0 before and after the connection."""
        if self._transport is None or self._transport.is_closing():
            return 0
        return self._transport.get_write_buffer_size()

    def _count(self, frames: int) -> None:
        self.sent += frames
        self._surroundings.counters.frames += frames

    def _put(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        elif self._transport.is_closing():
            self.ended = True
        elif data:
            self._transport.write(data)
