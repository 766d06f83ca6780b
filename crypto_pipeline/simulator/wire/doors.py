"""Listeners: each host on a port of its own, its TLS twin, and doors that faults shut.

What belongs here: opening, shutting and opening again on the same port. What does not: what
happens on a connection (`host.py`, `sockets.py`).
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from crypto_pipeline.errors import PortBusyError
from crypto_pipeline.simulator.wire.faults import FaultBook
from crypto_pipeline.simulator.wire.host import Host
from crypto_pipeline.simulator.wire.tls import Authority

LOOPBACK = "127.0.0.1"
GRACE = 1.0
"""Seconds that open requests get at the end."""
_LOOK = 0.02
_BACKLOG = 1024
_SHUT = ("connection_refused", "outage")


@dataclass(slots=True)
class _Door:
    """One listener; `listening` is None while it is shut."""

    host: Host
    protocol: web.Server
    port: int
    context: ssl.SSLContext | None = None
    listening: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen, on the port of the last time if there was one.

        Raises:
            PortBusyError: another program listens there.
            OSError: no socket can be had.
        """
        try:
            listener = socket.create_server((LOOPBACK, self.port), backlog=_BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortBusyError(self.port) from error
        self.port = listener.getsockname()[1]
        self.listening = await asyncio.get_running_loop().create_server(
            self.protocol, sock=listener, ssl=self.context, backlog=_BACKLOG
        )

    def shut(self) -> None:
        """Listen no more; open connections stay."""
        if self.listening is not None:
            self.listening.close()
            self.listening = None

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.host.scheme}{'s' if self.context else ''}://{LOOPBACK}:{self.port}"


class Doors:
    """The listeners of all hosts.

    Args:
        hosts: to listen for.
        faults: the rules in force.
        ports: the next ones to take; 0 is any free one.
    """

    def __init__(self, hosts: Sequence[Host], faults: FaultBook, ports: Iterator[int]) -> None:
        self._hosts, self._faults, self._ports = hosts, faults, ports
        self._plain: list[_Door] = []
        self._twins: list[_Door] = []
        self._lock = asyncio.Lock()
        self._authority: Authority | None = None

    async def open(self) -> dict[str, str]:
        """Listen for every host; base URL by production host.

        Raises:
            PortBusyError: a port is taken.
        """
        self._plain = await self._opened(None)
        return {door.host.name: door.url for door in self._plain}

    async def open_twins(self) -> dict[str, str]:
        """Listen with TLS for every host, the first time; base URL by production host.

        Raises:
            PortBusyError: a port is taken; the next call tries those after it.
        """
        async with self._lock:
            if not self._twins:
                self._twins = await self._opened(self.authority())
        return {door.host.name: door.url for door in self._twins}

    def authority(self) -> Authority:
        """Who signs for the TLS twins; made the first time."""
        if self._authority is None:
            self._authority = Authority()
        return self._authority

    async def _opened(self, authority: Authority | None) -> list[_Door]:
        """A listening door for every host, or none of them if one cannot be opened."""
        doors = [self._door(host, authority) for host in self._hosts]
        with ExitStack() as undone:
            for door in doors:
                undone.callback(door.shut)
                await door.open()
            undone.pop_all()
        return doors

    def _door(self, host: Host, authority: Authority | None) -> _Door:
        fails = partial(self._faults.door, host.name, "tls_failure")
        context = None if authority is None else authority.context(fails)
        return _Door(host, host.server(), next(self._ports), context)

    async def obey(self) -> None:
        """Shut and open doors as the rules in force would have it."""
        async with self._lock:
            for door in (*self._plain, *self._twins):
                if self._faults.door(door.host.name, *_SHUT):
                    door.shut()
                    if self._faults.door(door.host.name, "outage"):
                        door.host.cut()
                elif door.listening is None:
                    await door.open()

    async def watch(self) -> None:
        """Obey rules whose time comes or goes, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            doors = (*self._plain, *self._twins)
            if self._faults.rules or any(door.listening is None for door in doors):
                with suppress(
                    PortBusyError, OSError
                ):  # the port is taken, or no file left: try again
                    await self.obey()

    async def close(self) -> None:
        """Shut every door and end every connection."""
        doors = (*self._plain, *self._twins)
        for door in doors:
            door.shut()
            door.host.hang_up()
        await asyncio.gather(*(door.protocol.shutdown(GRACE) for door in doors))
