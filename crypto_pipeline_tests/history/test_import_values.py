"""Values of a person's file: each form, and what is refused by row and column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.history.own.columns import Form, TimeUnit
from crypto_pipeline.history.own.times import TimeReading, times
from crypto_pipeline.history.own.values import READERS, Place, plain

PLACE = Place("x.csv", "col", 10)
MARCH = datetime(2023, 3, 1, tzinfo=UTC)


def read(form: Form, values: Any) -> list[Any]:
    given = values if isinstance(values, pa.Array) else pa.array(values)
    found: list[Any] = READERS[form](PLACE, plain(given)).to_pylist()
    return found


def read_times(values: Any, unit: TimeUnit | None = None, *, utc: bool = False) -> list[Any]:
    given = values if isinstance(values, pa.Array) else pa.array(values)
    found = times(PLACE, plain(given), TimeReading(unit, utc))
    assert found.type == TIMESTAMP
    instants: list[Any] = found.to_pylist()
    return instants


@pytest.mark.parametrize(
    ("form", "values", "expected"),
    [
        (Form.PRICE, ["0.00141342", "1e-8", "-3"], [0.00141342, 1e-8, -3.0]),
        (Form.PRICE, [0.8159000000000001], [0.8159000000000001]),
        (Form.NUMBER, ["0.8159000000000001", None, ".5"], [0.8159000000000001, None, 0.5]),
        (Form.NUMBER, [1, None], [1.0, None]),
        (Form.NUMBER, pa.array(["1.50"]).cast(pa.decimal128(20, 2)), [1.5]),
        (Form.WHOLE, [1.0, None], [1, None]),
        (Form.WHOLE, ["12", None], [12, None]),
        (Form.TEXT, [7, 8], ["7", "8"]),
        (Form.TEXT, pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        (Form.SIDE, ["Buy", "sell", "SELL"], ["buy", "sell", "sell"]),
        (Form.MAKER, ["True", "false"], ["sell", "buy"]),
        (Form.MAKER, [True, False], ["sell", "buy"]),
    ],
)
def test_values_given_what_fits_are_read(form: Form, values: Any, expected: list[Any]) -> None:
    assert read(form, values) == expected


@pytest.mark.parametrize(
    ("form", "values", "said"),
    [
        (Form.NUMBER, ["1", "nan"], "x.csv, row 11, col: got 'nan', expected a number"),
        (Form.NUMBER, [1.0, float("nan")], "row 11, col: got 'nan', expected a finite number"),
        (Form.NUMBER, [float("inf")], "row 10, col: got 'inf', expected a finite number"),
        (Form.NUMBER, ["1,5"], "got '1,5', expected a number"),
        (Form.NUMBER, [" 1"], "got ' 1', expected a number"),
        (Form.NUMBER, [True], "x.csv, col: got bool, expected numbers"),
        (Form.PRICE, ["0.8159000000000001"], "at most 15 significant digits"),
        (Form.WHOLE, ["1.5"], "got '1.5', expected a whole number"),
        (Form.WHOLE, [1.5], "got '1.5', expected a whole number"),
        (Form.WHOLE, [True], "got bool, expected whole numbers"),
        (Form.TEXT, [1.0], "got double, expected texts or whole numbers"),
        (Form.SIDE, ["buy", "ANY"], "row 11, col: got 'ANY', expected 'buy' or 'sell'"),
        (Form.SIDE, [1], "got int64, expected 'buy' or 'sell'"),
        (Form.MAKER, ["yes"], "got 'yes', expected true or false"),
        (Form.MAKER, [1], "got int64, expected true or false"),
    ],
)
def test_values_given_something_else_are_refused_by_row(form: Form, values: Any, said: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read(form, values)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (["2023-03-01T00:00:00Z"], None),
        (["2023-03-01 00:00:00+00:00"], TimeUnit.ISO),
        (["2023-03-01 01:00+01:00"], None),
        (["2023-02-28T19:00:00.000-0500"], None),
        (["1677628800"], TimeUnit.S),
        (["1677628800.0"], TimeUnit.S),
        (["1677628800000"], TimeUnit.MS),
        ([1677628800000000], TimeUnit.US),
        (["1677628800000000000"], TimeUnit.NS),
        ([1677628800.0], TimeUnit.S),
        ([1677628800000], TimeUnit.MS_OR_US),
        ([1677628800000000], TimeUnit.MS_OR_US),
        (pa.array([1677628800000]).cast(pa.timestamp("ms", "Europe/Berlin")), None),
        (pa.array([1677628800000000000]).cast(pa.timestamp("ns", "UTC")), TimeUnit.ISO),
    ],
)
def test_times_given_an_instant_in_any_writing_are_the_same(
    values: Any, unit: TimeUnit | None
) -> None:
    assert read_times(values, unit) == [MARCH]


def test_times_given_less_than_a_microsecond_cut_it_off() -> None:
    expected = MARCH.replace(second=1, microsecond=123_456)

    assert read_times(["2023-03-01T00:00:01.123456789Z"]) == [expected]
    assert read_times(["1677628801.123456789"], TimeUnit.S) == [expected]
    assert read_times([1677628801123456789], TimeUnit.NS) == [expected]


NAIVE = [
    ["2023-03-01 00:00:00"],
    ["2023-03-01"],
    pa.array([datetime(2023, 3, 1)]),  # noqa: DTZ001 that is the case
    pa.array([date(2023, 3, 1)]),
]


@pytest.mark.parametrize("values", NAIVE)
def test_times_given_no_zone_are_refused_until_they_are_said_to_be_utc(values: Any) -> None:
    assert read_times(values, utc=True) == [MARCH]
    with pytest.raises(UsageError, match=r"in 'col' \(2023-03-01.*have no zone; give --utc"):
        read_times(values)


@pytest.mark.parametrize(
    ("values", "unit", "said"),
    [
        (["2023-02-30T00:00:00Z"], None, "row 10, col: got '2023-02-30T00:00:00Z'"),
        (["2023-03-01T00:00:00Z", "soon"], None, "row 11, col: got 'soon'"),
        (["03/01/2023"], None, "expected a time such as 2023-03-01T00:00:00Z"),
        (["1677628800000"], TimeUnit.S, "up to the year 2262; is the unit right?"),
        (["x"], TimeUnit.MS, "got 'x', expected a time in ms"),
        ([1677628800.5], TimeUnit.S, "expected a whole number of s, or a text"),
        ([float("nan")], TimeUnit.S, "expected a whole number of s, or a text"),
        ([True], None, "got bool, expected times"),
        (pa.array([10**15]).cast(pa.timestamp("s", "UTC")), None, "up to the year 2262"),
    ],
)
def test_times_given_no_time_are_refused_by_row(
    values: Any, unit: TimeUnit | None, said: str
) -> None:
    with pytest.raises(DecodeError) as refused:
        read_times(values, unit)

    assert said in str(refused.value)


@pytest.mark.parametrize("values", [["1677628800"], [1677628800], [1677628800.0]])
@pytest.mark.parametrize("unit", [None, TimeUnit.ISO])
def test_times_given_numbers_without_a_unit_ask_for_one(
    values: list[Any], unit: TimeUnit | None
) -> None:
    if unit is TimeUnit.ISO and isinstance(values[0], str):
        with pytest.raises(DecodeError, match="expected a time such as"):
            read_times(values, unit)
    else:
        with pytest.raises(UsageError, match=r"are numbers \(1677628800.*--time-unit s, ms"):
            read_times(values, unit)


def test_times_given_a_zone_in_some_rows_only_are_refused() -> None:
    with pytest.raises(DecodeError, match="row 11, col: got '2023-03-01 00:00Z'"):
        read_times(["2023-03-01 00:00", "2023-03-01 00:00Z"], utc=True)
