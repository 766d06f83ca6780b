"""Levels of an order book into one row."""

from __future__ import annotations

import pytest

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.order_books import BOOK_COLUMNS, BOOK_SCHEMA
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.book_columns import book_table


def test_book_table_given_two_sides_is_one_row_of_the_books_columns() -> None:
    table = book_table("b", [("2", "1"), ("1.5", "3")], [("3", "0.5")], at_us=7, sequence_id=9)

    assert [table.schema.field(name).type for name in BOOK_COLUMNS] == [
        BOOK_SCHEMA.field(name).type for name in BOOK_COLUMNS
    ]
    assert table.to_pylist() == [
        {
            "ts_event": EPOCH + 7 * MICROSECOND,
            "sequence_id": 9,
            "bids": [{"price": 2.0, "amount": 1.0}, {"price": 1.5, "amount": 3.0}],
            "asks": [{"price": 3.0, "amount": 0.5}],
        }
    ]


def test_book_table_given_a_silent_exchange_has_neither_time_nor_number() -> None:
    (row,) = book_table("b", [], [("3", "0.5")]).to_pylist()

    assert (row["ts_event"], row["sequence_id"], row["bids"]) == (None, None, [])


@pytest.mark.parametrize(
    ("bids", "asks", "named"),
    [
        ([("1", "x")], [], "b, bids, row 1, amount: got 'x'"),
        ([], [("1", "1"), ("nan", "1")], "b, asks, row 2, price: got 'nan'"),
        ([], [("1",)], "b, asks, row 1: got .*, expected a price and an amount"),
        ([("3", "1")], [("3", "1")], "a best bid below the best ask"),
        ([("1", "1"), ("2", "1")], [], "bids ordered from the best price on"),
        ([("1", "0")], [], "bids with a price and an amount above 0"),
    ],
)
def test_book_table_given_what_cannot_be_names_it(
    bids: list[tuple[str, ...]], asks: list[tuple[str, ...]], named: str
) -> None:
    with pytest.raises(DecodeError, match=named):
        book_table("b", bids, asks)
