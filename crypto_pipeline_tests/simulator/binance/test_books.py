"""The difference of two states of a book's side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.binance.books import changed_levels

sides = st.dictionaries(st.integers(1, 60), st.integers(1, 5), min_size=1, max_size=40)


def difference(old: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    arrays = [
        np.array(values, np.int64)
        for side in (old, new)
        for values in (sorted(side), [side[price] for price in sorted(side)])
    ]
    prices, amounts = changed_levels(*arrays)
    assert prices.tolist() == sorted(set(prices.tolist()))
    return dict(zip(prices.tolist(), amounts.tolist(), strict=True))


def expected(old: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    worst = max(new)
    gone = {price: 0 for price in old if price not in new and price <= worst}
    return {**gone, **{price: new[price] for price in new if old.get(price) != new[price]}}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(sides, sides)
def test_difference_given_any_two_states_is_what_changed(
    old: dict[int, int], new: dict[int, int]
) -> None:
    assert difference(old, new) == expected(old, new)


@pytest.mark.parametrize("moved", range(-6, 7))
def test_difference_given_a_grid_whose_best_moved_is_what_changed(moved: int) -> None:
    old = {100: 7, **{price: price % 5 + 1 for price in range(110, 210, 10)}}
    best = 100 + moved * 10 + 3
    new = {best: 7, **{p: p % 3 + 1 for p in range(best // 10 * 10 + 10, best + 105, 10)}}

    assert difference(old, new) == expected(old, new)
