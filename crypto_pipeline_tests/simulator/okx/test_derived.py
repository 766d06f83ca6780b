"""OKX's tickers, marks, indices, open interest and funding."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from crypto_pipeline_tests.simulator.okx.asking import (
    BTC,
    DAY,
    HOUR,
    NOW_MS,
    SWAP,
    Okx,
    iso,
)


def test_ticker_given_a_day_of_minutes_is_their_total(okx: Okx) -> None:
    okx.process.set_clock(iso(NOW_MS // 60_000 * 60_000))
    (ticker,) = okx.rows("market/ticker", instId=SWAP)
    after = NOW_MS // 60_000 * 60_000
    minutes: list[list[str]] = []
    while len(minutes) < 1440:
        minutes += okx.rows("market/history-candles", instId=SWAP, after=after, limit=288)
        after = int(minutes[-1][0])
    assert ticker["open24h"] == minutes[-1][1]
    assert Decimal(ticker["high24h"]) == max(Decimal(row[2]) for row in minutes)
    assert Decimal(ticker["low24h"]) == min(Decimal(row[3]) for row in minutes)
    assert Decimal(ticker["vol24h"]) == sum(Decimal(row[5]) for row in minutes)
    assert Decimal(ticker["volCcy24h"]) == sum(Decimal(row[6]) for row in minutes)


def test_ticker_given_a_day_opens_where_its_bars_do(okx: Okx) -> None:
    (ticker,) = okx.rows("market/ticker", instId=BTC)
    (local,) = okx.rows("market/candles", instId=BTC, bar="1D", limit=1)
    (utc,) = okx.rows("market/candles", instId=BTC, bar="1Dutc", limit=1)
    assert (ticker["sodUtc8"], ticker["sodUtc0"]) == (local[1], utc[1])


def test_ticker_given_the_book_and_the_trades_agrees_with_them(okx: Okx) -> None:
    (ticker,) = okx.rows("market/ticker", instId=BTC)
    (book,) = okx.rows("market/books", instId=BTC)
    (trade,) = okx.rows("market/trades", instId=BTC, limit=1)
    assert [ticker["askPx"], ticker["askSz"]] == book["asks"][0][:2]
    assert [ticker["bidPx"], ticker["bidSz"]] == book["bids"][0][:2]
    assert (ticker["last"], ticker["lastSz"]) == (trade["px"], trade["sz"])


@pytest.mark.parametrize("kind", ["SPOT", "SWAP"])
def test_tickers_given_a_type_are_of_every_instrument(okx: Okx, kind: str) -> None:
    tickers = okx.rows("market/tickers", instType=kind)
    listed = okx.rows("public/instruments", instType=kind)
    assert [row["instId"] for row in tickers] == [row["instId"] for row in listed]


def test_tickers_given_an_instant_equal_those_of_the_channel(okx: Okx) -> None:
    with okx.channel("tickers", BTC) as talk:
        talk.hear()
        okx.process.set_clock(iso(NOW_MS + 100))
        (pushed,) = talk.hear()["data"]
    assert okx.rows("market/ticker", instId=BTC) == [pushed]


def test_marks_given_the_candle_of_the_minute_close_it(okx: Okx) -> None:
    (mark,) = okx.rows("public/mark-price", instType="SWAP", instId=SWAP)
    (candle,) = okx.rows("market/mark-price-candles", instId=SWAP, limit=1)
    assert Decimal(mark["markPx"]) == Decimal(candle[4])


def test_marks_given_the_channel_come_each_ten_seconds(okx: Okx) -> None:
    with okx.channel("mark-price") as talk:
        okx.process.set_clock(iso(NOW_MS + 20_000))
        rows = [talk.hear()["data"][0] for _ in range(3)]
    assert [int(row["ts"]) - NOW_MS for row in rows] == [0, 10_000, 20_000]
    assert okx.rows("public/mark-price", instType="SWAP", instId=SWAP) == [rows[-1]]


def test_index_given_its_ticker_is_near_the_spot_price(okx: Okx) -> None:
    (index,) = okx.rows("market/index-tickers", instId=BTC)
    (ticker,) = okx.rows("market/ticker", instId=BTC)
    assert abs(Decimal(index["idxPx"]) / Decimal(ticker["last"]) - 1) < Decimal("0.005")
    assert Decimal(index["low24h"]) <= Decimal(index["idxPx"]) <= Decimal(index["high24h"])


def test_open_interest_given_a_swap_is_one_amount_in_three_units(okx: Okx) -> None:
    (row,) = okx.rows("public/open-interest", instType="SWAP", instId=SWAP)
    assert Decimal(row["oi"]) * Decimal("0.01") == Decimal(row["oiCcy"]) > 0
    assert Decimal(row["oiUsd"]) > Decimal(row["oiCcy"])


def test_funding_given_now_settles_at_the_next_multiple_of_its_interval(okx: Okx) -> None:
    (row,) = okx.rows("public/funding-rate", instId=SWAP)
    settles, following = int(row["fundingTime"]), int(row["nextFundingTime"])
    assert following - settles == 8 * HOUR
    assert settles == (NOW_MS // (8 * HOUR) + 1) * 8 * HOUR
    (newest,) = okx.rows("public/funding-rate-history", instId=SWAP, limit=1)
    assert row["settFundingRate"] == newest["realizedRate"]


def test_funding_given_any_is_of_every_swap(okx: Okx) -> None:
    rows = okx.rows("public/funding-rate", instId="ANY")
    listed = okx.rows("public/instruments", instType="SWAP")
    assert [row["instId"] for row in rows] == [row["instId"] for row in listed]


@pytest.mark.parametrize(
    ("symbol", "hours"), [(SWAP, 8), ("SUI-USDT-SWAP", 4), ("XLM-USDT-SWAP", 1)]
)
def test_history_given_no_bounds_is_newest_first_by_the_interval(
    okx: Okx, symbol: str, hours: int
) -> None:
    times = [
        int(row["fundingTime"]) for row in okx.rows("public/funding-rate-history", instId=symbol)
    ]
    assert all(newer - older == hours * HOUR for newer, older in pairwise(times))
    assert len(times) == min(400, 90 * 24 // hours)


def test_history_given_bounds_excludes_both(okx: Okx) -> None:
    newest = [
        row["fundingTime"] for row in okx.rows("public/funding-rate-history", instId=SWAP, limit=5)
    ]
    bounds = {"after": newest[1], "before": newest[4]}
    rows = okx.rows("public/funding-rate-history", instId=SWAP, **bounds)
    assert [row["fundingTime"] for row in rows] == newest[2:4]


def test_history_given_more_than_three_months_is_empty(okx: Okx) -> None:
    old = NOW_MS - 90 * DAY
    assert okx.rows("public/funding-rate-history", instId=SWAP, after=old) == []


def test_funding_given_the_channel_tells_the_settlement_before_too(okx: Okx) -> None:
    with okx.channel("funding-rate") as talk:
        (row,) = talk.hear()["data"]
        okx.process.set_clock(iso(NOW_MS + 60_000))
        (later,) = talk.hear()["data"]
    assert int(row["fundingTime"]) - int(row["prevFundingTime"]) == 8 * HOUR
    assert NOW_MS - 60_000 < int(row["ts"]) <= NOW_MS
    assert int(later["ts"]) - int(row["ts"]) == 60_000
