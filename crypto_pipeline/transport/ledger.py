"""What all processes of this machine used of one limit, and who may go next.

A request counts from before it is sent until a whole window after its answer came: whenever within
that time the exchange counts it, no window of the exchange holds more than the limit, be it a
calendar minute or a rolling one, however long requests travel. The loss is one round trip a window.

Whoever finds the limit used up claims a place in the queue with what it needs; nobody passes an
older claim, so that a costly request is not starved by cheap ones, nor a process by others. A
claimant that is late (it computes, or is dead) is passed, and goes first when it comes back.

A request of a process that died counts from when that is noticed. What the exchange says was used,
and none of ours knows of, is added; see `report`.

What belongs here: the count, in seconds of any clock that all processes share. What does not:
waiting (`limits.py`), the file (`ledger_file.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from crypto_pipeline.transport.ledger_file import CELLS, SLICES, LedgerFile

_NEWEST, _START, _REPORTED, _REPORTED_AT, _REPORT_SENT = range(1, 6)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that may be sent.

    Attributes:
        place: where it is noted.
        cost: what it costs.
        sent: when it was noted.
        reported: the exchange's own count as it was last known then.
        reported_at: and since when.
    """

    place: int
    cost: int
    sent: float
    reported: float
    reported_at: float


@dataclass(slots=True)
class Claim:
    """A place in the queue: since when, and where it is noted, None while it is not."""

    since: float
    place: int | None = None


