"""OKX's units: contracts into base coin to the last bit, volumes of bars, settlement times."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.okx_units import (
    bar_columns,
    base_amounts,
    base_levels,
    due_times,
    refuse_others,
    trade_types,
)

HOUR = 3_600_000_000
SIZES = st.decimals(0, 10**7, allow_nan=False, places=4).map(abs)
CONTRACTS = st.sampled_from(["0.01", "0.1", "1", "10", "1000", "10000000", "0.0001", "0.25", "5"])


def as_read(sizes: list[Decimal]) -> pa.Array:
    return pa.array([float(size) for size in sizes], pa.float64())


@given(st.lists(SIZES, max_size=20), CONTRACTS.map(Decimal))
def test_base_amounts_given_sizes_are_the_nearest_doubles_of_the_products(
    sizes: list[Decimal], contract_size: Decimal
) -> None:
    amounts = base_amounts(as_read(sizes), contract_size)

    assert amounts.to_pylist() == [float(size * contract_size) for size in sizes]


def test_base_amounts_given_a_tenth_of_a_hundredth_is_a_thousandth() -> None:
    assert base_amounts(pa.array([0.1, 0.07]), Decimal("0.01")).to_pylist() == [0.001, 0.0007]
    assert 0.07 * 0.01 != 0.0007


@pytest.mark.parametrize("size", [0.1 + 0.2, 1e300, 1e-300, 12345678901234567.0])
def test_base_amounts_given_a_number_of_many_digits_are_still_exact(size: float) -> None:
    contract_size = Decimal("0.001")

    amounts = base_amounts(pa.chunked_array([[size, 2.0]]), contract_size)

    assert amounts.to_pylist() == [float(Decimal(repr(size)) * contract_size), 0.002]


def test_base_levels_given_a_text_name_the_level() -> None:
    levels = [("100", "2", "0", "1"), ("99", "many", "0", "1")]

    assert base_levels("", levels[:1], Decimal("0.01")) == [("100", "0.02")]
    with pytest.raises(DecodeError, match="bids, row 2, amount: got 'many'"):
        base_levels("bids", levels, Decimal("0.01"))


def bars(vol: float, vol_ccy: float, vol_quote: float, kind: InstrumentType) -> list[float | None]:
    """Volumes and average price of one bar, of contracts of 0.01."""
    read = {name: pa.array([1.0]) for name in ("open", "high", "low", "close")}
    read |= {"vol": pa.array([vol]), "vol_ccy": pa.array([vol_ccy])}
    read["vol_quote"] = pa.array([vol_quote])
    columns = bar_columns(kind, read, lambda: Decimal("0.01"))
    return [columns[name][0].as_py() for name in ("volume_base", "volume_quote", "vwap")]


@pytest.mark.parametrize(
    ("given_volumes", "kind", "volumes"),
    [
        ((4.0, 200.0, 200.0), InstrumentType.SPOT, [4.0, 200.0, 50.0]),
        ((4.0, 0.0, 0.0), InstrumentType.SPOT, [4.0, None, None]),
        ((0.0, 0.0, 0.0), InstrumentType.SPOT, [0.0, 0.0, None]),
        ((400.0, 4.0, 200.0), InstrumentType.PERP, [4.0, 200.0, 50.0]),
        ((7.0, 0.0, 0.0), InstrumentType.PERP, [0.07, None, None]),
        ((0.0, 0.0, 0.0), InstrumentType.PERP, [0.0, 0.0, None]),
    ],
)
def test_bar_columns_given_volumes_have_them_in_base_and_quote(
    given_volumes: tuple[float, float, float],
    kind: InstrumentType,
    volumes: list[float | None],
) -> None:
    assert bars(*given_volumes, kind) == volumes


def test_due_times_given_lateness_are_the_hour_up_to_a_minute() -> None:
    late = np.array([-400_000, 0, 17_000, 24_000_000, 60_000_000, 61_000_000, 3_195_000_000])

    due = due_times(8 * HOUR + late)

    assert (due - 8 * HOUR).tolist() == [0, 0, 0, 0, 0, 61_000_000, 3_195_000_000]


def test_trade_types_given_sources_know_price_improvement_alone() -> None:
    sources = pa.array(["0", "1", None, "7"])

    assert trade_types(sources).to_pylist() == [None, "rpi", None, None]


def test_refuse_others_given_another_name_tells_its_row() -> None:
    refuse_others("page", pa.array(["A", "A"]), "A")
    refuse_others("page", pa.array([], pa.string()), "A")
    with pytest.raises(DecodeError, match="page, row 2, instId: got 'B', expected 'A'"):
        refuse_others("page", pa.array(["A", "B"]), "A")
