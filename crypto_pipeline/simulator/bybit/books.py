"""Order books as Bybit writes them: REST snapshots, and the frames of the orderbook topics.

What belongs here: the state that a topic is in at an instant, and how it and the difference of
two are written. What does not: when a frame is due (`book_feed.py`).

`u` counts the states of a topic, so that every connection sees the same one: a state of the
topics up to 200 levels is one step of the market's book, of 1000 and of all levels it is two
steps. A REST book carries the `u` of the topic of 1000 levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crypto_pipeline.simulator.bybit.categories import SPOT, Category
from crypto_pipeline.simulator.bybit.executions import sequence
from crypto_pipeline.simulator.bybit.numbers import text
from crypto_pipeline.simulator.market.book import BOOK_STEP, changed_levels
from crypto_pipeline.simulator.market.calendar import standing
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

STEPS = {"1": 1, "50": 1, "200": 1, "1000": 2, "full": 2}
"""How many steps of the market's book are one state, by what the topic is called."""
LEVELS = {"1": 1, "50": 50, "200": 200, "1000": 1000, "full": 10_000}
FULL = "full"
SENT_AFTER_US = 1_000
"""From a state to the frame of it."""


@dataclass(frozen=True, slots=True)
class State:
    """A topic's book at an instant.

    Attributes:
        book: its levels.
        u: which state of the topic.
    """

    book: Book
    u: int

    @property
    def cts(self) -> int:
        """When the matching engine made it, ms since the epoch."""
        return self.book.at // 1000

    @property
    def seq(self) -> int:
        """Its place among the trades and books of all depths."""
        return int(sequence(self.book.at))


def state_at(market: SyntheticMarket, listing: Listing, at: int, topic: str, depth: int) -> State:
    """The last state of a topic up to an instant; in a halt, the last one before it.

    Args:
        market: whose book.
        listing: of what.
        at: µs since the epoch.
        topic: which of `STEPS`.
        depth: the most levels of each side.
    """
    length = STEPS[topic] * BOOK_STEP
    begun = standing(listing, at) // length * length
    book = market.book(listing, begun, depth)
    return State(book, book.step // STEPS[topic])


def rest_result(listing: Listing, state: State, now_ms: int) -> bytes:
    """The `result` of a REST book; spot and linear alike drop the zeros at the end of numbers."""
    book = state.book
    return (
        f'{{"s":"{listing.symbol}","b":{_levels(listing, book.bid_price, book.bid_amount)},'
        f'"a":{_levels(listing, book.ask_price, book.ask_amount)},'
        f'"ts":{min(state.cts + 1, now_ms)},"u":{state.u},"seq":{state.seq},"cts":{state.cts}}}'
    ).encode()


def frame_text(
    category: Category, listing: Listing, topic: str, kind: str, data: str, state: State
) -> bytes:
    """One frame of an orderbook topic.

    Args:
        category: spot, and level 1 of linear, write `ts` before `type`.
        listing: of what.
        topic: which of `STEPS`.
        kind: `snapshot` or `delta`.
        data: the two sides, of `snapshot` or `delta`.
        state: the state it leads to.
    """
    ts = f'"ts":{(state.book.at + SENT_AFTER_US) // 1000}'
    kinds = f'"type":"{kind}"'
    first, second = (ts, kinds) if category is SPOT or topic in ("1", FULL) else (kinds, ts)
    return (
        f'{{"topic":"orderbook.{topic}.{listing.symbol}",{first},{second},'
        f'"data":{{"s":"{listing.symbol}",{data},"u":{state.u},"seq":{state.seq}}},'
        f'"cts":{state.cts}}}'
    ).encode()


def snapshot(category: Category, listing: Listing, book: Book) -> str:
    """Both sides whole."""
    bids = _levels(listing, book.bid_price, book.bid_amount, category.padded)
    return f'"b":{bids},"a":{_levels(listing, book.ask_price, book.ask_amount, category.padded)}'


def delta(category: Category, listing: Listing, before: Book, after: Book) -> str:
    """What differs, best levels first; a level that left the depth has size 0.

    Where nothing differs the best bid is written once more: no frame is empty, and `u` goes on.
    """
    old_bids, new_bids = (before.bid_price, before.bid_amount), (after.bid_price, after.bid_amount)
    old_asks, new_asks = (before.ask_price, before.ask_amount), (after.ask_price, after.ask_amount)
    bids = sorted(_rows(changed_levels(old_bids, new_bids)), reverse=True)
    asks = sorted(_rows(changed_levels(old_asks, new_asks)))
    if not bids and not asks:
        bids = [*_rows(new_bids)][:1]
    written = (_pairs(listing, side, category.padded) for side in (bids, asks))
    return '"b":{},"a":{}'.format(*written)


def _levels(listing: Listing, price: Integers, amount: Integers, padded: bool = False) -> str:
    return _pairs(listing, _rows((price, amount)), padded)


def _rows(columns: Sequence[Integers]) -> Iterable[tuple[int, int]]:
    """Price and amount of each level."""
    return zip(*(values.tolist() for values in columns), strict=True)


def _pairs(listing: Listing, levels: Iterable[tuple[int, int]], padded: bool) -> str:
    prices, lots = listing.price_decimals, listing.lot_decimals
    pairs = (
        f'["{text(price, prices, padded)}","{text(size, lots, padded) if size else 0}"]'
        for price, size in levels
    )
    return f"[{','.join(pairs)}]"
