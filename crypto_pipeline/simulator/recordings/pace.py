"""The clocks of replays: one that awaits the first client, one that goes as fast as clients read.

What belongs here: those clocks. What does not: the clock that runs from the start
(`simulator/clock.py`), and what is delivered (`replay.py`).
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Protocol
from weakref import WeakSet

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND, microseconds
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.subscriptions import LONGEST_JUMP, LONGEST_STEP

STEP_FRAMES = 2000
"""Frames of one stream that a step brings at most."""
SETTLING = 0.25
"""Seconds that a replay waits after a subscription, for the rest of a client's requests."""
PATIENCE = 10.0
"""Seconds that a client that does not read is waited for while another does."""


class Reader(Protocol):
    """A feed that is waited for."""

    seen: int

    def coming(self, count: int) -> tuple[int, int] | None:
        """Instants before which the next frame, and the next `count`, do not come; None: none."""

    def __hash__(self) -> int:
        """By identity."""


class ReplayClock(SimulatorClock, ABC):
    """A clock that knows which feeds of a replay there are."""

    @abstractmethod
    def watch(self, reader: Reader) -> None:
        """Take note of a feed that was asked for."""


class AwaitingClock(ReplayClock):
    """A clock that stands until a feed is asked for, and then runs; it may be set meanwhile.

    So a client that takes its time to connect gets a replay from the first frame on.

    Args:
        now: where it starts, aware and in UTC; None is the machine's time.
        speed: seconds that pass in a real second; 0 stands.
        settling: seconds that it stands on after the first subscription.
    """

    def __init__(
        self, now: datetime | None = None, speed: float = 1.0, *, settling: float = SETTLING
    ) -> None:
        self._settling, self._awaits = settling, True
        super().__init__(now, speed)

    def watch(self, reader: Reader) -> None:
        """Begin to run, if this is the first."""
        if self._awaits:
            # In this order: other threads ask for the time meanwhile.
            self._since, self._awaits = time.monotonic() + self._settling, False

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        return self._from if self._awaits else max(self._from, super().now())


class ReaderPacedClock(ReplayClock):
    """A clock that stands until all feeds were read up to its instant, and then steps forwards.

    It stands where nobody reads, where nothing more is recorded, and at speed 0; any other speed
    is as good as another. Only the thread that feeds are watched and read in moves it on; others
    may ask for the time at any moment.

    Args:
        now: where it starts, aware and in UTC; None is the machine's time.
        speed: 0 stands.
        settling: seconds that it stands on after each subscription.
        patience: seconds that a client that does not read is waited for while another does.
    """

    def __init__(
        self,
        now: datetime | None = None,
        speed: float = 1.0,
        *,
        settling: float = SETTLING,
        patience: float = PATIENCE,
    ) -> None:
        self._settling, self._patience = settling, patience
        self._readers: WeakSet[Reader] = WeakSet()
        self._joined = self._stepped = 0.0
        self._thread = 0
        super().__init__(now, speed)

    def set(self, now: datetime | None, speed: float) -> None:
        """Go on from `now` (None: the machine's time), standing if `speed` is 0."""
        super().set(now, speed)
        self._instant = self._from

    def watch(self, reader: Reader) -> None:
        """Wait for this feed as long as it exists."""
        self._thread = threading.get_ident()
        self._readers.add(reader)
        self._joined = time.monotonic()

    def now(self) -> datetime:
        """The simulated instant, in UTC; a step further if all have read up to the last one."""
        if self.speed > 0 and threading.get_ident() == self._thread:
            self._step(microseconds(self._instant))
        return self._instant

    def _step(self, now: int) -> None:
        since = time.monotonic()
        waited = since - max(self._joined, self._stepped)
        if since - self._joined < self._settling or self._waits(now, waited):
            return
        coming = [instants for reader in self._readers if (instants := reader.coming(STEP_FRAMES))]
        if not coming:
            return
        first, enough = (min(instants) for instants in zip(*coming, strict=True))
        # No further than a minute, unless the next frame is later.
        target = max(first, min(enough, now + LONGEST_STEP), now + 1)
        self.settings += target - now > LONGEST_JUMP
        self._instant, self._stepped = EPOCH + target * MICROSECOND, since

    def _waits(self, now: int, waited: float) -> bool:
        """Whether frames that are due have not been read; who never will is forgotten."""
        late = [reader for reader in self._readers if reader.seen < now and _due(reader, now)]
        if late and waited > self._patience and len(late) < len(self._readers):
            self._readers.difference_update(late)
            return False
        return bool(late)


def _due(reader: Reader, now: int) -> bool:
    coming = reader.coming(1)
    return coming is not None and coming[0] <= now
