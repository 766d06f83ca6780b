"""Settlements of any exchange: rounded, ascending, and none twice."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from crypto_pipeline.domain.funding import FUNDING_COLUMNS
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.funding_columns import funding_table

HOUR = 3_600_000_000
FIRST = datetime(2025, 2, 9, tzinfo=UTC)
START = 1_739_059_200_000_000


def settled(*stamps_us: int, **columns: pa.Array) -> pa.Table:
    rates = pa.array([0.0001 * (n + 1) for n in range(len(stamps_us))], pa.float64())
    stamps = np.array(stamps_us, dtype=np.int64)
    return funding_table("funding", stamps, {"rate": rates, **columns})


@pytest.mark.parametrize("stamp", [START, START + 17_000, START - 17_000])
def test_settlements_given_some_milliseconds_of_jitter_are_due_on_the_second(stamp: int) -> None:
    assert settled(stamp)["funding_time"].to_pylist() == [FIRST]


def test_settlements_given_the_newest_first_ascend_with_their_rates() -> None:
    table = settled(START + 8 * HOUR, START)

    assert [at.hour for at in table["funding_time"].to_pylist()] == [0, 8]
    assert table["rate"].to_pylist() == [0.0002, 0.0001]


def test_settlements_given_what_a_venue_never_says_are_null_there() -> None:
    table = settled(START, START + HOUR, mark_price=pa.array([1.0, None]))

    assert table.column_names == list(FUNDING_COLUMNS)
    assert table["rate_predicted"].null_count == table["interval_hours"].null_count == 2
    assert table["mark_price"].to_pylist() == [1.0, None]


def test_settlements_given_none_are_an_empty_table_of_all_columns() -> None:
    table = settled()

    assert (table.num_rows, table.column_names) == (0, list(FUNDING_COLUMNS))


@pytest.mark.parametrize("stamps", [(0, 0), (0, 17_000), (HOUR, 3 * HOUR, 2 * HOUR), (3, 1, 2)])
def test_settlements_given_one_twice_or_out_of_order_are_refused(stamps: tuple[int, ...]) -> None:
    with pytest.raises(DecodeError, match=r"funding, funding_time: got .* after the one before it"):
        settled(*(START + stamp for stamp in stamps))
