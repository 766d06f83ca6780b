"""The feeds of one connection, merged into one row of frames.

What belongs here: which feeds a connection holds, how far it got, and what a clock that was set
does to it. What does not: an exchange's streams, and sockets.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Protocol

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.streams.feeds import Feed, Frame

LONGEST_STEP = 60_000_000
"""Simulated µs that one call of `advance` covers at most."""
LONGEST_JUMP = 3_600_000_000
"""Simulated µs that the clock may be set forwards without the feeds starting anew."""

POURED_STRETCH = 86_400_000_000
"""Simulated µs before now that a firehose takes its frames from."""
MOST_POURED = 50_000
"""Frames that a firehose holds encoded, and sends again and again."""


class Tap(Protocol):
    """The connection, as a firehose needs it."""

    def pours(self) -> bool:
        """Whether feeds with `firehose` are poured in place of being sent when due."""

    def hose(self, frames: Sequence[Frame]) -> Callable[[], None]:
        """Encode these once; each call of the result sends as many as the client takes now."""


class Subscriptions:
    """Every feed that a connection subscribed to.

    Feeds run on the connection's own instant, which follows the clock: at most `LONGEST_STEP` a
    call, so that a clock set forwards delivers all in between. A clock set backwards, or forwards
    by more than `LONGEST_JUMP`, starts every feed anew with its opening frames.

    Args:
        clock: the simulated time.
        tap: the connection, for the firehose; None has none.
    """

    def __init__(self, clock: SimulatorClock, tap: Tap | None = None) -> None:
        self._clock, self._tap = clock, tap
        self._feeds: dict[str, Feed] = {}
        self._at, self._settings = clock.now_us(), clock.settings
        self._waiting: list[Frame] = []
        self._hoses: dict[str, Callable[[], None]] = {}

    def add(self, key: str, feed: Feed) -> list[Frame]:
        """Hold a feed, in place of another of the same key; its opening frames."""
        self._keep_up()
        if not self._feeds:
            self._at = self._clock.now_us()
        self._hoses.pop(key, None)
        self._feeds[key] = feed
        return list(feed.opening(self._at))

    def remove(self, key: str) -> bool:
        """Let a feed go; whether there was one of that key."""
        self._hoses.pop(key, None)
        return self._feeds.pop(key, None) is not None

    def keys(self) -> list[str]:
        """The keys of all feeds, in the order they were added."""
        return list(self._feeds)

    def __contains__(self, key: object) -> bool:
        """Whether there is a feed of that key."""
        return key in self._feeds

    def __len__(self) -> int:
        """How many feeds."""
        return len(self._feeds)

    def advance(self) -> list[Frame]:
        """All frames due since the last call, ascending by `at`; feeds of one instant as added."""
        self._keep_up()
        begun, self._waiting = self._waiting, []
        poured = self._pour()
        until = min(self._clock.now_us(), self._at + LONGEST_STEP)
        if until <= self._at:
            return begun
        self._at = until
        due = [feed.until(until) for key, feed in self._feeds.items() if key not in poured]
        return begun + list(heapq.merge(*due, key=attrgetter("at")))

    def _pour(self) -> dict[str, Callable[[], None]]:
        """Pour the feeds that are, by key; those of them that begin now are encoded first.

        Feeds that are poured no more go on from now.
        """
        if self._tap is None or not self._tap.pours():
            for key in self._hoses:
                self._feeds[key].opening(self._at)
            self._hoses.clear()
            return self._hoses
        for key, feed in self._feeds.items():
            if feed.firehose and key not in self._hoses:
                self._hoses[key] = self._tap.hose(self._past(feed))
        for pour in self._hoses.values():
            pour()
        return self._hoses

    def _past(self, feed: Feed) -> list[Frame]:
        """Up to `MOST_POURED` frames of the last day; the feed stands at now again."""
        feed.opening(self._at - POURED_STRETCH)
        frames: list[Frame] = []
        for at in range(self._at - POURED_STRETCH, self._at, POURED_STRETCH // 144):
            frames += feed.until(at)
            if len(frames) >= MOST_POURED:
                break
        feed.opening(self._at)
        return frames[:MOST_POURED]

    def _keep_up(self) -> None:
        """Start every feed anew if the clock was set too far from where the connection is."""
        now, was_set = self._clock.now_us(), self._settings != self._clock.settings
        self._settings = self._clock.settings
        if now >= self._at and not (was_set and now - self._at > LONGEST_JUMP):
            return
        self._at = now
        self._waiting = [frame for feed in self._feeds.values() for frame in feed.opening(now)]
