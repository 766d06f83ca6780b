"""OKX's answers by hand: recorded ones are read, impossible ones are refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto_pipeline.errors import DecodeError
from crypto_pipeline_tests.venues.okx_answers import (
    BOOK,
    FIRST,
    FIRST_MS,
    OKX,
    PERP,
    SPOT,
    answer,
    candle,
    documented,
    fundings,
    instrument,
    klines,
    minutes,
    of,
    printed,
    settlement,
    trade,
    trades,
)

KEPT = "nautilus/adapters/okx"


def test_klines_given_a_swap_are_in_base_coin_and_ascend() -> None:
    body = answer(candle(1, confirm="0"), candle(0))

    table = OKX.decode_klines("", klines(PERP), minutes(2), body)

    assert of(table, "open_time", "close", "volume_base", "volume_quote", "vwap") == [
        (FIRST, 100.2, 2.5, 250.5, 100.2),
        (FIRST + timedelta(minutes=1), 100.2, 2.5, 250.5, 100.2),
    ]
    assert table["trade_count"].null_count == table["taker_volume_base"].null_count == 2


def test_klines_given_a_pair_take_volume_for_base_and_its_money_for_quote() -> None:
    table = OKX.decode_klines("", klines(SPOT), minutes(1), answer(candle(volCcy="25000")))

    assert of(table, "volume_base", "volume_quote", "vwap") == [(250.0, 25000.0, 100.0)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (candle(confirm="2"), r"confirm: got \['2'\], expected '0' or '1'"),
        (candle()[:8], "Expected `array` of at least length 9"),
        ([*candle(), "1"], "Expected `array` of at most length 9"),
        (candle(o="x"), "row 1, open: got 'x', expected a finite number"),
        (candle(vol="inf"), "row 1, vol: got 'inf'"),
        (candle(h="1.2345678901234567"), "high: got .* significant digits"),
        (candle(ts="1.5"), "open_time: got '1.5'"),
        (candle(ts=str(FIRST_MS + 1)), "on the 1m grid"),
        (candle(9), "an open time in 2025-02-07T16:00Z"),
    ],
)
def test_klines_given_a_malformed_row_name_it(row: list[str], told: str) -> None:
    with pytest.raises(DecodeError, match=f"^bars.*{told}"):
        OKX.decode_klines("bars", klines(PERP), minutes(5), answer(row))


def test_klines_given_a_bar_twice_refuse_it() -> None:
    with pytest.raises(DecodeError, match="an open time after the one before it"):
        OKX.decode_klines("", klines(PERP), minutes(5), answer(candle(), candle()))


def test_trades_given_a_swap_are_in_base_coin_and_ascend() -> None:
    body = answer(trade(2, side="buy", source="1"), trade(1))

    table = OKX.decode_trades("", trades(PERP), body)

    assert of(table, "trade_id", "trade_seq", "price", "amount", "side", "trade_type") == [
        ("1", 1, 100.1, 0.07, "sell", None),
        ("2", 2, 100.1, 0.07, "buy", "rpi"),
    ]


def test_trades_given_one_instant_ascend_by_number() -> None:
    rows = [trade(number, ts=str(FIRST_MS)) for number in (3, 2, 1)]

    table = OKX.decode_trades("", trades(PERP), answer(*rows))

    assert table["trade_seq"].to_pylist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"side": "hold"}, "side: got 'hold', expected 'buy' or 'sell'"),
        ({"sz": "0"}, "amount: got '0.0', expected a number above 0"),
        ({"sz": ""}, "row 2, amount: got ''"),
        ({"px": "-1"}, "price: got '-1.0'"),
        ({"tradeId": "a1"}, "trade_seq: got 'a1', expected a whole number"),
        ({"tradeId": "1"}, "trade_seq: got '1' more than once"),
        ({"ts": "soon"}, "ts_event: got 'soon'"),
        ({"instId": "ETH-USDT-SWAP"}, "row 2, instId: got 'ETH-USDT-SWAP'"),
    ],
)
def test_trades_given_a_malformed_row_name_it(fields: dict[str, str], told: str) -> None:
    with pytest.raises(DecodeError, match=f"^page.*{told}"):
        OKX.decode_trades("page", trades(PERP), answer(trade(1), {**trade(2), **fields}))


def test_funding_given_a_late_hour_is_due_at_it() -> None:
    rows = [settlement(8, fundingTime=str(FIRST_MS + 28_800_017)), settlement(0, fundingRate="")]

    table = OKX.decode_funding("", fundings(), answer(*rows))

    assert of(table, "funding_time", "rate", "rate_predicted") == [
        (FIRST, 0.0001, None),
        (FIRST + timedelta(hours=8), 0.0001, 0.0002),
    ]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"realizedRate": ""}, "row 2, rate: got ''"),
        ({"fundingRate": "nan"}, "row 2, rate_predicted: got 'nan'"),
        ({"fundingTime": ""}, "row 2, funding_time: got ''"),
        ({"fundingTime": str(FIRST_MS)}, "a settlement after the one before it"),
        ({"instId": "BTC-USD-SWAP"}, "row 2, instId: got 'BTC-USD-SWAP'"),
    ],
)
def test_funding_given_a_malformed_row_names_it(fields: dict[str, str], told: str) -> None:
    body = answer(settlement(0), {**settlement(8), **fields})

    with pytest.raises(DecodeError, match=f"^history.*{told}"):
        OKX.decode_funding("history", fundings(), body)


def test_book_given_a_swap_is_in_base_coin() -> None:
    (book,) = OKX.decode_book("", instrument(PERP), answer({**BOOK, "seqId": 12})).to_pylist()

    assert book == {
        "ts_event": FIRST,
        "sequence_id": 12,
        "bids": [{"price": 100.1, "amount": 0.07}],
        "asks": [{"price": 100.2, "amount": 0.03}],
    }


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"bids": [["100.2", "1", "0", "1"]]}, "a best bid below the best ask"),
        ({"bids": [["x", "1", "0", "1"]]}, "bids, row 1, price: got 'x'"),
        ({"asks": [["1", "x", "0", "1"]]}, "asks, row 1, amount: got 'x'"),
        ({"asks": [["1", "0", "0", "1"]]}, "an amount above 0"),
        ({"asks": [["1", "1"]]}, "Expected `array` of length 4"),
        ({"ts": "x"}, "ts_event: got 'x'"),
    ],
)
def test_book_given_a_malformed_snapshot_names_it(fields: dict[str, object], told: str) -> None:
    with pytest.raises(DecodeError, match=f"^book.*{told}"):
        OKX.decode_book("book", instrument(PERP), answer({**BOOK, **fields}))


@pytest.mark.real_data
def test_klines_given_recorded_ones_of_2021_have_no_quote_volume(real_data: Path) -> None:
    body = printed(real_data, f"{KEPT}/http_get_candlesticks.json")
    span = minutes(2, datetime(2021, 7, 1, tzinfo=UTC))

    pair = OKX.decode_klines("", klines(SPOT), span, body)
    swap = OKX.decode_klines("", klines(PERP), span, body)

    assert of(pair, "open", "close", "volume_base", "volume_quote") == [
        (33528.6, 33783.9, 778.838, None),
        (33783.9, 33782.1, 0.123, None),
    ]
    assert swap["volume_base"].to_pylist() == [7.78838, 0.00123]


@pytest.mark.real_data
def test_trades_given_recorded_ones_are_read(real_data: Path) -> None:
    table = OKX.decode_trades("", trades(), printed(real_data, f"{KEPT}/http_get_trades.json"))

    assert of(table, "trade_seq", "price", "amount", "side", "trade_type") == [
        (734864332, 102537.9, 0.0000125, "buy", None),
        (734864333, 102537.9, 0.00013669, "sell", None),
    ]


@pytest.mark.real_data
def test_trades_given_the_documented_history_are_read(real_data: Path) -> None:
    table = OKX.decode_trades("", trades(), documented(real_data, "GetTradeHistory"))

    assert of(table, "trade_id", "amount") == [("242720719", 0.00001), ("242720720", 0.00001)]


@pytest.mark.real_data
def test_funding_given_recorded_rows_tells_paid_from_announced(real_data: Path) -> None:
    body = printed(real_data, f"{KEPT}/http_get_funding_rate_history.json")

    table = OKX.decode_funding("", fundings(), body)

    assert of(table, "funding_time", "rate", "rate_predicted") == [
        (datetime(2023, 12, 31, 16, tzinfo=UTC), -0.00002, -0.0000236017),
        (datetime(2024, 1, 1, tzinfo=UTC), 0.00015, 0.0001515032),
    ]


@pytest.mark.real_data
def test_book_given_a_recorded_one_without_a_number_is_read(real_data: Path) -> None:
    body = printed(real_data, f"{KEPT}/http_get_order_book.json")

    (book,) = OKX.decode_book("", instrument(), body).to_pylist()

    assert book["sequence_id"] is None
    assert book["bids"][0] == {"price": 41006.7, "amount": 0.487921}
    assert [level["price"] for level in book["asks"]] == [41006.8, 41006.9, 41007.0]
