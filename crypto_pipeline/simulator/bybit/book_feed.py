"""The orderbook topics as feeds.

What belongs here: which frame is due when. What does not: how it is written (`books.py`).
"""

from __future__ import annotations

from dataclasses import replace

from crypto_pipeline.simulator.bybit import books
from crypto_pipeline.simulator.bybit.books import SENT_AFTER_US, STEPS, State
from crypto_pipeline.simulator.bybit.categories import Category
from crypto_pipeline.simulator.market.book import BOOK_STEP
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame

QUIET_US = 3_000_000
"""After so long without a change level 1 is sent again."""


class BookFeed(CadencedFeed):
    """One orderbook topic of one symbol.

    Args:
        market: whose book.
        category: spot or linear.
        listing: of what.
        topic: `1`, `50`, `200`, `1000` or `full`.
    """

    def __init__(
        self, market: SyntheticMarket, category: Category, listing: Listing, topic: str
    ) -> None:
        super().__init__(STEPS[topic] * BOOK_STEP)
        self.market, self.category, self.listing, self.topic = market, category, listing, topic
        self._restarted = 0
        self._reset_due = False

    def opening(self, now: int) -> list[Frame]:
        """The whole book; the full one comes from REST, and begins with nothing."""
        self._restarted, self._reset_due = 0, False
        self._at = now - SENT_AFTER_US
        self._state = self._state_at(self._at)
        self._sent_at = now
        return [] if self.topic == books.FULL else [self._snapshot(now)]

    def until(self, now: int) -> list[Frame]:
        """What changed, up to the state whose frame is due now."""
        return list(super().until(now - SENT_AFTER_US))

    def restart(self) -> None:
        """Begin anew as after a restart of the service: the next frame is a snapshot of u 1.

        The full book does not: its snapshots come over REST, which did not restart.
        """
        self._reset_due = self.topic != books.FULL

    def told(self, at: int) -> list[Frame]:
        """The frame of a state; none where the book stands still, or once it is delisted."""
        if not self.listing.trading(at // 1000):
            return []
        before, self._state = self._state, self._state_at(at)
        if self._reset_due:
            return [self._reset(at)]
        if self._state.book.step == before.book.step:
            return self._repeated(at)
        self._sent_at = at
        if self.topic == "1" or self._interrupted(before):
            return [self._snapshot(at + SENT_AFTER_US)]
        changes = books.delta(self.category, self.listing, before.book, self._state.book)
        return [self._frame("delta", changes, at + SENT_AFTER_US)]

    def _interrupted(self, before: State) -> bool:
        """Whether states are missing between, as after a halt: no delta may leave out a `u`."""
        return self.topic != books.FULL and self._state.u != before.u + 1

    def _reset(self, at: int) -> Frame:
        self._restarted, self._reset_due, self._sent_at = self._state.u - 1, False, at
        return self._snapshot(at + SENT_AFTER_US)

    def _repeated(self, at: int) -> list[Frame]:
        if self.topic != "1" or at - self._sent_at < QUIET_US:
            return []
        self._sent_at = at
        return [self._snapshot(at + SENT_AFTER_US)]

    def _state_at(self, at: int) -> State:
        depth = books.LEVELS[self.topic]
        return books.state_at(self.market, self.listing, at, self.topic, depth)

    def _snapshot(self, at: int) -> Frame:
        data = books.snapshot(self.category, self.listing, self._state.book)
        return self._frame("snapshot", data, at)

    def _frame(self, kind: str, data: str, at: int) -> Frame:
        state = replace(self._state, u=self._state.u - self._restarted)
        text = books.frame_text(self.category, self.listing, self.topic, kind, data, state)
        return Frame(text, at, f"orderbook.{self.topic}", self.listing.symbol)