class Ledger:
    """One limit.

    Args:
        path: of the file that the processes share.
        clock: seconds that all of them read alike.
        allowed: what may be used in a window.
        seconds: of a window.
        grace: seconds that a claimant may be late before others pass it.
        lost: seconds after which a request without an answer has surely arrived or never will.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float],
        *,
        allowed: int,
        seconds: float,
        grace: float,
        lost: float,
    ) -> None:
        self.allowed, self._clock, self._seconds = allowed, clock, seconds
        self._slice = seconds / SLICES
        self._grace, self._lost = grace, lost
        self._file = LedgerFile(path)

    def take(self, cost: int, claim: Claim) -> Ticket | float:
        """Let a request pass, or say in how many seconds to ask again; 0: the file is in use."""
        with self._file.locked() as mine:
            if not mine:
                return 0.0
            now = self._advance()
            lacking = self._total() + self._before(claim, now) + cost - self.allowed
            if lacking > 0:
                self._bury(now)
                wait = self._wait(now, lacking)
                self._note(claim, cost, now + wait)
                return wait
            return self._admit(now, cost, claim)

    def settle(self, ticket: Ticket, used: int | None = None, *, rolling: bool = False) -> bool:
        """Note that the answer came, or that none will; False where the file is in use.

        Args:
            ticket: of the request.
            used: the exchange's own count, or None where it told none.
            rolling: whether that is of a rolling window; else of one that starts from 0.
        """
        file = self._file
        with file.locked() as mine:
            if not mine:
                return False
            now = self._advance()
            self._add(ticket.cost)
            if file.sent[ticket.place] == ticket.sent:
                file.costs[ticket.place] = file.sent[ticket.place] = 0.0
            if used is not None:
                self._report(ticket, now, used, rolling=rolling)
            return True

    def withdraw(self, claim: Claim) -> None:
        """Give up a place in the queue; where the file is in use, it is passed when it is late."""
        with self._file.locked() as mine:
            if mine:
                self._drop(claim)

    def use(self) -> float:
        """The share of the limit that is used just now, from 0 to 1; a glance without the lock."""
        oldest = int(self._clock() // self._slice) - SLICES
        newest = int(self._file.head[_NEWEST])
        used = sum(self._file.cells[number % CELLS] for number in range(oldest, newest + 1))
        return min(1.0, (used + sum(self._file.costs)) / self.allowed)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _admit(self, now: float, cost: int, claim: Claim) -> Ticket | float:
        file = self._file
        place = next((place for place, sent in enumerate(file.sent) if not sent), None)
        if place is None:
            self._bury(now)
            return self._slice
        # In this order: whoever is killed in between leaves a place that `_bury` frees.
        file.owners[place] = float(os.getpid())
        file.sent[place] = now
        file.costs[place] = float(cost)
        self._drop(claim)
        return Ticket(place, cost, now, file.head[_REPORTED], file.head[_REPORTED_AT])

    def _advance(self) -> float:
        """Forget what is older than a window, and say what time it is."""
        file, now = self._file, self._clock()
        current, newest = int(now // self._slice), int(file.head[_NEWEST])
        if newest > current:
            # The machine was started anew, and its clock with it.
            file.clear()
            newest = 0
        for number in range(max(newest + 1, current - SLICES), current + 1):
            file.cells[number % CELLS] = 0.0
        file.head[_NEWEST] = float(current)
        return now

    def _add(self, cost: float) -> None:
        self._file.cells[int(self._file.head[_NEWEST]) % CELLS] += cost

    def _total(self) -> float:
        return sum(self._file.cells.tolist()) + sum(self._file.costs.tolist())

    def _wait(self, now: float, lacking: float) -> float:
        """Seconds until so much is free again; a window, where it is still under way."""
        newest = int(self._file.head[_NEWEST])
        numbers = range(newest - SLICES, newest + 1)
        freed = accumulate(self._file.cells[number % CELLS] for number in numbers)
        for number, enough in zip(numbers, freed, strict=True):
            if enough >= lacking:
                return max(self._slice, (number + CELLS) * self._slice - now)
        return self._seconds

    def _bury(self, now: float) -> None:
        """Count what the dead had under way, and what is lost, as used now."""
        file = self._file
        for place, sent in enumerate(file.sent.tolist()):
            if sent and (now - sent > self._lost or not _is_alive(int(file.owners[place]))):
                self._add(file.costs[place])
                file.costs[place] = file.sent[place] = 0.0

    def _before(self, claim: Claim, now: float) -> float:
        """What those need that wait for longer and are not late."""
        file = self._file
        return sum(
            file.wants[place]
            for place, since in enumerate(file.claimed.tolist())
            if since
            and since < claim.since
            and place != claim.place
            and now <= file.due[place] + self._grace
        )

    def _note(self, claim: Claim, cost: int, due: float) -> None:
        file = self._file
        if claim.place is None or file.claimed[claim.place] != claim.since:
            claim.place = self._free_claim(due)
        if claim.place is not None:
            place = claim.place
            file.wants[place], file.due[place] = float(cost), due
            file.claimants[place], file.claimed[place] = float(os.getpid()), claim.since

    def _free_claim(self, now: float) -> int | None:
        """A place that is free, or whose claimant is dead."""
        for place, since in enumerate(self._file.claimed.tolist()):
            if not since or not _is_alive(int(self._file.claimants[place])):
                return place
        return None

    def _drop(self, claim: Claim) -> None:
        if claim.place is not None and self._file.claimed[claim.place] == claim.since:
            self._file.claimed[claim.place] = 0.0
        claim.place = None

    def _report(self, ticket: Ticket, now: float, used: int, *, rolling: bool) -> None:
        """Add what the exchange counted and we did not: another program of this address.

        Of a count that starts from 0 at some instant, only what we used since then may be held
        against it. A figure below one that was known when the request was sent tells that the count
        started anew after that one came.
        """
        head = self._file.head
        if ticket.sent < head[_REPORT_SENT]:
            return
        if used < ticket.reported:
            head[_START] = max(head[_START], ticket.reported_at)
        ours = self._total() if rolling else self._since(head[_START])
        self._add(max(0.0, used - ours))
        head[_REPORTED], head[_REPORTED_AT], head[_REPORT_SENT] = float(used), now, ticket.sent

    def _since(self, start: float) -> float:
        """What was used after the slice of that instant, with what is under way."""
        file = self._file
        newest = int(file.head[_NEWEST])
        first = max(int(start // self._slice) + 1, newest - SLICES)
        cells, place = file.cells.tolist(), first % CELLS
        # The cells are a ring; taken twice, no run of it is cut.
        used = [*cells, *cells][place : place + max(0, newest + 1 - first)]
        return sum(used) + sum(file.costs.tolist())


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
