"""Answers that Coinbase's formats do not allow: refused by name, whatever the bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.errors import DecodeError
from crypto_pipeline_tests.venues.coinbase_answers import (
    BARS,
    BTC,
    COINBASE,
    TRADES,
    candles,
    products,
    seconds,
    trades,
)

SPOT = InstrumentType.SPOT
SPAN = seconds(0, 600)
Decoder = Callable[[bytes], object]


def decode_klines(answer: bytes) -> object:
    return COINBASE.decode_klines("candles", BARS, SPAN, answer)


def decode_trades(answer: bytes) -> object:
    return COINBASE.decode_trades("trades", TRADES, answer)


def decode_book(answer: bytes) -> object:
    return COINBASE.decode_book("book", BTC, answer)


DECODERS: dict[str, Decoder] = {
    "klines": decode_klines,
    "trades": decode_trades,
    "book": decode_book,
    "time": lambda answer: COINBASE.decode_time("time", answer),
    "instruments": lambda answer: COINBASE.decode_instruments("products", SPOT, answer),
    "volumes": lambda answer: COINBASE.decode_volumes("products", SPOT, answer),
}


def book(**fields: Any) -> bytes:
    possible = {
        "product_id": "BTC-USD",
        "bids": [{"price": "1.5", "size": "2"}, {"price": "1", "size": "2"}],
        "asks": [{"price": "3", "size": "0.5"}],
        "time": "2026-04-07T00:28:59.662782Z",
    }
    return json.dumps({"pricebook": {**possible, **fields}}).encode()


@pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"null",
        b"{}",
        b'[{"trade_id":',
        b"\xff\xfe",
        b'{"candles":[{"start":"\xff"}]}',
        b'[{"trade_id":1,"side":"sell","size":"\xff"}]',
        b'{"epochMillis":"\xff"}',
        b'{"products":[{"product_id":"\xff"}]}',
        b'{"x":' * 100_000,
    ],
    ids=lambda answer: repr(answer[:20]),
)
def test_decoders_given_another_document_refuse_it(decode: Decoder, answer: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(answer)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"open": "NaN"}, "row 2, open: got 'NaN'"),
        ({"close": ""}, "row 2, close: got ''"),
        ({"volume": "inf"}, "row 2, volume_base: got 'inf'"),
        ({"high": "1.2345678901234567"}, "high: got .* significant digits"),
        ({"low": 1}, r"\$.candles\[1\].low"),
        ({"start": "6x"}, "row 2, start: got '6x'"),
        ({"start": "-60"}, "row 2, start: got '-60'"),
        ({"start": "601"}, "open_time"),
        ({"start": "121"}, "open_time: got 121000000 µs, expected an open time on the 1m grid"),
        ({"start": "60"}, "open_time: got 60000000 µs, expected an open time after"),
        ({"start": "9" * 30}, "start"),
    ],
    ids=str,
)
def test_decode_klines_given_a_malformed_row_names_row_and_field(
    row: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=named):
        decode_klines(candles({"start": "60"}, {"start": "120", **row}))


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"trade_id": "75"}, r"\$\[1\].trade_id"),
        ({"trade_id": 0}, r"\$\[1\].trade_id"),
        ({"trade_id": 2**63}, r"trade_id|\$\[1\]"),
        ({"trade_id": 74}, "trade_seq: got '74' more than once"),
        ({"side": "BUY"}, r"\$\[1\].side"),
        ({"side": None}, r"\$\[1\].side"),
        ({"price": "0"}, "price: got '0.0'"),
        ({"price": "1e400"}, "row 2, price: got '1e400'"),
        ({"size": "-0.1"}, "amount: got '-0.1'"),
        ({"size": "a"}, "row 2, size: got 'a'"),
        ({"time": "2014-11-07 22:19:28Z"}, "row 2, time: got '2014-11-07 22:19:28Z'"),
        ({"time": "2014-02-30T00:00:00Z"}, "row 2, time: got '2014-02-30T00:00:00Z'"),
    ],
    ids=str,
)
def test_decode_trades_given_a_malformed_row_names_row_and_field(
    row: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=named):
        decode_trades(trades({}, {"trade_id": 75, **row}))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"product_id": "ETH-USD"}, "product_id: got 'ETH-USD', expected 'BTC-USD'"),
        ({"time": ""}, "time: got ''"),
        ({"bids": [{"price": "1"}]}, r"\$.pricebook.bids\[0\]"),
        ({"bids": [{"price": "x", "size": "1"}]}, "bids, row 1, price: got 'x'"),
        ({"asks": [{"price": "3", "size": "0"}]}, "asks with a price and an amount above 0"),
        ({"bids": [{"price": "3", "size": "1"}]}, "a best bid below the best ask"),
        (
            {"asks": [{"price": "4", "size": "1"}, {"price": "3", "size": "1"}]},
            "asks ordered from the best price on",
        ),
    ],
    ids=str,
)
def test_decode_book_given_a_malformed_book_names_what_is_wrong(
    fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=named):
        decode_book(book(**fields))


@pytest.mark.parametrize("millis", ["", "x", "-1", "9" * 18, "9" * 40])
def test_decode_time_given_no_instant_is_refused(millis: str) -> None:
    answer = json.dumps({"iso": "", "epochSeconds": "1", "epochMillis": millis}).encode()

    with pytest.raises(DecodeError, match="epochMillis"):
        COINBASE.decode_time("time", answer)


GOOD = {
    "klines": json.loads(candles({})),
    "trades": json.loads(trades({})),
    "book": json.loads(book()),
    "instruments": json.loads(products({})),
    "volumes": json.loads(products({})),
    "time": {"iso": "", "epochSeconds": "1", "epochMillis": "1795233227442"},
}
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from(["9" * 25, "1e308", "-0", "0x1", "١٢٣", "1_000", " 1", "+5", "٣"]),
)
TEXTS = st.one_of(st.text(max_size=30), NUMBERS.map(str))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def replaced(document: Any, path: list[int], value: Any) -> Any:
    """The document with one value in place of another, found by walking into it."""
    if not path or not isinstance(document, list | dict) or not document:
        return value
    keys: list[Any] = list(range(len(document))) if isinstance(document, list) else [*document]
    key = keys[path[0] % len(keys)]
    copy = [*document] if isinstance(document, list) else {**document}
    copy[key] = replaced(document[key], path[1:], value)
    return copy


def refuses_or_reads(decode: Decoder, answer: bytes) -> None:
    with suppress(DecodeError):
        decode(answer)


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=150, deadline=None)
@given(path=st.lists(st.integers(0, 9), max_size=5), value=VALUES)
@example(path=[0, 0, 0], value="9" * 25)
def test_decoders_given_any_value_anywhere_raise_nothing_but_decode_errors(
    kind: str, path: list[int], value: Any
) -> None:
    answer = json.dumps(replaced(GOOD[kind], path, value)).encode("utf-8", "surrogatepass")

    refuses_or_reads(DECODERS[kind], answer)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(DECODERS)), answer=st.binary(max_size=80))
def test_decoders_given_any_bytes_raise_nothing_but_decode_errors(kind: str, answer: bytes) -> None:
    refuses_or_reads(DECODERS[kind], answer)
