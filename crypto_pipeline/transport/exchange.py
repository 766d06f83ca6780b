"""One exchange as this process speaks to it: requests within its limits, by the one retry rule.

What belongs here: the order of things: ban, stop, limit, request, meaning, next host. What does
not: each of them (`limits.py`, `stops.py`, `connections.py`, `refusals.py`, `retrying.py`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import aiohttp

from crypto_pipeline.errors import SourceBusyError, SourceError, VenueBlockedError
from crypto_pipeline.transport.connections import fetch, open_session
from crypto_pipeline.transport.limits import Limits
from crypto_pipeline.transport.refusals import (
    Refusal,
    archive_refusal,
    by_body,
    by_status,
    is_good,
)
from crypto_pipeline.transport.replies import Reply
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.transport.stops import Stops
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.venue import Venue


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer.

    Attributes:
        body: as it came, unpacked where it was sent compressed.
        url: as it was asked, query included; a key is never in it.
    """

    body: bytes
    url: str


class Exchange:
    """One exchange over HTTP; an asynchronous context, within which it may be asked.

    Args:
        venue: which, and by its endpoints where.
        patience: the retry rule and its memory; one of its own if None.
        connections: open at once, for REST and for the archive each; more requests wait for one.
        limits_folder: where processes share what they used; where the endpoints say if None.

    Attributes:
        venue: as given.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        patience: Patience | None = None,
        connections: int = 8,
        limits_folder: Path | None = None,
    ) -> None:
        self.venue = venue
        self._patience = patience or Patience()
        self._downloads = asyncio.Semaphore(connections)
        folder = limits_folder or venue.endpoints.limits_folder
        self._limits = Limits(venue, connections, folder)
        self._stops = Stops(venue, self._limits.folder)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session; connections are made as they are needed."""
        self._session = open_session(self.venue.endpoints)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
        self._session = None
        await self._limits.close()

    async def get(self, request: Request) -> Answer:
        """Make a request of the exchange's REST API: of its first host, else of the next ones.

        Raises:
            SymbolRefusedError: the exchange does not know the symbol.
            SourceMissingError: it does not have this (404).
            VenueBlockedError: every host refuses this address, for now or for good.
            SourceBusyError: no host gave an answer after as many attempts as the rule allows.
            SourceError: it refuses this request.
        """
        failures: list[SourceError] = []
        *others, last = self._urls(request)
        for url in (*others, last):
            ask = self._patience.ask if url is last else self._patience.ask_before_next
            try:
                return await ask(url, self._asked, url, request)
            except (SourceBusyError, VenueBlockedError) as error:
                failures.append(error)
        # A block names what a person can do; that a stand-in failed as well is less to the point.
        blocks = [error for error in failures if isinstance(error, VenueBlockedError)]
        raise (blocks or failures)[0]

    async def download(self, url: str) -> bytes:
        """Download a file of the archive, whole.

        Raises:
            SourceMissingError: the archive does not have it (404).
            VenueBlockedError: it refuses this address.
            SourceBusyError: it gave no whole answer after as many attempts as the rule allows.
            SourceError: any other refusal.
        """
        return await self._patience.ask(url, self._downloaded, url)

    def limit_use(self) -> float:
        """The share of the most used limit that is used just now, from 0 to 1."""
        return self._limits.use()

    def _urls(self, request: Request) -> list[str]:
        query = urlencode(request.parameters)
        path = f"{request.path}?{query}" if query else request.path
        return [f"{base}{path}" for base in self.venue.endpoints.rest[request.api]]

    async def _asked(self, url: str, request: Request) -> Answer:
        first = self.venue.endpoints.rest[request.api][0]
        await self._stops.passed(url, first)
        async with self._limits.charged(url, request) as charge:
            # It may have begun while we waited for our turn.
            await self._stops.passed(url, first)
            seconds, headers = self.venue.endpoints.timeout, self._headers(request)
            reply = await fetch(self._open(), url, headers=headers, seconds=seconds)
            charge.headers = reply.headers
        refusal = await self._refusal(reply, request)
        if refusal is not None:
            self._obey(refusal, reply, request)
            raise refusal.error
        return Answer(reply.body, url)

    def _obey(self, refusal: Refusal, reply: Reply, request: Request) -> None:
        """Tell all processes what this refusal asks for; seconds are the exchange's till here."""
        error, hurry = refusal.error, self.venue.endpoints.hurry
        if refusal.ban:
            self._stops.begin(reply.url, reply.status, refusal.ban)
        if not isinstance(error, SourceBusyError):
            return
        if refusal.limited:
            wait = error.retry_after
            error.retry_after = self._window(request) if wait is None else wait
            self._stops.begin(self.venue.endpoints.rest[request.api][0], 429, error.retry_after)
        if error.retry_after is not None:
            error.retry_after /= hurry

    def _window(self, request: Request) -> float:
        """The shortest window of the limits that a request counts in, in seconds.

        An exchange does not say which of them was broken; if it was another one, it says so again.
        """
        windows = (limit.seconds for limit in self.venue.limits if limit.name in request.costs)
        return min(windows, default=1.0)

    async def _refusal(self, reply: Reply, request: Request) -> Refusal | None:
        """What is wrong with an answer, None where nothing is."""
        if is_good(reply, self.venue.success):
            return None
        found = by_status(reply, self.venue.exchange)
        if found is not None:
            return found
        ccxt_id = self.venue.ccxt_ids[request.api]
        return await asyncio.to_thread(by_body, reply, self.venue.exchange, ccxt_id)

    async def _downloaded(self, url: str) -> bytes:
        async with self._downloads:
            reply = await fetch(self._open(), url, redirects=True)
        if reply.status != 200:
            error = archive_refusal(reply, self.venue.exchange)
            if isinstance(error, SourceBusyError) and error.retry_after is not None:
                error.retry_after /= self.venue.endpoints.hurry
            raise error
        return reply.body

    def _headers(self, request: Request) -> dict[str, str]:
        key, header = self.venue.endpoints.api_key, self.venue.key_header
        secret = {header: key} if key is not None and header is not None else {}
        return {**request.headers, **secret}

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError(f"the exchange {self.venue.exchange} is not open: use 'async with'")
        return self._session
