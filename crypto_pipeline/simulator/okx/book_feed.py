"""The channels of order books as feeds: `books`, `books5`, `bbo-tbt`.

What belongs here: which frame is due when. What does not: how it is written (`books.py`).

A book changes on a grid of 100 ms, `bbo-tbt` (10 ms on OKX) no oftener.
"""

from __future__ import annotations

from abc import abstractmethod

from crypto_pipeline.simulator.market.book import BOOK_STEP
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import books
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.rules import Rules

QUIET_US = 60_000_000
"""After so long without a change there is a frame all the same."""
SNAPSHOTS = {"books5": 5, "bbo-tbt": 1}
"""Levels of the channels that send the whole of them each time."""


class BookFeed(CadencedFeed):
    """A channel of one instrument's book.

    Args:
        market: whose book.
        listing: of what.
        channel: its name.
        depth: levels of each side.
    """

    def __init__(self, market: SyntheticMarket, listing: Listing, channel: str, depth: int) -> None:
        super().__init__(BOOK_STEP)
        self.market, self.listing = market, listing
        self.channel, self.depth = channel, depth

    def opening(self, now: int) -> list[Frame]:
        """The whole book."""
        self._at = self._sent_at = now
        self._book = self.market.book(self.listing, now, self.depth)
        return [self._frame(None, now)]

    def told(self, at: int) -> list[Frame]:
        """What changed since the state before; nothing once the instrument is delisted."""
        if not self.listing.trading(at // 1000):
            return []
        before = self._book
        self._book = self.market.book(self.listing, at, self.depth)
        if self._book.step == before.step and at - self._sent_at < QUIET_US:
            return []
        self._sent_at = at
        return [self._frame(before, at)]

    def _frame(self, before: Book | None, at: int) -> Frame:
        argument = f'{{"arg":{{"channel":"{self.channel}","instId":"{self.listing.symbol}"}},'
        text = argument + self._message(before, self._book)
        return Frame(text.encode(), at, self.channel, self.listing.symbol)

    @abstractmethod
    def _message(self, before: Book | None, book: Book) -> str:
        """A frame's text after its `arg`; `before` is None at the opening."""


class SnapshotFeed(BookFeed):
    """`books5` or `bbo-tbt`: all levels each time; on `books5` only where they changed."""

    def _message(self, before: Book | None, book: Book) -> str:
        sides = books.sides_text(self.listing, book)
        name = f'"instId":"{self.listing.symbol}",' if self.channel == "books5" else ""
        tail = f'{name}"ts":"{book.at // 1000}","seqId":{books.seq_id(book)}'
        return f'"data":[{{{sides},{tail}}}]}}'


class IncrementalFeed(BookFeed):
    """`books`: the whole book, then its changes.

    Args:
        market: whose book.
        listing: of what.
        rules: whether the checksum is computed or 0.
    """

    def __init__(self, market: SyntheticMarket, listing: Listing, rules: Rules) -> None:
        super().__init__(market, listing, "books", books.DEPTH)
        self.rules = rules

    def _message(self, before: Book | None, book: Book) -> str:
        if before is None:
            action, levels, previous = "snapshot", books.sides_text(self.listing, book), -1
        else:
            levels = books.changes_text(self.listing, before, book)
            action, previous = "update", books.seq_id(before)
        checksum = books.checksum(self.listing, book) if self.rules.okx_checksum else 0
        return (
            f'"action":"{action}","data":[{{{levels},"ts":"{book.at // 1000}",'
            f'"checksum":{checksum},"prevSeqId":{previous},"seqId":{books.seq_id(book)}}}]}}'
        )
