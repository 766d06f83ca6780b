"""Topics that seldom or never say anything: system status, liquidations.

What belongs here: those feeds. What does not: the notices themselves (`status.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.bybit.status import changes, notices
from crypto_pipeline.simulator.streams.feeds import Feed, Frame
from crypto_pipeline.simulator.wire.answers import compact


class SilentFeed(Feed):
    """A topic without data: nothing is ever liquidated here."""

    def opening(self, now: int) -> list[Frame]:
        """Nothing."""
        return []

    def until(self, now: int) -> list[Frame]:
        """Nothing."""
        return []


class StatusFeed(Feed):
    """The notices of maintenance, whenever one of them changes."""

    def opening(self, now: int) -> list[Frame]:
        """Nothing at once."""
        self._at = now
        return []

    def until(self, now: int) -> list[Frame]:
        """A frame for each change."""
        due = changes(self._at // 1000, now // 1000)
        self._at = max(now, self._at)
        return [self._frame(at) for at in due]

    def _frame(self, at: int) -> Frame:
        document = {"topic": "system.status", "ts": at, "data": notices(at)[:1]}
        return Frame(compact(document), at * 1000, "system.status")
