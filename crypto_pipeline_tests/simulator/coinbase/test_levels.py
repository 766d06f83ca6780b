"""Books told as changes, without a wire."""

import pytest

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.coinbase.levels import MOST_STATES, Changes, Levels, depth
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers
from crypto_pipeline_tests.simulator.coinbase.logics import MARKET

AT = 1_739_190_870_000_000
STEP = 100_000


@pytest.fixture
def levels() -> Levels:
    return Levels(MARKET)


def listing(symbol: str) -> Listing:
    found = MARKET.listing("coinbase", InstrumentType.SPOT, symbol)
    assert found is not None
    return found


def side(price: Integers, amount: Integers) -> dict[int, int]:
    return dict(zip(price.tolist(), amount.tolist(), strict=True))


def told(book: Book, changes: list[Changes]) -> tuple[dict[int, int], dict[int, int]]:
    """What a client holds that began with a book and took all changes."""
    bids, asks = side(book.bid_price, book.bid_amount), side(book.ask_price, book.ask_amount)
    for change in changes:
        bids |= side(change.bid_price, change.bid_amount)
        asks |= side(change.ask_price, change.ask_amount)
    return _left(bids), _left(asks)


def _left(levels: dict[int, int]) -> dict[int, int]:
    return {price: amount for price, amount in levels.items() if amount}


@pytest.mark.parametrize("symbol", ["BTC-USD", "SOL-USD", "ENJ-USD", "USDT-USD"])
@pytest.mark.parametrize("steps", [1, 63, 64, 65, 250])
def test_changes_given_a_book_lead_to_the_next(levels: Levels, symbol: str, steps: int) -> None:
    of, until = listing(symbol), AT + steps * STEP
    changes = levels.changes(of, AT, until)
    book = levels.book(of, until)
    held = told(levels.book(of, AT), changes)
    assert held == (side(book.bid_price, book.bid_amount), side(book.ask_price, book.ask_amount))
    assert len(changes) == min(steps, MOST_STATES) or steps > MOST_STATES > len(changes)


def test_changes_given_no_step_in_between_are_none(levels: Levels) -> None:
    assert levels.changes(listing("BTC-USD"), AT + 1, AT + STEP - 1) == []


def test_changes_given_the_next_midnight_lead_to_it(levels: Levels) -> None:
    of, midnight = listing("ETH-USD"), AT // 86_400_000_000 * 86_400_000_000
    changes = levels.changes(of, midnight - 5 * STEP, midnight + 5 * STEP)
    book = levels.book(of, midnight + 5 * STEP)
    bids, _ = told(levels.book(of, midnight - 5 * STEP), changes)
    assert bids == side(book.bid_price, book.bid_amount)


def test_depth_given_busy_and_quiet_products_differs() -> None:
    assert depth(listing("BTC-USD")) == 10_000
    assert depth(listing("ENJ-USD")) == 1_000


def test_changes_given_a_delisting_end_with_it(levels: Levels) -> None:
    of = listing("XMR-USD")
    assert of.delisted_at is not None
    end = of.delisted_at * 1000
    assert levels.changes(of, end - 5 * STEP, end + 50 * STEP)[-1].at < end
    assert levels.changes(of, end + STEP, end + 50 * STEP) == []


def test_books_given_a_halt_stand_and_go_on_after_it(levels: Levels) -> None:
    of, end = listing("BTC-USD"), 1_677_957_900_000_000
    held = levels.book(of, end - STEP)
    changes = levels.changes(of, end - 5 * STEP, end + 3 * STEP)
    after = levels.book(of, end + 3 * STEP)

    assert held.at < end - 3_600_000_000
    assert levels.book(of, end - 10_000_000) is held
    assert [len(each) > 0 for each in changes] == [False] * 4 + [True] * 4
    assert told(held, changes) == (
        side(after.bid_price, after.bid_amount),
        side(after.ask_price, after.ask_amount),
    )
