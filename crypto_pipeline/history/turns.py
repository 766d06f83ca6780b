"""Who goes next: a bounded number of requests at once, the earliest month of all series first.

Files of one month land together that way, so a commit touches one partition of the lake instead of
many. What belongs here: the order. What does not: the requests, or an exchange's limits.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count

Place = tuple[datetime, str]
"""Where in the order: the first open time that is asked for, then the series."""


class Turns:
    """Lets `at_once` tasks in; of those that wait, the one with the least place is next."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._arrivals = count()
        self._waiting: list[tuple[Place, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, place: Place) -> AsyncIterator[None]:
        """Wait for a turn and keep it for the length of the block."""
        await self._wait(place)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, place: Place) -> None:
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (place, next(self._arrivals), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Hand the turn to the next one that still waits, or keep it for whoever comes."""
        while self._waiting:
            *_, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
