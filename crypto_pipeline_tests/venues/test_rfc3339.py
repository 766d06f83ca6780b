"""Instants as RFC 3339 writes them: every number of digits, and nothing that is no instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.klines import TIMESTAMP
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.rfc3339 import utc_instant, utc_instants

SECOND = datetime(2014, 11, 7, 22, 19, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fraction", "microseconds"),
    [
        ("", 0),
        (".5", 500_000),
        (".81387", 813_870),
        (".578544", 578_544),
        (".9999999", 999_999),
        (".578544999", 578_544),
    ],
)
def test_utc_instants_given_any_digits_cuts_off_below_the_microsecond(
    fraction: str, microseconds: int
) -> None:
    read = utc_instants("t", "time", [f"2014-11-07T22:19:28{fraction}Z"])

    assert read.type == TIMESTAMP
    assert read[0].as_py() == SECOND + timedelta(microseconds=microseconds)


def test_utc_instants_given_digits_of_several_lengths_keeps_their_order() -> None:
    texts = ["2014-11-07T22:19:28Z", "2014-11-07T22:19:28.000001999Z", "2014-11-07T22:19:28.1Z"]

    read = utc_instants("t", "time", texts).to_pylist()

    assert [each - SECOND for each in read] == [timedelta(microseconds=n) for n in (0, 1, 100_000)]


def test_utc_instants_given_nothing_is_an_empty_column() -> None:
    read = utc_instants("t", "time", [])

    assert (read.type, len(read)) == (TIMESTAMP, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2014-11-07",
        "2014-11-07T22:19Z",
        "2014-11-07T22:19:28",
        "2014-11-07t22:19:28z",
        "2014-11-07 22:19:28Z",
        "2014-11-07T22:19:28+00:00",
        "2014-11-07T22:19:28.Z",
        "2014-11-07T22:19:28.1234567890Z",
        "2014-11-07T22:19:28Z\n",
        "2014-13-07T22:19:28Z",
        "2014-02-30T22:19:28Z",
        "2014-11-07T24:00:00Z",
        "2014-11-07T22:19:60Z",
        "0001-01-01T00:00:00Z",
        "٢٠١٤-11-07T22:19:28Z",
    ],
)
def test_utc_instants_given_no_instant_names_row_field_and_text(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        utc_instants("ticker", "time", ["2014-11-07T22:19:28Z", text])

    assert str(caught.value) == (
        f"ticker, row 2, time: got '{text}', expected an instant such as "
        f"2014-11-07T22:19:28.578544Z"
    )


@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes naive bounds
def test_utc_instant_given_what_python_writes_reads_the_same(at: datetime) -> None:
    text = at.isoformat().replace("+00:00", "Z")

    assert utc_instant("t", "time", text) == at
