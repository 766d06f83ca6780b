"""Answers of Binance that its formats do not allow: refused by name, whatever the bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.binance import PERP
from crypto_pipeline_tests.venues.binance_possible import (
    AGG,
    BOOK,
    CONTRACT,
    POSSIBLE,
    RATE,
    TRADE,
    Decoder,
    decode_agg_trades,
    decode_book,
    decode_contracts,
    decode_funding,
    decode_klines,
    decode_trades,
    kline,
    text,
)
from crypto_pipeline_tests.venues.files import BINANCE, FIRST, traded

BOTH = pytest.mark.parametrize(("decode", "possible"), POSSIBLE.values(), ids=POSSIBLE)


@BOTH
def test_decoders_given_a_possible_answer_read_it(decode: Decoder, possible: object) -> None:
    assert decode(text(possible)) is not None


@BOTH
def test_decoders_given_any_shorter_answer_refuse_it(decode: Decoder, possible: object) -> None:
    whole, refused = text(possible), 0
    for length in range(len(whole)):
        with suppress(DecodeError):
            decode(whole[:length])
            continue
        refused += 1

    assert refused == len(whole)


@BOTH
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"null",
        b"1",
        b"\xff\xfe",
        b'[["\xff"]]',
        b'{"code":-1121,"msg":"Invalid symbol."}',
        b"[" * 100_000,
    ],
    ids=lambda answer: repr(answer[:20]),
)
def test_decoders_given_another_document_refuse_it(
    decode: Decoder, possible: object, answer: bytes
) -> None:
    assert answer != text(possible)
    with pytest.raises(DecodeError):
        decode(answer)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (kline(1, _4="NaN"), "row 2, close: got 'NaN', expected a finite number"),
        (kline(1, _4=""), "row 2, close: got ''"),
        (kline(1, _5="inf"), "row 2, volume_base: got 'inf'"),
        (kline(1, _2="ten"), "row 2, high: got 'ten'"),
        (kline(1, _2="1234567.123456789"), "row 2, high: got .* 15 significant digits"),
        (kline(1, _3=10.0), r"Expected `str`, got `float` - at `\$\[1\]\[3\]`"),
        (kline(1, _8="7"), r"Expected `int`, got `str` - at `\$\[1\]\[8\]`"),
        (kline(1, _8=-7), r"at `\$\[1\]\[8\]`"),
        (kline(1, _0=-1), r"at `\$\[1\]\[0\]`"),
        (kline(1, _0=10**19), r"at `\$\[1\]\[0\]`"),
        (kline(1)[:11], r"length 12 - at `\$\[1\]`"),
        ([*kline(1), "0"], r"length 12 - at `\$\[1\]`"),
        (kline(1, _0=FIRST + 61_000), "open_time: got .* on the 1m grid"),
        (kline(0), "open_time: got .* after the one before it"),
        (kline(1440), "open_time: got .* an open time in 2023-03-01T00:00Z"),
    ],
    ids=str,
)
def test_decode_klines_given_a_malformed_row_names_it(row: list[Any], named: str) -> None:
    with pytest.raises(DecodeError, match=f"klines.*{named}"):
        decode_klines(text([kline(0), row]))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ({"id": "75"}, r"Expected `int`, got `str` - at `\$\[1\].id`"),
        ({"id": 2**63}, r"at `\$\[1\].id`"),
        ({"id": 74}, "trade_seq: got '74' more than once"),
        ({"isBuyerMaker": 1}, r"Expected `bool`, got `int` - at `\$\[1\].isBuyerMaker`"),
        ({"isBuyerMaker": None}, r"Expected `bool`, got `null` - at `\$\[1\].isBuyerMaker`"),
        ({"price": "0"}, "row 2, price: got '0.0', expected a number above 0"),
        ({"price": "-10.1"}, "row 2, price: got '-10.1', expected a number above 0"),
        ({"price": "1.2345678901234567"}, "row 2, price: .* 15 significant digits"),
        ({"qty": "-4"}, "row 2, amount: got '-4.0', expected a number above 0"),
        ({"qty": "0x4"}, "row 2, amount: got '0x4', expected a finite number"),
        ({"time": "now"}, r"Expected `int`, got `str` - at `\$\[1\].time`"),
        ({"time": 10**17}, r"at `\$\[1\].time`"),
    ],
    ids=str,
)
def test_decode_trades_given_a_malformed_row_names_it(field: dict[str, Any], named: str) -> None:
    with pytest.raises(DecodeError, match=f"trades.*{named}"):
        decode_trades(text([TRADE, {**TRADE, "id": 75, **field}]))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ({"a": 74}, "agg_id: got '74' more than once"),
        ({"f": -1}, r"at `\$\[1\].f`"),
        ({"q": "0.00"}, "row 2, amount: got '0.0'"),
        ({"m": "true"}, r"Expected `bool`, got `str` - at `\$\[1\].m`"),
    ],
    ids=str,
)
def test_decode_agg_trades_given_a_malformed_row_names_it(
    field: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=f"aggTrades.*{named}"):
        decode_agg_trades(text([AGG, {**AGG, "a": 75, **field}]))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ({"symbol": "ETHUSDT"}, "row 2, symbol: got 'ETHUSDT', expected 'BTCUSDT'"),
        ({"fundingRate": ""}, "row 2, rate: got ''"),
        ({"markPrice": "?"}, "row 2, mark_price: got '\\?'"),
        ({"fundingTime": FIRST + 17}, "funding_time: got .* after the one before it"),
    ],
    ids=str,
)
def test_decode_funding_given_a_malformed_row_names_it(field: dict[str, Any], named: str) -> None:
    later = {**RATE, "fundingTime": FIRST + 28_800_000}

    with pytest.raises(DecodeError, match=f"funding, {named}"):
        decode_funding(text([RATE, {**later, **field}]))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ({"asks": [["1.4", "1"]]}, "best bid below the best ask"),
        ({"bids": [["1", "2"], ["1.5", "2"]]}, "bids ordered from the best price on"),
        ({"bids": [["1.5", "-2"]]}, "bids with a price and an amount above 0"),
        ({"bids": [["1.5"]]}, r"length 2 - at `\$.bids\[0\]`"),
        ({"asks": [["3", "x"]]}, "asks, row 1, amount: got 'x'"),
        ({"lastUpdateId": None}, r"\$.lastUpdateId"),
    ],
    ids=str,
)
def test_decode_book_given_an_impossible_one_says_why(field: dict[str, Any], named: str) -> None:
    with pytest.raises(DecodeError, match=f"book.*{named}"):
        decode_book(text({**BOOK, **field}))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ({"status": "ASLEEP"}, "BTCUSDT, status: got 'ASLEEP', expected one of PENDING_TRADING"),
        ({"filters": [{"filterType": "PRICE_FILTER", "tickSize": "-1"}]}, "tickSize: got '-1'"),
        ({"filters": [{"filterType": "LOT_SIZE", "stepSize": "NaN"}]}, "stepSize: got 'NaN'"),
        ({"filters": [{"filterType": "MIN_NOTIONAL", "notional": "5$"}]}, "minNotional: got '5"),
        ({"filters": [{}]}, r"missing required field `filterType`"),
        ({"onboardDate": "2020"}, r"Expected `int \| null`, got `str`"),
    ],
    ids=str,
)
def test_decode_instruments_given_a_malformed_one_names_it(
    field: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=f"exchangeInfo.*{named}"):
        decode_contracts(text({"symbols": [{**CONTRACT, **field}]}))


@pytest.mark.parametrize(
    "field",
    [{"contractType": "CURRENT_QUARTER"}, {"marginAsset": "BTC"}, {"contractType": "TRADIFI_X"}],
    ids=str,
)
def test_decode_instruments_given_another_contract_leaves_it_out(field: dict[str, Any]) -> None:
    other = {**CONTRACT, **field}

    page = BINANCE.decode_instruments("info", PERP, text({"symbols": [CONTRACT, other]}))

    assert [listing.native_symbol for listing in page.listings] == ["BTCUSDT"]


def test_decode_instruments_given_a_perpetual_of_a_metal_lists_it() -> None:
    gold = {**CONTRACT, "symbol": "XAUUSDT", "baseAsset": "XAU"}
    answer = text({"symbols": [{**gold, "contractType": "TRADIFI_PERPETUAL"}]})

    (listing,) = BINANCE.decode_instruments("info", PERP, answer).listings

    assert listing.instrument.symbol == "XAU/USDT:USDT"


def test_decode_instruments_given_a_rule_of_zero_has_none() -> None:
    rule = {"filterType": "PRICE_FILTER", "tickSize": "0.00000000"}

    page = BINANCE.decode_instruments(
        "info", PERP, text({"symbols": [{**CONTRACT, "filters": [rule]}]})
    )

    assert page.listings[0].tick_size is page.listings[0].lot_size is None


def test_decode_trades_given_a_retail_improvement_says_so() -> None:
    answer = text([TRADE, {**TRADE, "id": 75, "isRPITrade": True}])

    trades = BINANCE.decode_trades("trades", traded("BTC/USDT:USDT"), answer)

    assert trades["trade_type"].to_pylist() == [None, "rpi"]
    assert trades["side"].to_pylist() == ["sell", "sell"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
NUMERIC = st.sampled_from(["1", "0", "-1", "1e400", "1e-400", "nan", "9" * 30, "٣", " 1", "0x1"])
ANSWERS = st.recursive(
    SCALARS | NUMERIC,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=20,
)


def spoiled(answer: Any, path: list[int], value: object) -> Any:
    """The answer with the value put in the place that the path leads to."""
    if not path or not isinstance(answer, list | dict) or not answer:
        return value
    if isinstance(answer, list):
        place = path[0] % len(answer)
        return [spoiled(v, path[1:], value) if n == place else v for n, v in enumerate(answer)]
    place = list(answer)[path[0] % len(answer)]
    return {k: spoiled(v, path[1:], value) if k == place else v for k, v in answer.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 11), max_size=5), ANSWERS)
@example([0, 0], 2**64)
@example([0, 8], 2**63 - 1)
@BOTH
def test_decoders_given_any_value_in_any_place_raise_nothing_else(
    decode: Decoder, possible: object, path: list[int], value: object
) -> None:
    answer = json.dumps(spoiled(possible, path, value)).encode("utf-8", errors="surrogatepass")

    with suppress(DecodeError):
        assert decode(answer) is not None or possible == [AGG]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
@BOTH
def test_decoders_given_any_flipped_byte_raise_nothing_else(
    decode: Decoder, possible: object, at: int, flip: int
) -> None:
    answer = bytearray(text(possible))
    answer[at % len(answer)] ^= flip

    with suppress(DecodeError):
        assert decode(bytes(answer)) is not None
