"""Tables of trades: in order, whole, and possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.domain.trades import (
    AGG_TRADE_COLUMNS,
    AGG_TRADE_SCHEMA,
    TRADE_COLUMNS,
    TRADE_SCHEMA,
)
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.trade_columns import refuse_outside, taker_sides, trade_table

TIME = datetime(2023, 3, 1, tzinfo=UTC)


def fills(*seconds: int, **given: list[Any]) -> dict[str, pa.Array]:
    """Possible columns of trades at these seconds, numbered as they come."""
    columns: dict[str, pa.Array] = {
        "trade_seq": pa.array(range(1, len(seconds) + 1), pa.int64()),
        "ts_event": pa.array([TIME + timedelta(seconds=n) for n in seconds], TIMESTAMP),
        "price": pa.array([1.5] * len(seconds), pa.float64()),
        "amount": pa.array([2.0] * len(seconds), pa.float64()),
        "side": pa.array(["buy"] * len(seconds), pa.string()),
    }
    return {**columns, **{name: pa.array(values) for name, values in given.items()}}


def named(*seconds: int, ids: list[str]) -> dict[str, pa.Array]:
    """The same, with texts for ids."""
    columns = fills(*seconds, trade_id=ids)
    del columns["trade_seq"]
    return columns


def aggregated(*ids: int) -> dict[str, pa.Array]:
    columns = fills(*ids, agg_id=list(ids))
    del columns["trade_seq"]
    return columns


def test_trade_table_given_numbers_has_every_column() -> None:
    table = trade_table("x", [fills(0, 1)], Kind.TRADES)

    assert table.column_names == list(TRADE_COLUMNS)
    assert [f.type for f in table.schema] == [TRADE_SCHEMA.field(n).type for n in TRADE_COLUMNS]
    assert table.to_pylist()[1] == {
        "trade_id": "2",
        "trade_seq": 2,
        "ts_event": TIME + timedelta(seconds=1),
        "price": 1.5,
        "amount": 2.0,
        "side": "buy",
        "trade_type": None,
    }


def test_trade_table_given_texts_for_ids_has_no_numbers() -> None:
    table = trade_table("x", [named(0, 1, ids=["u1", "u2"])], Kind.TRADES)

    assert table["trade_seq"].null_count == 2
    assert table["trade_id"].to_pylist() == ["u1", "u2"]


def test_trade_table_given_aggregated_ones_goes_by_their_id() -> None:
    table = trade_table("x", [aggregated(3, 1, 2)], Kind.AGG_TRADES)

    assert table.column_names == list(AGG_TRADE_COLUMNS)
    assert [f.type for f in table.schema] == [
        AGG_TRADE_SCHEMA.field(n).type for n in AGG_TRADE_COLUMNS
    ]
    assert table["agg_id"].to_pylist() == [1, 2, 3]
    assert table["first_trade_seq"].null_count == 3


@pytest.mark.parametrize("kind", [Kind.TRADES, Kind.AGG_TRADES])
def test_trade_table_given_no_rows_has_none(kind: Kind) -> None:
    columns = fills() if kind is Kind.TRADES else aggregated()

    assert trade_table("x", [columns], kind).num_rows == 0


@pytest.mark.parametrize(
    ("seconds", "ids", "expected"),
    [
        ((0, 0, 1), ["a", "b", "c"], ["a", "b", "c"]),
        ((1, 0, 0), ["c", "b", "a"], ["a", "b", "c"]),
        ((0, 2, 1, 2), ["a", "c", "b", "d"], ["a", "b", "c", "d"]),
    ],
    ids=["oldest first", "newest first", "mixed"],
)
def test_trade_table_given_the_same_instant_keeps_the_order_of_the_venue(
    seconds: tuple[int, ...], ids: list[str], expected: list[str]
) -> None:
    table = trade_table("x", [named(*seconds, ids=ids)], Kind.TRADES)

    assert table["trade_id"].to_pylist() == expected


@given(st.permutations(range(8)))
def test_trade_table_given_any_order_sorts_by_time_and_number(order: list[int]) -> None:
    columns = fills(0, 0, 1, 1, 1, 2, 5, 5)

    shuffled = {name: values.take(pa.array(order)) for name, values in columns.items()}

    assert trade_table("x", [shuffled], Kind.TRADES).equals(
        trade_table("x", [columns], Kind.TRADES)
    )


@pytest.mark.parametrize(
    ("column", "values", "wrong"),
    [
        ("price", [1.5, 0.0], "row 2, price: got '0.0', expected a number above 0"),
        ("price", [1.5, float("nan")], "row 2, price: got 'nan', expected a number above 0"),
        ("amount", [-1.0, 2.0], "row 1, amount: got '-1.0', expected a number above 0"),
        ("amount", [1.0, None], "row 2, amount: got 'None', expected a value"),
        ("side", ["buy", "Sell"], "row 2, side: got 'Sell', expected 'buy' or 'sell'"),
        ("side", ["buy", None], "row 2, side: got 'None', expected a value"),
        ("trade_seq", [7, 7], "trade_seq: got '7' more than once"),
    ],
)
def test_trade_table_given_an_impossible_row_names_it(
    column: str, values: list[Any], wrong: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        trade_table("x", [fills(0, 1, **{column: values})], Kind.TRADES)

    assert str(caught.value).startswith(f"x, {wrong}")


def test_trade_table_given_a_number_twice_at_two_times_names_it() -> None:
    with pytest.raises(DecodeError, match="trade_seq: got '4' more than once"):
        trade_table("x", [fills(0, 1, 2, trade_seq=[4, 5, 4])], Kind.TRADES)


def test_trade_table_given_a_text_twice_names_it() -> None:
    with pytest.raises(DecodeError, match="trade_id: got 'u' more than once"):
        trade_table("x", [named(0, 1, ids=["u", "u"])], Kind.TRADES)


def test_trade_table_given_numbers_against_time_goes_by_time() -> None:
    table = trade_table("x", [fills(0, 2, 1)], Kind.TRADES)

    assert table["trade_seq"].to_pylist() == [1, 3, 2]


def test_taker_sides_given_a_buyer_who_made_says_that_the_taker_sold() -> None:
    assert taker_sides(pa.array([True, False])).to_pylist() == ["sell", "buy"]


def test_refuse_outside_given_the_next_day_names_the_time() -> None:
    table = trade_table("x", [fills(0, 60)], Kind.TRADES)

    refuse_outside("x", table, Span(TIME, TIME + timedelta(seconds=61)))
    with pytest.raises(DecodeError, match=r"x, ts_event: got 2023-03-01T00:01:00\+00:00"):
        refuse_outside("x", table, Span(TIME, TIME + timedelta(seconds=60)))
