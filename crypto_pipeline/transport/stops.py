"""When nobody may ask: an exchange told this address to wait, or a host banned it.

A 429 stops the API for all processes of this machine, for the time that it asks for; they wait. A
418 or 403 bans this address from that one host; the others of the API are asked meanwhile.

What belongs here: keeping these instants in small files of the shared folder, and obeying them.
What does not: what an answer means (`refusals.py`), how much may be asked (`limits.py`).
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.transport.limits import key_of, shared_seconds
from crypto_pipeline.transport.refusals import blocked
from crypto_pipeline.transport.retrying import LONGEST_WAIT
from crypto_pipeline.venues.venue import Venue

JITTER = 0.01
"""Seconds over which those that waited for the end of a stop come back."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that is in force.

    Attributes:
        status: of the answer that began it.
        left: real seconds until its end.
    """

    status: int
    left: float


class Stops:
    """The stops and bans of one exchange.

    Args:
        venue: whose.
        folder: the shared one.
    """

    def __init__(self, venue: Venue, folder: Path) -> None:
        self._venue, self._folder = venue, folder
        self._hurry = venue.endpoints.hurry

    def begin(self, url: str, status: int, seconds: float) -> None:
        """Stop what has the host of `url`, unless it is stopped for longer already.

        Args:
            url: of the API's first host for a stop, of the host for a ban.
            status: of the answer.
            seconds: as the exchange counts them.
        """
        now, path = shared_seconds(self._hurry), self._path(url, ban=status != 429)
        found = self._read(path)
        if found is not None and found.left * self._hurry >= seconds:
            return
        fresh = path.with_suffix(f".{os.getpid()}-{random.getrandbits(32):08x}")
        fresh.write_text(f"{now!r} {now + seconds!r} {status}", encoding="ascii")
        fresh.replace(path)

    def ban(self, url: str) -> Stop | None:
        """The ban from the host of `url`, None where there is none."""
        return self._read(self._path(url, ban=True))

    async def passed(self, url: str, first: str) -> None:
        """Wait for the end of a stop.

        Args:
            url: what is to be asked.
            first: the base URL of the API's first host.

        Raises:
            VenueBlockedError: the host has banned this address.
            SourceBusyError: the stop lasts longer than LONGEST_WAIT.
        """
        ban = self.ban(url)
        if ban is not None:
            raise blocked(url, ban.status, self._venue.exchange, ban.left, asked=False)
        stop = self._read(self._path(first, ban=False))
        if stop is None:
            return
        if stop.left > LONGEST_WAIT:
            reason = f"not asked: the exchange said 429 and asked to wait, {stop.left:.0f} s more"
            raise SourceBusyError(url, reason, retry_after=stop.left)
        await asyncio.sleep(stop.left + random.random() * JITTER)  # noqa: S311 no secret

    def _path(self, url: str, *, ban: bool) -> Path:
        what = "ban" if ban else "stop"
        netloc = urlsplit(url).netloc
        name = key_of(self._venue.endpoints, self._venue.exchange, netloc, what)
        return self._folder / f"{name}.{what}"

    def _read(self, path: Path) -> Stop | None:
        # Looked for before each request, and hardly ever there: an error is dearer than a look.
        if not path.exists():
            return None
        now = shared_seconds(self._hurry)
        with suppress(FileNotFoundError, ValueError):
            begun, until, status = path.read_text(encoding="ascii").split()
            # One that begins later was written before the machine was started anew.
            if float(begun) <= now < float(until):
                return Stop(int(status), (float(until) - now) / self._hurry)
        return None
