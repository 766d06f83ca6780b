"""What a kline file may hold; whatever else it holds is refused by file, row and field."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crypto_pipeline.errors import DecodeError
from crypto_pipeline_tests.venues.files import BINANCE, FIRST, HEADER, daily, row, zipped

NAME = "BTCUSDT-1m-2023-03-01.zip"
PRECISE = st.builds(
    lambda digits, places: format(Decimal(digits).scaleb(-places), "f"),
    st.integers(1, 10**15 - 1),
    st.integers(0, 20),
)


def refusal(content: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        BINANCE.decode_archive(daily(), content)
    assert str(caught.value).startswith(NAME)
    return caught.value


@pytest.mark.parametrize("lines", [[row(0), row(1)], [HEADER, row(0), row(1)]])
def test_decode_given_a_header_or_none_reads_the_same(lines: list[str]) -> None:
    klines = BINANCE.decode_archive(daily(), zipped(*lines))

    assert klines.to_pylist()[1] == {
        "open_time": datetime(2023, 3, 1, 0, 1, tzinfo=UTC),
        "open": 10.1,
        "high": 10.3,
        "low": 10.0,
        "close": 10.2,
        "volume_base": 4.0,
        "volume_quote": 40.8,
        "trade_count": 7,
        "taker_volume_base": 1.0,
        "taker_volume_quote": 10.2,
        "vwap": 40.8 / 4.0,
    }


def test_decode_given_microseconds_reads_the_same_time() -> None:
    micros = row(1, open_time=f"{FIRST + 60_000}000", close_time=f"{FIRST + 119_999}999")

    klines = BINANCE.decode_archive(daily(), zipped(micros))

    assert klines["open_time"].to_pylist() == [datetime(2023, 3, 1, 0, 1, tzinfo=UTC)]


def test_decode_given_no_trade_has_no_vwap() -> None:
    still = row(0, volume="0.0", quote_volume="0.0", count="0")

    assert BINANCE.decode_archive(daily(), zipped(still))["vwap"].to_pylist() == [None]


@given(PRECISE)
@example("99999999999.9999")
@example("0.000000012345678")
def test_decode_given_up_to_15_digits_gives_the_text_back(text: str) -> None:
    klines = BINANCE.decode_archive(daily(), zipped(row(0, open=text)))

    stored = klines["open"][0].as_py()
    assert stored == float(text)
    assert Decimal(f"{stored:.15g}") == Decimal(text)


@pytest.mark.parametrize(
    "text", ["1234567.123456789", "0.1234567890123456", "12345678901234567", "10000000.00000001"]
)
@pytest.mark.parametrize("header", [[], [HEADER]], ids=["bare", "header"])
def test_decode_given_a_longer_price_is_refused_by_row(header: list[str], text: str) -> None:
    error = refusal(zipped(*header, row(0), row(1, close=text)))

    assert (error.row, error.field, error.given) == (2 + len(header), "close", f"'{text}'")
    assert error.expected == "at most 15 significant digits, which a DOUBLE keeps"


def test_decode_given_a_longer_volume_takes_the_nearest_double() -> None:
    klines = BINANCE.decode_archive(daily(), zipped(row(0, quote_volume="1234567890.12345678")))

    assert klines["volume_quote"].to_pylist() == [1234567890.12345678]


@pytest.mark.parametrize(
    ("field", "text", "column"),
    [
        ("open_time", "yesterday", "open_time"),
        ("open_time", "1677628860000.0", "open_time"),
        ("open_time", "99999999999999999999", "open_time"),
        ("close", "ten", "close"),
        ("close", "1,5", None),
        ("low", "", "low"),
        ("high", "nan", "high"),
        ("high", "NaN", "high"),
        ("volume", "inf", "volume_base"),
        ("volume", "-inf", "volume_base"),
        ("volume", "1e999", "volume_base"),
        ("count", "7.0", "trade_count"),
        ("count", "", "trade_count"),
        ("taker_buy_volume", "0x10", "taker_volume_base"),
    ],
)
@pytest.mark.parametrize("header", [[], [HEADER]], ids=["bare", "header"])
def test_decode_given_no_number_names_row_and_field(
    header: list[str], field: str, text: str, column: str | None
) -> None:
    error = refusal(zipped(*header, row(0), row(1, **{field: text}), row(2)))

    assert (error.row, error.field) == (2 + len(header), column)


def test_decode_given_a_blank_line_names_it() -> None:
    assert refusal(zipped(row(0), "", row(1))).row == 2


def test_decode_given_a_cut_row_names_it() -> None:
    error = refusal(zipped(row(0), row(1)[:40], row(2)))

    assert error.row == 2
    assert "fields" in error.given
    assert "open_time, open, high" in error.expected


@pytest.mark.parametrize(
    ("lines", "bad", "expected"),
    [
        ([row(0), row(2), row(1)], 3, "an open time after the one before it"),
        ([row(0), row(1), row(1)], 3, "an open time after the one before it"),
        ([row(0), row(1, open_time=str(FIRST + 60_001))], 2, "an open time on the 1m grid"),
        ([row(1440)], 1, "an open time in 2023-03-01T00:00Z..2023-03-02T00:00Z"),
        ([row(-1)], 1, "an open time in 2023-03-01T00:00Z..2023-03-02T00:00Z"),
        ([row(0), row(1, open_time=f"{FIRST + 60_000}000")], 2, "an open time in 2023-03-01"),
    ],
    ids=["order", "twice", "off grid", "next day", "day before", "mixed units"],
)
def test_decode_given_a_wrong_time_names_row_and_rule(
    lines: list[str], bad: int, expected: str
) -> None:
    error = refusal(zipped(*lines))

    assert (error.row, error.field) == (bad, "open_time")
    assert error.expected.startswith(expected)


@pytest.mark.parametrize("lines", [[], [HEADER], [""]], ids=["nothing", "header", "blank"])
def test_decode_given_no_rows_names_the_file(lines: list[str]) -> None:
    refusal(zipped(*lines))


@pytest.mark.parametrize("members", [0, 2])
def test_decode_given_not_one_file_in_the_zip_names_the_file(members: int) -> None:
    assert f"{members} files" in refusal(zipped(row(0), members=members)).given


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", zipped(row(0))[:-30]])
def test_decode_given_no_zip_names_the_file(content: bytes) -> None:
    assert "a broken zip" in refusal(content).given


def test_decode_given_a_broken_deflate_names_the_file() -> None:
    content = bytearray(zipped(*(row(minute) for minute in range(100))))
    content[len(content) // 2] ^= 0xFF

    assert "a broken zip" in refusal(bytes(content)).given


DAY = zipped(*(row(minute) for minute in range(60)))


@given(st.integers(0, len(DAY) - 1), st.integers(1, 255))
def test_decode_given_any_flipped_byte_refuses_it_or_reads_the_same(at: int, flip: int) -> None:
    spoiled = bytearray(DAY)
    spoiled[at] ^= flip

    with contextlib.suppress(DecodeError):
        klines = BINANCE.decode_archive(daily(), bytes(spoiled))
        assert klines.equals(BINANCE.decode_archive(daily(), DAY))


def test_decode_given_an_encrypted_zip_names_the_file() -> None:
    content = bytearray(zipped(row(0)))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1

    assert "encrypted" in refusal(bytes(content)).given


def test_decode_given_another_day_s_file_names_the_day() -> None:
    with pytest.raises(DecodeError, match=r"2023-03-02.zip, row 1, open_time: got 16776288"):
        BINANCE.decode_archive(daily(date(2023, 3, 2)), zipped(row(0)))
