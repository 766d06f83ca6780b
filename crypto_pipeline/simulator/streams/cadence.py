"""A feed that speaks at the instants of a cadence.

What belongs here: those instants. What does not: what is said at them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from crypto_pipeline.simulator.streams.feeds import Feed, Frame, instants


class CadencedFeed(Feed):
    """Frames at the multiples of a length of time.

    Args:
        every: that length, µs.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self._at = 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing; the first frames are at the cadence's next instant."""
        self._at = now
        return ()

    def until(self, now: int) -> Sequence[Frame]:
        """The frames since the last call."""
        due = instants(self._at, now, self.every)
        self._at = max(now, self._at)
        return [frame for at in due for frame in self.told(at)]

    @abstractmethod
    def told(self, at: int) -> Iterable[Frame]:
        """The frames of one instant, µs since the epoch."""
