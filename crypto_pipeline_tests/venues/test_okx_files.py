"""OKX's archive by hand: its layouts over the years, what they leave out, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from crypto_pipeline.domain.series import Series
from crypto_pipeline.domain.trades import TRADE_COLUMNS
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline_tests.venues.okx_answers import (
    BARS_HEADER,
    FIRST,
    FIRST_MS,
    FUNDING_HEADER,
    OKX,
    PERP,
    SPOT,
    TRADES_HEADER,
    file_of,
    fundings,
    klines,
    of,
    trades,
    zipped,
)


def line(number: int = 1, **fields: str) -> str:
    """A possible trade, so many ms into the day."""
    row = {
        "instrument_name": "BTC-USDT-SWAP",
        "trade_id": str(number),
        "side": "buy",
        "price": "100.1",
        "size": "7.0",
        "created_time": str(FIRST_MS + number),
    }
    return ",".join({**row, **fields}.values())


def decoded(*lines: str | bytes, series: Series | None = None, cut: Cut = Cut.DAILY) -> pa.Table:
    return OKX.decode_archive(file_of(series or trades(PERP), cut), zipped(*lines))


def test_trades_given_the_source_of_orders_tell_price_improvement() -> None:
    table = decoded(f"{TRADES_HEADER},source", f"{line(1)},0", f"{line(2)},1")

    assert table["trade_type"].to_pylist() == [None, "rpi"]


@pytest.mark.parametrize("coding", ["gbk", "utf-8"])
def test_trades_given_the_old_bilingual_header_are_read_by_its_names(coding: str) -> None:
    header = "trade_id/撮合id,side/交易方向,size/数量,price/价格,created_time/成交时间"
    rows = [f"9,sell,3.0,100.5,{FIRST_MS}", f"10,buy,1e-05,100.6,{FIRST_MS + 5}"]

    table = decoded(header.encode(coding), *rows)

    assert of(table, "trade_seq", "side", "price", "amount") == [
        (9, "sell", 100.5, 0.03),
        (10, "buy", 100.6, 1e-07),
    ]


def test_trades_given_float_noise_in_a_size_keep_it() -> None:
    row = line(1, instrument_name="BTC-USDT", size="0.00044782999999999997")

    table = decoded(TRADES_HEADER, row, series=trades(SPOT))

    assert table["amount"].to_pylist() == [0.00044782999999999997]


def test_trades_given_a_row_twice_keep_it_once() -> None:
    table = decoded(TRADES_HEADER, line(1), line(2), line(2), line(3))

    assert table["trade_seq"].to_pylist() == [1, 2, 3]


def test_trades_given_a_header_alone_are_none() -> None:
    table = decoded(TRADES_HEADER)

    assert (table.num_rows, table.column_names) == (0, list(TRADE_COLUMNS))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line(1)], r"row 1: got 'BTC-USDT-SWAP,1,.*a header row that names trade_id, side, price"),
        (["trade_id,side,price"], r"row 1: got 'trade_id,side,price', expected a header row"),
        ([f"{TRADES_HEADER},price", f"{line(1)},1"], "expected a header row"),
        ([TRADES_HEADER, line(1), line(2, side="")], r"row 3, side: got"),
        ([TRADES_HEADER, line(1, side="hold")], "side: got 'hold', expected 'buy' or 'sell'"),
        ([TRADES_HEADER, line(1, size="0")], "amount: got '0.0', expected a number above 0"),
        ([TRADES_HEADER, line(1, size="x")], "row 2, size: got 'x', expected a number"),
        ([TRADES_HEADER, line(1, price="-1")], "price: got '-1.0'"),
        ([TRADES_HEADER, line(1, price="1.2345678901234567")], "15 significant digits"),
        ([TRADES_HEADER, line(1, trade_id="1.5")], "trade_id: got '1.5', expected a whole number"),
        ([TRADES_HEADER, line(1), line(1, price="9")], "trade_seq: got '1' more than once"),
        (
            [TRADES_HEADER, line(1), line(2, instrument_name="ETH-USDT-SWAP")],
            "row 3, instId: got 'ETH-USDT-SWAP', expected 'BTC-USDT-SWAP'",
        ),
        ([TRADES_HEADER, line(1, created_time=str(FIRST_MS - 1))], "ts_event: got 2025-02-07T15"),
        ([TRADES_HEADER, line(1)[:-20]], "row 2"),
    ],
)
def test_trades_given_a_malformed_file_are_refused_by_name(lines: list[str], told: str) -> None:
    with pytest.raises(DecodeError, match=rf"BTC-USDT-SWAP-trades-2025-02-08.zip.*{told}"):
        decoded(*lines)


def test_an_archive_given_no_zip_is_refused() -> None:
    with pytest.raises(DecodeError, match="a broken zip"):
        OKX.decode_archive(file_of(trades(PERP)), b"<html>")


def bar(minute: int = 0, **fields: str) -> str:
    """A possible bar, so many minutes into the day."""
    row = {
        "instrument_name": "BTC-USDT-SWAP",
        "open": "100.1",
        "high": "100.3",
        "low": "100",
        "close": "100.2",
        "vol": "250",
        "vol_ccy": "2.5",
        "vol_quote": "250.5",
        "open_time": str(FIRST_MS + minute * 60_000),
        "confirm": "1",
    }
    return ",".join({**row, **fields}.values())


def test_klines_given_an_old_file_tell_what_it_leaves_out() -> None:
    old = bar(vol_ccy="0", vol_quote="0").removesuffix(",1")
    flat = bar(1, vol="0", vol_ccy="0", vol_quote="0").removesuffix(",1")

    table = decoded(BARS_HEADER.removesuffix(",confirm"), old, flat, series=klines(PERP))

    assert of(table, "volume_base", "volume_quote", "vwap") == [(2.5, None, None), (0.0, 0.0, None)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (bar(vol_ccy="None"), "row 2, vol_ccy: got 'None', expected a number"),
        (bar(open_time=str(FIRST_MS + 1)), "open_time: got .* on the 1m grid"),
        (bar(open_time=str(FIRST_MS - 60_000)), "open_time: got .*, expected an open time in"),
        (bar(instrument_name="X-USDT-SWAP"), "instId: got 'X-USDT-SWAP'"),
        (bar(close=""), "row 2, close: got"),
    ],
)
def test_klines_given_a_malformed_file_are_refused_by_name(row: str, told: str) -> None:
    with pytest.raises(DecodeError, match=rf"candlesticks-2025-02-08.zip.*{told}"):
        decoded(BARS_HEADER, row, series=klines(PERP))


def test_funding_given_a_late_settlement_is_due_at_the_hour() -> None:
    late = [2_000, 24_000, 60_000, 3_195_000]
    lines = [
        f"BTC-USDT-SWAP,0.0001,{FIRST_MS + hours * 28_800_000 + delay}"
        for hours, delay in enumerate(late)
    ]

    table = decoded(FUNDING_HEADER, *lines, series=fundings(), cut=Cut.MONTHLY)

    due = [FIRST + timedelta(hours=8 * each) for each in range(4)]
    due[3] += timedelta(minutes=53, seconds=15)
    assert table["funding_time"].to_pylist() == due


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"BTC-USDT-SWAP,,{FIRST_MS}", "row 2, funding_rate: got"),
        (f"ETH-USDT-SWAP,0.1,{FIRST_MS}", "instId: got 'ETH-USDT-SWAP'"),
        ("BTC-USDT-SWAP,0.1,soon", "funding_time: got 'soon'"),
    ],
)
def test_funding_given_a_malformed_file_is_refused_by_name(row: str, told: str) -> None:
    with pytest.raises(DecodeError, match=rf"fundingrates-2025-02.zip.*{told}"):
        decoded(FUNDING_HEADER, row, series=fundings(), cut=Cut.MONTHLY)
