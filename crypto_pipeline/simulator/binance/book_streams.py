"""The streams of the order book: diffs, best levels, best bid and ask.

What belongs here: their frames and when they are due. What does not: ids and differences
(`books.py`), REST's depth (`tickers.py`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crypto_pipeline.simulator.binance.books import (
    STEP,
    Books,
    Change,
    best_texts,
    levels_text,
    standing_id,
    update_id,
)
from crypto_pipeline.simulator.binance.dialects import MERGED_FROM, Dialect
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame


@dataclass(frozen=True, slots=True)
class BookStream:
    """What the three kinds share.

    Attributes:
        dialect: spot or perpetuals.
        books: whose books.
        listing: of which symbol.
        channel: the stream's name after the symbol.
        every: µs between two frames.
        per_ms: 1 for times in ms, 1000 for µs.
    """

    dialect: Dialect
    books: Books
    listing: Listing
    channel: str
    every: int
    per_ms: int

    def open_at(self, at: int) -> bool:
        """Whether the symbol has a book that moves at an instant, µs."""
        market, now = self.books.market, at // 1000
        return self.listing.trading(now) and not market.halted(self.listing, now)

    def frame(self, text: str, at: int, symbol: str | None = None) -> Frame:
        """A frame of this stream."""
        named = self.listing.symbol if symbol is None else symbol
        return Frame(text.encode(), at, self.channel, named)

    def time(self, at: int) -> int:
        """An instant in the stream's unit."""
        return at * self.per_ms // 1000

    def merged(self, at: int) -> str:
        """The fields that perpetuals' frames end with since the merger."""
        new = not self.dialect.spot and at >= MERGED_FROM
        return f',"ps":"{self.listing.symbol}","st":1' if new else ""


class _BookFeed(CadencedFeed):
    """A frame at each instant of a cadence while the book moves."""

    def __init__(self, stream: BookStream) -> None:
        super().__init__(stream.every)
        self.stream = stream

    def told(self, at: int) -> Iterable[Frame]:
        """The frames of one instant, µs since the epoch."""
        return self._moved(at) if self.stream.open_at(at) else ()

    @abstractmethod
    def _moved(self, at: int) -> Iterator[Frame]:
        """The frames of an instant at which the book moves."""


class DiffFeed(_BookFeed):
    """What changed since the frame before; a frame's ids follow on those of the one before."""

    def __init__(self, stream: BookStream) -> None:
        super().__init__(stream)
        self._from = 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing; the first frame tells what changed since the cadence's last instant."""
        self._from = now // self.stream.every * self.stream.every // STEP * STEP
        return super().opening(now)

    def _moved(self, at: int) -> Iterator[Frame]:
        stream, state = self.stream, at // STEP * STEP
        if not stream.open_at(self._from):
            self._from = state
        if state > self._from:
            change = stream.books.change(stream.listing, self._from, state)
            self._from = state
            yield stream.frame(diff_text(stream, change, at), at)


class PartialFeed(_BookFeed):
    """The best levels, all of them each time.

    Args:
        stream: which.
        levels: of each side.
    """

    def __init__(self, stream: BookStream, levels: int) -> None:
        super().__init__(stream)
        self.levels, self._last = levels, 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing; the first frame's ids follow on those of the cadence's last instant."""
        self._last = standing_id(self.stream.listing, now // self.every * self.every)
        return super().opening(now)

    def _moved(self, at: int) -> Iterator[Frame]:
        stream = self.stream
        book = stream.books.market.book(stream.listing, at, self.levels)
        digits = digits_of(stream.listing)
        bids = levels_text(digits, book.bid_price, book.bid_amount)
        asks = levels_text(digits, book.ask_price, book.ask_amount)
        last, before = update_id(book), self._last
        self._last = last
        if stream.dialect.spot:
            yield stream.frame(f'{{"lastUpdateId":{last},"bids":{bids},"asks":{asks}}}', at)
            return
        ids = f'"U":{before + 1},"u":{last},"pu":{before}'
        yield stream.frame(_update(stream, at, book.at, ids, bids, asks), at)


class BestFeed(_BookFeed):
    """Best bid and ask at each change, which is each step of the book."""

    def _moved(self, at: int) -> Iterator[Frame]:
        book = self.stream.books.best(self.stream.listing, at // STEP * STEP)
        yield self.stream.frame(best_text(self.stream, book, at), at)


class AllBestFeed(CadencedFeed):
    """`!bookTicker`: the best bid and ask of every symbol, a frame each.

    Args:
        streams: one a symbol.
    """

    def __init__(self, streams: Sequence[BookStream]) -> None:
        super().__init__(streams[0].every)
        self.streams = streams

    def told(self, at: int) -> Iterable[Frame]:
        """The frames of one instant, µs since the epoch."""
        return [
            each.frame(best_text(each, each.books.best(each.listing, at // STEP * STEP), at), at)
            for each in self.streams
            if each.open_at(at)
        ]


def diff_text(stream: BookStream, change: Change, at: int) -> str:
    """A `depthUpdate`."""
    digits = digits_of(stream.listing)
    bids = levels_text(digits, change.bid_price, change.bid_amount)
    asks = levels_text(digits, change.ask_price, change.ask_amount)
    ids = f'"U":{change.first_id},"u":{change.last_id}'
    if stream.dialect.spot:
        head = f'{{"e":"depthUpdate","E":{stream.time(at)},"s":"{stream.listing.symbol}"'
        return f'{head},{ids},"b":{bids},"a":{asks}}}'
    return _update(stream, at, change.at, f'{ids},"pu":{change.before}', bids, asks)


def _update(stream: BookStream, at: int, changed: int, ids: str, bids: str, asks: str) -> str:
    times = f'"E":{stream.time(at)},"T":{stream.time(changed)}'
    head = f'{{"e":"depthUpdate",{times},"s":"{stream.listing.symbol}"'
    return f'{head},{ids},"b":{bids},"a":{asks}{stream.merged(at)}}}'


def best_text(stream: BookStream, book: Book, at: int) -> str:
    """A `bookTicker`; spot's has neither type nor time."""
    bid, bid_amount, ask, ask_amount = best_texts(digits_of(stream.listing), book)
    best = (
        f'"u":{update_id(book)},"s":"{stream.listing.symbol}",'
        f'"b":"{bid}","B":"{bid_amount}","a":"{ask}","A":"{ask_amount}"'
    )
    if stream.dialect.spot:
        return f"{{{best}}}"
    times = f'"T":{stream.time(book.at)},"E":{stream.time(at)}'
    return f'{{"e":"bookTicker",{best},{times}{stream.merged(at)}}}'
