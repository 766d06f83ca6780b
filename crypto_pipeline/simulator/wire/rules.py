"""Rules of conduct that the control API switches: limits, and how fast their clocks go.

What belongs here: the switches. What does not: limits themselves, each exchange has its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Rules:
    """What is in force.

    Args:
        limits: whether rate limits, subscription limits and deadlines are enforced.
        hurry: how many seconds of pings, deadlines and limit windows pass in a real one.
        firehose: whether subscriptions to trades get pre-encoded frames as fast as they are read.
        okx_checksum: whether OKX's books carry the CRC32 of before 2026-06-23 in place of 0.
        monotonic: the real seconds.
    """

    def __init__(
        self,
        *,
        limits: bool = True,
        hurry: float = 1.0,
        firehose: bool = False,
        okx_checksum: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits, self.firehose, self.okx_checksum = limits, firehose, okx_checksum
        self._hurry, self._monotonic = hurry, monotonic
        self._since = self._at = monotonic()

    @property
    def hurry(self) -> float:
        """How many seconds of `seconds()` pass in a real one; setting it makes no jump."""
        return self._hurry

    @hurry.setter
    def hurry(self, hurry: float) -> None:
        self._at, self._since = self.seconds(), self._monotonic()
        self._hurry = hurry

    def seconds(self) -> float:
        """A monotonic clock of connection rules, in seconds."""
        return self._at + (self._monotonic() - self._since) * self._hurry
