"""OKX's decoders fed with anything: they read it, or refuse it with a DecodeError, nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline_tests.venues.okx_answers import (
    BARS_HEADER,
    BOOK,
    FIRST_MS,
    FUNDING_HEADER,
    OKX,
    PERP,
    TRADES_HEADER,
    answer,
    candle,
    file_of,
    fundings,
    instrument,
    klines,
    minutes,
    settlement,
    trade,
    trades,
    zipped,
)

Decoder = Callable[[bytes], object]
DECODERS: dict[str, Decoder] = {
    "time": lambda body: OKX.decode_time("asked", body),
    "pairs": lambda body: OKX.decode_instruments("asked", InstrumentType.SPOT, body),
    "swaps": lambda body: OKX.decode_instruments("asked", InstrumentType.PERP, body),
    "volumes": lambda body: OKX.decode_volumes("asked", InstrumentType.PERP, body),
    "klines": lambda body: OKX.decode_klines("asked", klines(PERP), minutes(5), body),
    "trades": lambda body: OKX.decode_trades("asked", trades(PERP), body),
    "funding": lambda body: OKX.decode_funding("asked", fundings(), body),
    "book": lambda body: OKX.decode_book("asked", instrument(PERP), body),
}
ROWS: dict[str, object] = {
    "time": {"ts": "1"},
    "pairs": {"instId": "A-B", "state": "live", "tickSz": "1", "lotSz": "1", "listTime": "1"},
    "swaps": {
        "instId": "A-B-SWAP",
        "state": "live",
        "settleCcy": "B",
        "ctType": "linear",
        "ctVal": "1",
        "ctMult": "1",
    },
    "volumes": {"instId": "A", "last": "1", "volCcy24h": "1"},
    "klines": candle(),
    "trades": trade(),
    "funding": settlement(),
    "book": BOOK,
}


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["0", "1", "-1", "1e999", "NaN", "9" * 25, "\u0661", "0x1", "1e-400", "buy"]),
    st.decimals().map(str),
    st.lists(st.text(max_size=4), max_size=3),
)


def refused(decode: Callable[[], object]) -> DecodeError | None:
    """How a decoder refuses, None where it reads."""
    try:
        decode()
    except DecodeError as error:
        return error
    return None


def altered(row: object, changes: dict[int, object]) -> object:
    """A row with some of its values, by their place, replaced."""
    if isinstance(row, dict):
        names = list(row)
        return {**row, **{names[at % len(names)]: value for at, value in changes.items()}}
    assert isinstance(row, list)
    return [changes.get(at, value) for at, value in enumerate(row)]


@pytest.mark.parametrize("name", DECODERS)
@given(rows=st.lists(st.dictionaries(st.integers(0, 9), VALUES, max_size=2), max_size=3))
def test_decoders_given_altered_rows_refuse_by_name_or_read(
    name: str, rows: list[dict[int, object]]
) -> None:
    body = answer(*(altered(ROWS[name], changes) for changes in rows))

    refusal = refused(lambda: DECODERS[name](body))

    assert refusal is None or refusal.where.startswith("asked")


@pytest.mark.parametrize("name", DECODERS)
@given(body=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_decoders_given_any_bytes_refuse_them(name: str, body: bytes) -> None:
    with pytest.raises(DecodeError):
        DECODERS[name](body)


FILES = {
    Kind.TRADES: (file_of(trades(PERP)), TRADES_HEADER),
    Kind.KLINES: (file_of(klines(PERP)), BARS_HEADER),
    Kind.FUNDING: (file_of(fundings(), Cut.MONTHLY), FUNDING_HEADER),
}
FIELDS = st.sampled_from(
    ["BTC-USDT-SWAP", "1", "-1", "0.5", "", "buy", "NaN", "1e999", str(FIRST_MS), "9" * 25, "ÿ"]
)


@pytest.mark.parametrize("kind", FILES)
@given(lines=st.lists(st.lists(FIELDS, min_size=3, max_size=10).map(",".join), max_size=3))
def test_files_given_any_lines_are_refused_by_name_or_read(kind: Kind, lines: list[str]) -> None:
    file, header = FILES[kind]

    refusal = refused(lambda: OKX.decode_archive(file, zipped(header, *lines)))

    assert refusal is None or refusal.where == file.name


@pytest.mark.parametrize("kind", FILES)
@given(text=st.binary(max_size=80))
def test_files_given_any_text_are_refused(kind: Kind, text: bytes) -> None:
    with pytest.raises(DecodeError):
        OKX.decode_archive(FILES[kind][0], zipped(text))
