"""What an exchange allows this address, shared by every process of the machine.

Each limit of a venue is a ledger (`ledger.py`) in a file of a folder that this user's processes
share, whatever their CRYPTO_HOME: `<temporary folder>/crypto-pipeline-<user id>/limits`. Simulators
on other ports, other proxies and other values of a parameter that is counted apart have ledgers of
their own. Of a limit of 100 or more a hundredth is left alone, for what else uses this address.

Why not pyrate-limiter 4.5.1 with its SQLite bucket: it notes when a request was let through, not
when the exchange may have counted it, so a margin for travel would have to be guessed; it writes a
row for each unit of weight; its file lock makes an event loop of four processes wait for up to
350 ms (measured); and it has neither a queue between processes nor a correction by headers. A
ledger takes a tenth of a ms, and never waits.

What belongs here: keys, waiting, headers. What does not: the count, and what a request costs
(`venues/`).
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from crypto_pipeline.errors import SourceBusyError, UsageError
from crypto_pipeline.transport.ledger import Claim, Ledger, Ticket
from crypto_pipeline.transport.retrying import LONGEST_WAIT
from crypto_pipeline.venues.capabilities import Limit, Request
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue

LONGEST_TURN = 600.0
GRACE = 0.005
"""Seconds that another process may be late with its turn before it is passed."""
LOST = LONGEST_WAIT + 120.0
"""Seconds after which a request without an answer counts as arrived: it may have waited for the end
of a stop before it was sent."""
IN_USE = 0.0005
"""Seconds before a ledger is tried again that another process writes just now."""
KEPT = 7 * 86_400.0
"""Seconds that a file stays which nobody writes; any window is shorter, and any ban: Binance's
longest is of three days."""
CLOSE_TRIES = 200
"""Of noting the last answers."""
MOST_OPEN = 200


def shared_folder() -> Path:
    """The folder of this user's processes on this machine, made if need be.

    Raises:
        UsageError: it belongs to somebody else, or others may enter it.
    """
    base = Path(tempfile.gettempdir()) / f"crypto-pipeline-{os.getuid()}"
    for folder in (base, base / "limits"):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise UsageError(
                f"{folder} must be a folder that you own and that nobody else may enter: the "
                f"limits of exchanges are shared there. Remove it, or set TMPDIR to another folder"
            )
    _sweep(base / "limits")
    return base / "limits"


def _sweep(folder: Path) -> None:
    """Remove what nobody wrote for KEPT seconds: empty ledgers, stops that are over, left-overs."""
    for path in folder.iterdir():
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink()


def shared_seconds(hurry: float) -> float:
    """Seconds of an exchange's limits that all processes read alike, since the machine started."""
    return time.monotonic() * hurry


def key_of(endpoints: Endpoints, exchange: str, netloc: str, *parts: str) -> str:
    """The name of a shared file: by exchange, host, way there (no secret of it) and more."""
    proxy = urlsplit(endpoints.proxy or "")
    way = f"{proxy.hostname}:{proxy.port}" if endpoints.proxy else "direct"
    text = "\0".join((exchange, netloc, way, f"{endpoints.hurry:g}", *parts))
    return f"{exchange}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


