"""Bybit's decoders raise nothing but DecodeError, whatever they read, and keep times exact."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.bybit_archive import EXACT_SECONDS, linear_times
from crypto_pipeline_tests.venues.bybit_answers import (
    BYBIT,
    LINEAR_HEADER,
    PERP,
    SPOT,
    SPOT_HEADER,
    answer,
    archive_file,
    book_answer,
    decode_book,
    decode_funding,
    decode_instruments,
    decode_klines,
    decode_time,
    decode_volumes,
    funding_answer,
    funding_row,
    gzipped,
    instruments_answer,
    kline_answer,
    kline_row,
    linear_row,
    perpetual,
    spot_row,
    tickers,
)

DECODERS: list[tuple[Callable[[bytes], object], bytes]] = [
    (decode_klines, kline_answer(kline_row(1), kline_row(0))),
    (decode_funding, funding_answer(funding_row(8), funding_row(0))),
    (decode_book, book_answer()),
    (decode_instruments, instruments_answer(perpetual())),
    (decode_volumes, tickers()),
    (decode_time, answer({"timeNano": "1739059200000000000"})),
]
FILES = [
    (SPOT, [f"{SPOT_HEADER},rpi", f"{spot_row(1)},0", f"{spot_row(2)},1"]),
    (PERP, [LINEAR_HEADER, linear_row(), linear_row(trdMatchID="b")]),
]
odd_texts = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["9" * 400, "1e400", "-0", "0x1", "\u0661\u0662", "1_000", "\x00", "NaN"]),
)
odd_values = st.one_of(
    odd_texts,
    st.none(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(odd_texts, max_size=8),
    st.dictionaries(odd_texts, odd_texts, max_size=3),
)


def places(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where each value within a JSON document stands."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [at, *(place for key, each in items for place in places(each, (*at, key)))]


def replaced(value: object, at: tuple[object, ...], new: object) -> object:
    """The document with another value in one place."""
    if not at:
        return new
    first, *rest = at
    if isinstance(value, dict):
        return {k: replaced(v, tuple(rest), new) if k == first else v for k, v in value.items()}
    assert isinstance(value, list)
    return [replaced(v, tuple(rest), new) if k == first else v for k, v in enumerate(value)]


def only_decode_errors(decode: Callable[[bytes], object], body: bytes) -> None:
    try:
        decode(body)
    except DecodeError:
        return


@pytest.mark.parametrize(
    ("decode", "body"), DECODERS, ids=lambda each: getattr(each, "__name__", "")
)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_answers_given_anything_in_any_place_raise_nothing_but_decode_errors(
    decode: Callable[[bytes], object], body: bytes, data: st.DataObject
) -> None:
    document = json.loads(body)
    at = data.draw(st.sampled_from(places(document)))

    only_decode_errors(decode, json.dumps(replaced(document, at, data.draw(odd_values))).encode())


@pytest.mark.parametrize(
    ("decode", "body"), DECODERS, ids=lambda each: getattr(each, "__name__", "")
)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_answers_given_spoilt_bytes_raise_nothing_but_decode_errors(
    decode: Callable[[bytes], object], body: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(body)))
    length = data.draw(st.integers(0, 10))

    only_decode_errors(decode, body[:at] + data.draw(st.binary(max_size=10)) + body[at + length :])


@pytest.mark.parametrize(("symbol", "lines"), FILES, ids=["spot", "linear"])
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_files_given_anything_in_a_field_raise_nothing_but_decode_errors(
    symbol: str, lines: list[str], data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(lines) - 1))
    fields = lines[row].split(",")
    fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(odd_texts)
    changed = [*lines[:row], ",".join(fields), *lines[row + 1 :]]
    content = gzip.compress("".join(f"{line}\n" for line in changed).encode("utf-8", "replace"))

    only_decode_errors(lambda body: BYBIT.decode_archive(archive_file(symbol), body), content)


@pytest.mark.parametrize(("symbol", "lines"), FILES, ids=["spot", "linear"])
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_files_given_spoilt_bytes_raise_nothing_but_decode_errors(
    symbol: str, lines: list[str], data: st.DataObject
) -> None:
    content = gzipped(*lines)
    at = data.draw(st.integers(0, len(content)))
    spoilt = content[:at] + data.draw(st.binary(max_size=10)) + content[at + 5 :]

    only_decode_errors(lambda body: BYBIT.decode_archive(archive_file(symbol), body), spoilt)


@pytest.mark.parametrize("symbol", [SPOT, PERP])
@settings(deadline=None, max_examples=100)
@given(text=st.binary(max_size=200))
def test_files_given_any_text_below_the_header_raise_nothing_but_decode_errors(
    symbol: str, text: bytes
) -> None:
    header = {SPOT: SPOT_HEADER, PERP: LINEAR_HEADER}[symbol].encode()
    content = gzip.compress(header + b"\n" + text)

    only_decode_errors(lambda body: BYBIT.decode_archive(archive_file(symbol), body), content)


@settings(deadline=None)
@given(microsecond=st.integers(0, EXACT_SECONDS * 1_000_000 - 1), places=st.integers(0, 6))
@example(microsecond=1_739_059_200_835_500, places=4)
@example(microsecond=EXACT_SECONDS * 1_000_000 - 1, places=6)
def test_linear_times_given_seconds_with_a_fraction_are_exact(
    microsecond: int, places: int
) -> None:
    written = f"{Decimal(microsecond) / 1_000_000:.{places}f}"
    read = float(written)
    if read >= EXACT_SECONDS:
        return

    (at,) = linear_times(np.array([read])).tolist()

    assert at == int(Decimal(written) * 1_000_000)
