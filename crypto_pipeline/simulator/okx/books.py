"""Order books as OKX writes them: levels, snapshots, changes, checksums.

What belongs here: the state of a book at an instant, and how it and the difference of two are
written. What does not: when a frame is due (`book_feed.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from crypto_pipeline.simulator.market.book import changed_levels
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline.simulator.market.texts import trimmed_text
from crypto_pipeline.simulator.okx.trades import sequence

DEPTH = 400
"""Levels of each side of `books`, the most that `market/books` gives."""
FULL_DEPTH = 5000
"""The most that `market/books-full` gives."""
CHECKED_LEVELS = 25

Side = tuple[Integers, Integers, Integers]
"""Prices, amounts and order counts of one side, best first."""
Level = tuple[int, int, int]


def seq_id(book: Book) -> int:
    """The seqId of a state."""
    return int(sequence(book.at))


def bids_of(book: Book) -> Side:
    """The bids, best first."""
    return book.bid_price, book.bid_amount, book.bid_orders


def asks_of(book: Book) -> Side:
    """The asks, best first."""
    return book.ask_price, book.ask_amount, book.ask_orders


def sides_text(listing: Listing, book: Book, form: str = '["{}","{}","0","{}"]') -> str:
    """Both sides whole, as the `asks` and `bids` of a message.

    Args:
        listing: of what.
        book: its levels.
        form: of a level, from price, size and order count.
    """
    asks, bids = (
        ",".join(form.format(*_written(listing, level)) for level in levels(side))
        for side in (asks_of(book), bids_of(book))
    )
    return f'"asks":[{asks}],"bids":[{bids}]'


def changes_text(listing: Listing, before: Book, after: Book) -> str:
    """What differs, as the `asks` and `bids` of a message; a level that is gone has size 0."""
    asks = levels(changed_levels(asks_of(before), asks_of(after)))
    bids = levels(changed_levels(bids_of(before), bids_of(after)))
    written = (
        ",".join('["{}","{}","0","{}"]'.format(*_written(listing, level)) for level in side)
        for side in (sorted(asks), sorted(bids, reverse=True))
    )
    return '"asks":[{}],"bids":[{}]'.format(*written)


def levels(side: Sequence[Integers]) -> Iterable[Level]:
    """The levels of a side, in its order."""
    return zip(*(values.tolist() for values in side), strict=True)


def crc32(bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> int:
    """The checksum of a book as OKX's were until 2026-06-23: CRC-32 as a signed number.

    Args:
        bids: price and size as they were sent, best first.
        asks: likewise.
    """
    pairs = zip_longest(bids[:CHECKED_LEVELS], asks[:CHECKED_LEVELS], fillvalue=())
    text = ":".join(part for pair in pairs for level in pair for part in level)
    unsigned = zlib.crc32(text.encode())
    return unsigned - (1 << 32) if unsigned >> 31 else unsigned


def checksum(listing: Listing, book: Book) -> int:
    """The checksum of a state."""
    bids, asks = (
        [_written(listing, level)[:2] for level in levels(_best(side))]
        for side in (bids_of(book), asks_of(book))
    )
    return crc32(bids, asks)


def _best(side: Side) -> Side:
    return side[0][:CHECKED_LEVELS], side[1][:CHECKED_LEVELS], side[2][:CHECKED_LEVELS]


def _written(listing: Listing, level: Level) -> tuple[str, str, int]:
    price, amount, orders = level
    size = trimmed_text(amount, listing.contract_decimals)
    return trimmed_text(price, listing.price_decimals), size, orders
