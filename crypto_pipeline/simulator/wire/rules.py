"""Rules of conduct that the control API switches: limits, and how fast their clocks go.

What belongs here: the switches. What does not: limits themselves, each exchange has its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Rules:
    """What is in force.

    Attributes:
        limits: whether rate limits, subscription limits and deadlines are enforced.
        hurry: how many seconds of pings, deadlines and limit windows pass in a real one.
        firehose: whether subscriptions to trades get pre-encoded frames as fast as they are read.
        okx_checksum: whether OKX's books carry the CRC32 of before 2026-06-23 in place of 0.
    """

    limits: bool = True
    hurry: float = 1.0
    firehose: bool = False
    okx_checksum: bool = False

    def seconds(self) -> float:
        """A monotonic clock of connection rules, in seconds."""
        return time.monotonic() * self.hurry
