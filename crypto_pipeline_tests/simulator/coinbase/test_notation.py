"""How instants, amounts and ids are written."""

import uuid

import numpy as np
import pytest

from crypto_pipeline.simulator.coinbase.documents import percentage
from crypto_pipeline.simulator.coinbase.notation import (
    instant,
    instants_of,
    nanoseconds,
    order_ids,
    short_instant,
)
from crypto_pipeline.simulator.market.texts import trimmed_texts

SECOND = 1_790_736_593_000_000


@pytest.mark.parametrize(
    ("at", "whole", "short"),
    [
        (SECOND + 813_870, "2026-09-30T02:49:53.813870Z", "2026-09-30T02:49:53.81387Z"),
        (SECOND, "2026-09-30T02:49:53.000000Z", "2026-09-30T02:49:53Z"),
        (SECOND + 1, "2026-09-30T02:49:53.000001Z", "2026-09-30T02:49:53.000001Z"),
    ],
)
def test_instant_given_microseconds_is_written_both_ways(at: int, whole: str, short: str) -> None:
    assert (instant(at), short_instant(at)) == (whole, short)
    column = np.array([at], np.int64)
    assert instants_of(column).to_pylist() == [whole]
    assert instants_of(column, short=True).to_pylist() == [short]


def test_nanoseconds_given_microseconds_agree_with_them() -> None:
    for at in range(SECOND + 7, SECOND + 1_000_000, 99_991):
        text = nanoseconds(at)
        assert text[:-1].ljust(26, "0")[:26] == instant(at)[:26]
        assert len(text) <= len("2026-09-30T02:39:53.962785153Z")


def test_decimals_given_zeros_at_the_end_drop_them() -> None:
    units = np.array([8_328_400, 8_328_450, 0, 5], np.int64)
    assert trimmed_texts(units, 2).to_pylist() == ["83284", "83284.5", "0", "0.05"]
    assert trimmed_texts(units, 0).to_pylist() == ["8328400", "8328450", "0", "5"]


def test_order_ids_given_the_same_number_are_the_same_uuid() -> None:
    first, second, other = order_ids("BTC-USD:maker", np.array([7, 8, 7], np.int64))
    assert first == other != second
    assert first != order_ids("ETH-USD:maker", np.array([7], np.int64))[0]
    assert uuid.UUID(first).version == 4


@pytest.mark.parametrize(
    ("new", "old", "text"), [(110, 100, "10"), (100, 0, "0"), (1, 3, "-66.66666666666667")]
)
def test_percentage_given_two_prices_is_trimmed(new: int, old: int, text: str) -> None:
    assert percentage(new, old) == text
