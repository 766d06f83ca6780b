"""What a CSV of an archive may hold; refused by file, row and field."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.csv_columns import CsvLayout, instants, read_columns
from crypto_pipeline.venues.csv_text import CsvText

LAYOUT = CsvLayout(
    columns=("id", "skipped", "price", "side", "maker", "size"),
    types={
        "id": pa.string(),
        "price": pa.float64(),
        "side": pa.dictionary(pa.int32(), pa.string()),
        "maker": pa.bool_(),
        "size": pa.float64(),
    },
)
ROW = b"1-a,?,1.5,buy,true,2\n"
SECOND = b"2-a,,0.25,sell,False,3e-2\n"
HEADER = b"id,skipped,price,side,maker,size\n"
CHINESE = "交易编号/id,skipped,price,side,maker,size\n".encode()


def refusal(text: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        read_columns(CsvText("trades.csv", text), LAYOUT)
    assert str(caught.value).startswith("trades.csv")
    return caught.value


@pytest.mark.parametrize("header", [b"", HEADER, CHINESE], ids=["none", "english", "bilingual"])
def test_read_columns_given_a_header_or_none_keeps_the_same(header: bytes) -> None:
    table = read_columns(CsvText("trades.csv", header + ROW + SECOND), LAYOUT)

    assert table.schema.types == list(LAYOUT.types.values())
    assert table.to_pylist() == [
        {"id": "1-a", "price": 1.5, "side": "buy", "maker": True, "size": 2.0},
        {"id": "2-a", "price": 0.25, "side": "sell", "maker": False, "size": 0.03},
    ]


@pytest.mark.parametrize("text", [HEADER, HEADER[:-1], b""])
def test_read_columns_given_a_header_at_most_has_no_rows(text: bytes) -> None:
    table = read_columns(CsvText("trades.csv", text), LAYOUT)

    assert (table.num_rows, table.column_names) == (0, list(LAYOUT.types))


@pytest.mark.parametrize(
    ("row", "field", "given"),
    [
        (b"2-a,,0.25,sell,False\n", None, "5 fields"),
        (b"2-a,,0.25,sell,False,3,\n", None, "7 fields"),
        (b"2-a,,0.25,sell,maybe,3\n", "maker", "'maybe'"),
        (b"2-a,,0.25,,False,3\n", "side", "nothing"),
        (b",,0.25,sell,False,3\n", "id", "nothing"),
        (b"2-a,,,sell,False,3\n", "price", "nothing"),
        (b"2-a,,0.25,sell,,3\n", "maker", "nothing"),
        (b"2-a,,x,sell,False,3\n", "price", "'x'"),
        (b"2-a,, 1,sell,False,3\n", "price", "' 1'"),
        (b"2-a,,nan,sell,False,3\n", "price", "nan"),
        (b"2-a,,1,sell,False,inf\n", "size", "inf"),
        (b"2-a,,1.234567890123456,sell,False,3\n", "price", "'1.234567890123456'"),
        (b"2-a,,1,\xff,False,3\n", "side", "'�'"),
    ],
)
@pytest.mark.parametrize("header", [b"", HEADER], ids=["bare", "header"])
def test_read_columns_given_a_bad_row_names_row_and_field(
    header: bytes, row: bytes, field: str | None, given: str
) -> None:
    error = refusal(header + ROW + row + ROW)

    assert (error.row, error.field) == (len(header[:1]) + 2, field)
    assert error.given == given


def test_read_columns_given_a_longer_amount_takes_the_nearest_double() -> None:
    text = b"1-a,,1,buy,true,1234567890.123456789\n"

    assert read_columns(CsvText("x", text), LAYOUT)["size"].to_pylist() == [1234567890.1234567]


@given(st.binary(max_size=200))
def test_read_columns_given_any_bytes_raises_nothing_else(text: bytes) -> None:
    with suppress(DecodeError):
        assert read_columns(CsvText("trades.csv", text), LAYOUT).column_names == list(LAYOUT.types)


@pytest.mark.parametrize("stamp", [1_677_628_800_123, 1_677_628_800_123_000])
def test_instants_given_ms_or_µs_are_the_same(stamp: int) -> None:
    times = instants("x", pa.chunked_array([[stamp]]))

    assert times.to_pylist() == [datetime(2023, 3, 1, 0, 0, 0, 123_000, tzinfo=UTC)]


def test_instants_given_both_units_names_them() -> None:
    mixed = pa.chunked_array([[1_677_628_800_000], [1_677_628_800_000_000]])

    with pytest.raises(DecodeError, match="x, time: got 1677628800000 and 1677628800000000"):
        instants("x", mixed)


def test_instants_given_none_are_none() -> None:
    assert len(instants("x", pa.chunked_array([], pa.int64()))) == 0
