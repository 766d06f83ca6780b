"""What Bybit's decoders make of answers that are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.records import ListingPage
from crypto_pipeline_tests.venues.bybit_answers import (
    BYBIT,
    answer,
    book_answer,
    decode_book,
    decode_funding,
    decode_instruments,
    decode_klines,
    decode_time,
    decode_volumes,
    funding_answer,
    funding_row,
    fundings,
    instruments_answer,
    kline_answer,
    kline_row,
    klines,
    minutes,
    perpetual,
    tickers,
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (kline_answer(kline_row()[:6]), "Expected `array` of length 7"),
        (kline_answer(kline_row(open="x")), "row 1, open: got 'x', expected a finite number"),
        (kline_answer(kline_row(1), kline_row(high="nan")), "row 2, high: got 'nan'"),
        (kline_answer(kline_row(low="")), "row 1, low: got ''"),
        (kline_answer(kline_row(close="1.2345678901234567")), "row 1, close: .* 15 significant"),
        (kline_answer(kline_row(start="x")), "row 1, open_time: got 'x', expected a whole number"),
        (kline_answer(kline_row(10)), "open_time: got .* expected an open time in"),
        (kline_answer(kline_row(start="1739059200001")), "open_time: .* on the 1m grid"),
        (kline_answer(kline_row(1), kline_row(1)), "open_time: .* after the one before it"),
        (kline_answer(kline_row(), symbol="ETHUSDT"), "symbol: got 'ETHUSDT', expected 'BTCUSDT'"),
        (kline_answer(kline_row(), category="linear"), "category: got 'linear', expected 'spot'"),
        (answer({}, 10001, "Invalid period!"), "Invalid period!.* expected .*retCode"),
        (answer({"category": "spot", "symbol": "BTCUSDT"}), "missing required field `list`"),
        (b"<html>", "kline: got b'<html>'"),
        (b"", "kline: got b''"),
        (kline_answer(kline_row())[:-40], "truncated"),
    ],
)
def test_klines_given_a_wrong_answer_are_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_klines(body)


def test_klines_given_no_row_are_none() -> None:
    table = BYBIT.decode_klines("kline", klines(), minutes(10), kline_answer(symbol=""))

    assert table.num_rows == 0


def test_klines_given_either_order_ascend() -> None:
    rows = [kline_row(2), kline_row(1), kline_row(0)]
    for body in (kline_answer(*rows), kline_answer(*rows[::-1])):
        table = BYBIT.decode_klines("kline", klines(), minutes(10), body)
        assert [at.minute for at in table["open_time"].to_pylist()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (funding_answer(funding_row(symbol="ETHUSDT")), "symbol: got 'ETHUSDT'"),
        (funding_answer(funding_row(fundingRate="")), "row 1, rate: got ''"),
        (funding_answer(funding_row(fundingRateTimestamp="-1")), "row 1, funding_time: got '-1'"),
        (funding_answer(funding_row(8), funding_row(8)), "funding_time: .* after the one before"),
        (
            funding_answer(funding_row(8), funding_row(16), funding_row(0)),
            "funding_time: .* after the one before",
        ),
        (funding_answer(category="inverse"), "category: got 'inverse', expected 'linear'"),
        (answer({"category": "linear", "list": [{}]}), "missing required field"),
    ],
)
def test_funding_given_a_wrong_answer_is_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_funding(body)


def test_funding_given_some_milliseconds_past_is_due_on_the_second() -> None:
    body = funding_answer(funding_row(fundingRateTimestamp="1739059200017"))

    table = BYBIT.decode_funding("funding", fundings(), body)

    assert table["funding_time"].to_pylist() == [datetime(2025, 2, 9, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (book_answer(s="ETHUSDT"), "s: got 'ETHUSDT', expected 'BTCUSDT'"),
        (book_answer(b=[["10.3", "1"]]), "a best bid below the best ask"),
        (book_answer(a=[["10.3", "1"], ["10.2", "1"]]), "asks ordered from the best price on"),
        (book_answer(a=[["10.2", "0"]]), "asks with a price and an amount above 0"),
        (book_answer(a=[["10.2", "x"]]), "asks, row 1, amount: got 'x'"),
        (book_answer(a=[["10.2"]]), "Expected `array` of length 2"),
        (book_answer(ts=-1), "Expected `int` >= 0"),
        (book_answer(ts=10**15), "Expected `int` <= 253402300799999"),
        (book_answer(u="7"), "Expected `int`, got `str`"),
    ],
)
def test_a_book_given_a_wrong_answer_is_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_book(body)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"priceFilter": {"tickSize": "x"}}, "BTCUSDT, tickSize: got 'x', expected 0, or a number"),
        ({"priceFilter": {"tickSize": "NaN"}}, "BTCUSDT, tickSize: got 'NaN'"),
        ({"lotSizeFilter": {"qtyStep": "-1"}}, "BTCUSDT, qtyStep: got '-1'"),
        ({"lotSizeFilter": {"minNotionalValue": "inf"}}, "BTCUSDT, minNotionalValue: got 'inf'"),
        ({"launchTime": "soon"}, "BTCUSDT, launchTime: got 'soon', expected a whole number"),
        ({"deliveryTime": "9" * 20}, "BTCUSDT, deliveryTime: got '9999"),
        ({"fundingInterval": 30}, "BTCUSDT, fundingInterval: got 30, expected minutes of whole"),
        ({"status": "Sleeping"}, "Invalid enum value 'Sleeping'"),
        ({"symbol": None}, "Expected `str`, got `null`"),
    ],
)
def test_instruments_given_a_wrong_row_are_refused_by_name(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_instruments(instruments_answer(perpetual(**fields)))


@pytest.mark.parametrize(
    "fields",
    [
        {"contractType": "LinearFutures", "symbol": "BTCUSDT-26DEC25"},
        {"contractType": "InversePerpetual", "settleCoin": "BTC"},
        {"settleCoin": "USDC"},
    ],
)
def test_instruments_given_no_linear_perpetual_leave_it_out(fields: dict[str, object]) -> None:
    page = decode_instruments(instruments_answer(perpetual(**fields)))

    assert (page.listings, page.cursor) == ([], "Closed")


@pytest.mark.parametrize(
    ("status", "cursor", "following"),
    [
        ("Trading", "first%3DA%26last%3DB", "Trading:first%3DA%26last%3DB"),
        ("Trading", "", "Closed"),
        ("Trading", None, "Closed"),
        ("Closed", "x", "Closed:x"),
        ("Closed", "", "PreLaunch"),
        ("PreLaunch", "", None),
        ("Delivering", "", None),
    ],
)
def test_instruments_given_a_page_lead_on_by_page_then_by_status(
    status: str, cursor: str | None, following: str | None
) -> None:
    page = decode_instruments(instruments_answer(perpetual(status=status), cursor=cursor))

    assert page.cursor == following


def test_instruments_given_no_row_lead_nowhere() -> None:
    assert decode_instruments(instruments_answer()) == ListingPage([])


@pytest.mark.parametrize(
    ("cursor", "own"),
    [
        (None, {"status": "Trading"}),
        ("Closed", {"status": "Closed"}),
        ("Closed:first%3DA", {"status": "Closed", "cursor": "first=A"}),
    ],
)
def test_instruments_request_given_a_cursor_asks_for_its_status(
    cursor: str | None, own: dict[str, str]
) -> None:
    asked = BYBIT.instruments_request(InstrumentType.PERP, cursor)

    assert asked.parameters == {"category": "linear", "limit": 1000, **own}


def test_instruments_given_a_closed_contract_say_since_when() -> None:
    row = perpetual(
        symbol="LUNAUSDT", baseCoin="LUNA", status="Closed", deliveryTime="1652400000000"
    )
    (one,) = decode_instruments(instruments_answer({**row, "fundingInterval": 0})).listings

    assert one.status is Status.DELISTED
    assert one.delisted_at == datetime(2022, 5, 13, tzinfo=UTC)
    assert one.funding_interval_hours is None


def test_instruments_given_empty_steps_have_none() -> None:
    row = perpetual(priceFilter={"tickSize": "0"}, lotSizeFilter={}, launchTime="0")
    (one,) = decode_instruments(instruments_answer(row)).listings

    assert isinstance(one, Listing)
    assert (one.tick_size, one.lot_size, one.min_notional, one.listed_at) == (None,) * 4
    assert one.contract_size == BYBIT.contract_size(one.instrument) == Decimal(1)


@pytest.mark.parametrize(
    ("decode", "body", "message"),
    [
        (decode_volumes, tickers(turnover24h="x"), "turnover24h: got 'x'"),
        (decode_volumes, answer({"category": "linear", "list": []}), "got 'linear'"),
        (decode_time, answer({"timeNano": "x"}), "timeNano: got 'x'"),
        (decode_time, answer({"timeNano": "9" * 5000}), "timeNano: got '9999"),
        (decode_time, answer({"timeNano": "\u0661"}), "timeNano: got '\u0661'"),
        (decode_time, answer({}), "missing required field `timeNano`"),
    ],
)
def test_other_answers_given_a_wrong_field_are_refused_by_name(
    decode: Callable[[bytes], object], body: bytes, message: str
) -> None:
    with pytest.raises(DecodeError, match=message):
        decode(body)


def test_volumes_given_nothing_for_an_instrument_leave_it_out() -> None:
    assert decode_volumes(tickers(turnover24h="")) == {}
