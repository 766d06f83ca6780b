"""OKX's instruments, volumes and clock: what is listed, in which units, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, Status
from crypto_pipeline.errors import DecodeError
from crypto_pipeline_tests.venues.okx_answers import (
    OKX,
    answer,
    captured_instruments,
    documented,
    printed,
)

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP
PRINTED = "nautilus/adapters/okx/http_get_instruments_{}.json"


def pair(**fields: str) -> dict[str, str]:
    """A possible row of a pair."""
    row = {
        "instId": "BTC-USDT",
        "baseCcy": "BTC",
        "quoteCcy": "USDT",
        "ctMult": "",
        "ctType": "",
        "ctVal": "",
        "expTime": "",
        "listTime": "1606468572000",
        "lotSz": "0.00000001",
        "settleCcy": "",
        "state": "live",
        "tickSz": "0.1",
    }
    return {**row, **fields}


def swap(**fields: str) -> dict[str, str]:
    """A possible row of a swap, contracts of which are of 0.05 coins, traded by the tenth."""
    own = {
        "instId": "BTC-USDT-SWAP",
        "baseCcy": "",
        "quoteCcy": "",
        "ctMult": "5",
        "ctType": "linear",
        "ctVal": "0.01",
        "lotSz": "0.1",
        "settleCcy": "USDT",
    }
    return pair(**{**own, **fields})


def test_instruments_given_a_pair_are_as_written() -> None:
    (found,) = OKX.decode_instruments("", SPOT, answer(pair())).listings

    assert (found.instrument.symbol, found.native_symbol) == ("BTC/USDT", "BTC-USDT")
    assert (found.tick_size, found.lot_size) == (Decimal("0.1"), Decimal("0.00000001"))
    assert (found.contract_size, found.status) == (Decimal(1), Status.TRADING)
    assert found.listed_at == datetime(2020, 11, 27, 9, 16, 12, tzinfo=UTC)
    silent = (found.delisted_at, found.min_notional, found.funding_interval_hours)
    assert silent == (None, None, None)


def test_instruments_given_a_swap_have_a_lot_in_base_coin() -> None:
    (found,) = OKX.decode_instruments("", PERP, answer(swap(expTime="1739190870000"))).listings

    assert (found.instrument.symbol, found.native_symbol) == ("BTC/USDT:USDT", "BTC-USDT-SWAP")
    assert (found.contract_size, found.lot_size) == (Decimal("0.05"), Decimal("0.005"))
    assert found.delisted_at == datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("live", Status.TRADING),
        ("suspend", Status.HALTED),
        ("rebase", Status.HALTED),
        ("post_only", Status.HALTED),
        ("preopen", Status.PRE_LAUNCH),
        ("test", Status.PRE_LAUNCH),
    ],
)
def test_instruments_given_a_state_have_a_status(state: str, status: Status) -> None:
    (found,) = OKX.decode_instruments("", SPOT, answer(pair(state=state))).listings

    assert found.status is status


@pytest.mark.parametrize(
    "row",
    [
        swap(instId="BTC-USD-SWAP", ctType="inverse", settleCcy="BTC"),
        swap(instId="BTC-USD_UM-SWAP", settleCcy="USDC"),
        {"instId": "ETH-USD_UM-SWAP", "state": "preopen"},
    ],
    ids=["inverse", "settled in another coin", "announced by name"],
)
def test_instruments_given_no_linear_swap_leave_it_out(row: dict[str, str]) -> None:
    found = OKX.decode_instruments("", PERP, answer(row, swap())).listings

    assert [each.native_symbol for each in found] == ["BTC-USDT-SWAP"]


def test_instruments_given_a_pair_without_coins_take_them_from_its_name() -> None:
    row = pair(baseCcy="", quoteCcy="", state="preopen", tickSz="", lotSz="", listTime="")

    (found,) = OKX.decode_instruments("", SPOT, answer(row)).listings

    assert found.instrument.symbol == "BTC/USDT"
    assert (found.tick_size, found.lot_size, found.listed_at) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"state": "gone"}, r"row 2 .BTC-USDT-SWAP., state: got 'gone', expected one of live"),
        ({"ctVal": ""}, r"ctVal: got '', expected a number above 0"),
        ({"ctMult": "0"}, r"ctMult: got '0'"),
        ({"tickSz": "NaN"}, r"tickSz: got 'NaN'"),
        ({"lotSz": "1e999999"}, r"lotSz: got '1e999999'"),
        ({"listTime": "today"}, r"listTime: got 'today', expected ms"),
        ({"expTime": "9" * 5000}, r"expTime: got '9+', expected ms"),
    ],
)
def test_instruments_given_a_malformed_row_name_it(fields: dict[str, str], told: str) -> None:
    with pytest.raises(DecodeError, match=told):
        OKX.decode_instruments("list", PERP, answer(swap(), swap(**fields)))


def test_volumes_given_a_swap_are_its_coins_at_the_last_price() -> None:
    rows = [
        {"instId": "BTC-USDT-SWAP", "last": "100", "volCcy24h": "2.5"},
        {"instId": "NEW-USDT-SWAP", "last": "", "volCcy24h": ""},
    ]

    assert OKX.decode_volumes("", PERP, answer(*rows)) == {"BTC-USDT-SWAP": 250.0}
    assert OKX.decode_volumes("", SPOT, answer(*rows)) == {"BTC-USDT-SWAP": 2.5}


def test_volumes_given_a_text_name_the_field() -> None:
    row = {"instId": "BTC-USDT", "last": "100", "volCcy24h": "much"}

    with pytest.raises(DecodeError, match="tickers, row 1, volCcy24h: got 'much'"):
        OKX.decode_volumes("tickers", SPOT, answer(row))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (answer(), "data: got 0 rows, expected one row"),
        (answer({"ts": "now"}), "ts: got 'now', expected ms"),
        (answer({"ts": 1}), "Expected `str`, got `int`"),
        (answer(code="50001", message="busy"), "code: got '50001' .busy., expected '0'"),
        (b"<html>", "malformed"),
        (b"", "truncated"),
    ],
)
def test_time_given_a_malformed_answer_says_why(body: bytes, told: str) -> None:
    with pytest.raises(DecodeError, match=told):
        OKX.decode_time("clock", body)


@pytest.mark.real_data
def test_time_given_the_documented_answer_is_read(real_data: Path) -> None:
    clock = OKX.decode_time("", documented(real_data, "GetServerTime"))

    assert clock == datetime(2020, 8, 10, 2, 26, 23, 85_000, tzinfo=UTC)


@pytest.mark.real_data
def test_instruments_given_those_of_2022_are_513_pairs_and_126_linear_swaps(
    real_data: Path,
) -> None:
    pairs = OKX.decode_instruments("", SPOT, captured_instruments(real_data, "SPOT")).listings
    swaps = OKX.decode_instruments("", PERP, captured_instruments(real_data, "SWAP")).listings

    assert (len(pairs), len(swaps)) == (513, 126)
    assert {each.instrument.quote for each in swaps} == {"USDT"}
    named = {each.native_symbol: each for each in swaps}
    assert named["DOGE-USDT-SWAP"].contract_size == 1000
    assert named["BTC-USDT-SWAP"].lot_size == Decimal("0.01")
    assert all(each.native_symbol == OKX.native_symbol(each.instrument) for each in swaps)


@pytest.mark.real_data
def test_instruments_given_those_of_2025_are_listed(real_data: Path) -> None:
    pairs = OKX.decode_instruments("", SPOT, printed(real_data, PRINTED.format("spot"))).listings
    swaps = OKX.decode_instruments("", PERP, printed(real_data, PRINTED.format("swap"))).listings

    assert [each.instrument.symbol for each in pairs[:2]] == ["BTC/USD", "ETH/USD"]
    assert [(each.instrument.symbol, each.lot_size) for each in swaps] == [
        ("ETH/USDT:USDT", Decimal("0.001")),
        ("BTC/USDT:USDT", Decimal("0.0001")),
    ]


@pytest.mark.real_data
def test_volumes_given_the_documented_answer_are_read(real_data: Path) -> None:
    volumes = OKX.decode_volumes("", SPOT, documented(real_data, "GetTickers"))

    assert volumes == {"LTC-USD-SWAP": 2222.0, "BTC-USD-SWAP": 2222.0}