@dataclass(slots=True)
class Charge:
    """What one request was charged.

    Attributes:
        headers: of its answer, to be filled in once there is one.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    tickets: list[tuple[_Account, Ticket]] = field(default_factory=list)


class Limits:
    """The limits of one exchange as this process keeps them.

    Args:
        venue: whose.
        at_once: how many requests may be under way.
        folder: the shared one; the user's own of this machine if None.
        longest_turn: seconds that the first in this process's queue waits before it gives up.
        most_open: ledgers that stay open; idle ones beyond are closed.
    """

    def __init__(
        self,
        venue: Venue,
        at_once: int,
        folder: Path | None = None,
        *,
        longest_turn: float = LONGEST_TURN,
        most_open: int = MOST_OPEN,
    ) -> None:
        self._longest_turn, self._most_open = longest_turn, most_open
        self._places = asyncio.Semaphore(at_once)
        self.folder = folder or shared_folder()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._venue = venue
        self._limits = {limit.name: limit for limit in venue.limits}
        self._accounts: dict[str, _Account] = {}

    @asynccontextmanager
    async def charged(self, url: str, request: Request) -> AsyncIterator[Charge]:
        """Wait until a request may be sent, and hold what it costs until the block's end.

        Only the first in the queue of a limit is charged without being sent yet: the others learn
        first what the answers before theirs told.

        Raises:
            SourceBusyError: others use the limit up for too long.
        """
        charge = Charge()
        try:
            async with AsyncExitStack() as turns:
                for name, cost in sorted(request.costs.items()):
                    account = await self._account(self._limits[name], request)
                    await turns.enter_async_context(account.turn())
                    charge.tickets.append((account, await account.take(url, cost)))
                await self._places.acquire()
            try:
                yield charge
            finally:
                self._places.release()
        finally:
            for account, ticket in charge.tickets:
                account.settle(ticket, charge.headers)

    def use(self) -> float:
        """The share of the most used limit that is used just now, from 0 to 1."""
        return max((account.use() for account in self._accounts.values()), default=0.0)

    async def close(self) -> None:
        """Close all ledgers, after what is known has been written."""
        for account in self._accounts.values():
            await account.close()
        self._accounts.clear()

    async def _account(self, limit: Limit, request: Request) -> _Account:
        endpoints = self._venue.endpoints
        netloc = urlsplit(endpoints.rest[request.api][0]).netloc
        apart = str(request.parameters.get(limit.by, "")) if limit.by else ""
        key = key_of(endpoints, self._venue.exchange, netloc, limit.name, apart)
        if key not in self._accounts:
            await self._close_idle()
            path = self.folder / f"{key}.limit"
            self._accounts[key] = _Account(path, limit, endpoints.hurry, self._longest_turn)
        account = self._accounts[key] = self._accounts.pop(key)  # the last one used comes last
        return account

    async def _close_idle(self) -> None:
        for key, account in list(self._accounts.items()):
            if len(self._accounts) < self._most_open:
                return
            if account.idle:
                del self._accounts[key]
                await account.close()


class _Account:
    """One ledger as this process waits for it: first come, first served."""

    def __init__(self, path: Path, limit: Limit, hurry: float, longest_turn: float) -> None:
        self._limit, self._hurry, self._longest_turn = limit, hurry, longest_turn
        self._turn = asyncio.Lock()
        self._users = 0
        self._unsettled: list[tuple[Ticket, int | None]] = []
        self._ledger = Ledger(
            path,
            lambda: shared_seconds(hurry),
            allowed=limit.cost - limit.cost // 100,
            seconds=limit.seconds,
            grace=GRACE * hurry,
            lost=LOST * hurry,
        )

    @property
    def idle(self) -> bool:
        """Whether nobody waits for it or is under way."""
        return not self._users

    def use(self) -> float:
        return self._ledger.use()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Be the first in this process's queue for the length of the block."""
        self._users += 1
        try:
            async with self._turn:
                yield
        finally:
            self._users -= 1

    async def take(self, url: str, cost: int) -> Ticket:
        """Wait until so much may be used; only in one's turn.

        Raises:
            SourceBusyError: others use it up.
            ValueError: the request costs more than is ever allowed.
        """
        if cost > self._ledger.allowed:
            raise ValueError(f"{url} costs {cost}, of {self._ledger.allowed} of {self._limit.name}")
        claim = Claim(shared_seconds(self._hurry))
        until = time.monotonic() + self._longest_turn
        try:
            while (left := until - time.monotonic()) > 0:
                answer = self._ledger.take(cost, claim)
                if isinstance(answer, Ticket):
                    self._users += 1
                    return answer
                wait = answer / self._hurry if answer else IN_USE
                await asyncio.sleep(min(left, wait + random.random() * IN_USE))  # noqa: S311 no secret
        except BaseException:
            self._ledger.withdraw(claim)
            raise
        self._ledger.withdraw(claim)
        name, seconds = self._limit.name, self._longest_turn
        reason = f"its limit '{name}' was used up by others for {seconds:.0f} s"
        raise SourceBusyError(url, reason, retry_after=math.inf)

    def settle(self, ticket: Ticket, headers: Mapping[str, str]) -> None:
        """Note that an answer came; at once, or a moment later where the ledger is in use."""
        self._unsettled.append((ticket, self._reported(headers)))
        self._settle_all()

    async def close(self) -> None:
        """Close the ledger, after the last answers were noted if it is in use for a moment only."""
        for _ in range(CLOSE_TRIES):
            self._settle_all()
            if not self._unsettled:
                break
            await asyncio.sleep(IN_USE)
        self._unsettled.clear()
        self._ledger.close()

    def _settle_all(self) -> None:
        rolling = self._limit.left_header is not None
        while self._unsettled:
            ticket, used = self._unsettled[0]
            if not self._ledger.settle(ticket, used, rolling=rolling):
                asyncio.get_running_loop().call_later(IN_USE, self._settle_all)
                return
            self._unsettled.pop(0)
            self._users -= 1

    def _reported(self, headers: Mapping[str, str]) -> int | None:
        """What the exchange says was used, or None."""
        used, left = (
            headers.get(name, "") if name else ""
            for name in (self._limit.used_header, self._limit.left_header)
        )
        if used.isdecimal():
            return int(used)
        return self._limit.cost - int(left) if left.isdecimal() else None
