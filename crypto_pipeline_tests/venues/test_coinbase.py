"""Coinbase's routes as the simulator answers them: klines, trades, books, clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.compute as pc
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.domain.order_books import BOOK_COLUMNS
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import TRADE_COLUMNS
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.coinbase import KLINES, Coinbase
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline.venues.venue import find_venue
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, body, endpoints_at, reply
from crypto_pipeline_tests.venues.coinbase_answers import BARS, BTC, COINBASE, TRADES

SPOT = InstrumentType.SPOT
MINUTE = timedelta(minutes=1)
NIGHT = datetime(2025, 2, 9, tzinfo=UTC)


@pytest.fixture
def coinbase(market: SimulatorProcess) -> Coinbase:
    return Coinbase(endpoints_at(market, "coinbase"))


def test_find_venue_given_coinbase_finds_it_without_an_archive(coinbase: Coinbase) -> None:
    assert find_venue("coinbase") is type(coinbase)
    assert coinbase.endpoints.archive is None
    assert set(coinbase.endpoints.rest) == set(coinbase.ccxt_ids) == {"advanced", "exchange"}


def test_decode_time_given_the_clock_is_what_it_says(coinbase: Coinbase) -> None:
    answered = body(coinbase, coinbase.time_request(SPOT))

    assert coinbase.decode_time("time", answered) == NOW


def test_klines_request_given_a_span_names_its_first_and_last_second() -> None:
    span = Span(NIGHT, NIGHT + 2 * MINUTE)

    asked = COINBASE.klines_request(KLINES, BARS, span)

    assert str(asked) == (
        "advanced /api/v3/brokerage/market/products/BTC-USD/candles "
        "granularity=ONE_MINUTE start=1739059200 end=1739059319"
    )
    assert asked.costs == {"advanced": 1}


def test_decode_klines_given_a_page_gives_base_volume_and_is_silent_on_the_rest(
    coinbase: Coinbase,
) -> None:
    span = Span(NIGHT, NIGHT + KLINES.rows * MINUTE)

    page = coinbase.decode_klines(
        "candles", BARS, span, body(coinbase, coinbase.klines_request(KLINES, BARS, span))
    )

    assert page.column_names == ["open_time", *VALUE_COLUMNS]
    assert KLINES.rows - 10 < page.num_rows <= KLINES.rows
    assert {name for name in VALUE_COLUMNS if page[name].null_count} == KLINES.silent
    assert page["volume_quote"].null_count == page.num_rows


def test_klines_request_given_a_bar_more_than_a_page_is_refused_by_the_exchange(
    coinbase: Coinbase,
) -> None:
    span = Span(NIGHT, NIGHT + (KLINES.rows + 1) * MINUTE)

    answered = reply(coinbase, coinbase.klines_request(KLINES, BARS, span))

    assert answered.status == 400
    assert b"less than 350" in answered.body


def test_decode_klines_given_minutes_without_a_trade_leaves_them_out(coinbase: Coinbase) -> None:
    outage = Span(
        datetime(2023, 3, 4, 17, 58, tzinfo=UTC), datetime(2023, 3, 4, 19, 27, tzinfo=UTC)
    )

    page = coinbase.decode_klines(
        "candles", BARS, outage, body(coinbase, coinbase.klines_request(KLINES, BARS, outage))
    )

    hours = pc.hour(page["open_time"]).to_pylist()
    assert 1 <= page.num_rows <= 4
    assert set(hours) <= {17, 19}


def test_decode_klines_given_a_time_before_the_listing_is_empty(coinbase: Coinbase) -> None:
    span = Span(datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 1, 1, tzinfo=UTC))

    page = coinbase.decode_klines(
        "candles", BARS, span, body(coinbase, coinbase.klines_request(KLINES, BARS, span))
    )

    assert page.num_rows == 0
    assert page.column_names == ["open_time", *VALUE_COLUMNS]


def newest(coinbase: Coinbase, cursor: TradeCursor) -> list[dict[str, Any]]:
    page = coinbase.decode_trades(
        "trades", TRADES, body(coinbase, coinbase.trades_request(TRADES, cursor))
    )
    assert page.column_names == list(TRADE_COLUMNS)
    rows: list[dict[str, Any]] = page.to_pylist()
    return rows


def test_trades_request_given_an_id_asks_for_those_below_it() -> None:
    asked = COINBASE.trades_request(TRADES, TradeCursor(5))

    assert str(asked) == "exchange /products/BTC-USD/trades limit=1000 after=5"
    assert asked.costs == {"exchange": 1}


def test_decode_trades_given_a_cursor_near_the_first_trade_ends_at_id_1(coinbase: Coinbase) -> None:
    rows = newest(coinbase, TradeCursor(5))

    assert [row["trade_seq"] for row in rows] == [1, 2, 3, 4]
    assert [row["trade_id"] for row in rows] == ["1", "2", "3", "4"]
    assert newest(coinbase, TradeCursor(1)) == []


def test_decode_trades_given_no_cursor_is_the_newest_page_in_ascending_order(
    coinbase: Coinbase,
) -> None:
    rows = newest(coinbase, TradeCursor())

    times = [row["ts_event"] for row in rows]
    assert len(rows) == 1000
    assert times == sorted(times)
    assert times[-1] <= NOW


def test_decode_trades_given_a_minute_adds_up_to_its_candle(coinbase: Coinbase) -> None:
    minute = NOW.replace(second=0) - MINUTE
    span = Span(minute, minute + MINUTE)
    page = coinbase.decode_klines(
        "candles", BARS, span, body(coinbase, coinbase.klines_request(KLINES, BARS, span))
    )

    inside = [
        row for row in newest(coinbase, TradeCursor()) if span.start <= row["ts_event"] < span.end
    ]

    prices = [row["price"] for row in inside]
    (bar,) = page.to_pylist()
    assert (bar["open"], bar["close"]) == (prices[0], prices[-1])
    assert (bar["high"], bar["low"]) == (max(prices), min(prices))
    assert bar["volume_base"] == pytest.approx(sum(row["amount"] for row in inside))


def test_trades_request_given_an_instant_is_refused() -> None:
    with pytest.raises(UsageError, match="by id, not by time"):
        COINBASE.trades_request(TRADES, TradeCursor(before=NOW))


def test_trades_request_given_aggregated_trades_says_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no agg_trades of spot .* it has klines, trades"):
        COINBASE.trades_request(Series(BTC, kind=Kind.AGG_TRADES), TradeCursor())


def test_decode_book_given_a_snapshot_has_a_time_and_no_number(coinbase: Coinbase) -> None:
    book = coinbase.decode_book("book", BTC, body(coinbase, coinbase.book_request(BTC)))

    (row,) = book.to_pylist()
    assert book.column_names == list(BOOK_COLUMNS)
    assert row["ts_event"] == NOW
    assert row["sequence_id"] is None
    assert len(row["bids"]) == len(row["asks"]) == coinbase.capabilities[SPOT].book_levels
    assert row["bids"][0]["price"] < row["asks"][0]["price"]


def test_refuse_unoffered_given_three_minutes_names_the_native_intervals() -> None:
    with pytest.raises(UsageError, match=r"no 3m klines .* 1m 5m 15m 30m 1h 2h 4h 6h 1d"):
        COINBASE.refuse_unoffered(Series(BTC, Interval.M3))


def test_refuse_unoffered_given_a_perpetual_says_that_there_is_spot() -> None:
    perp = Series(parse_symbol("coinbase", "BTC/USDC:USDC"), kind=Kind.FUNDING)

    with pytest.raises(UsageError, match="no perp instruments here; it has spot"):
        COINBASE.refuse_unoffered(perp)


def test_requests_given_perpetuals_are_refused() -> None:
    for ask in (COINBASE.time_request, COINBASE.volumes_request):
        with pytest.raises(UsageError, match="no perp instruments"):
            ask(InstrumentType.PERP)
    with pytest.raises(UsageError, match="no perp instruments"):
        COINBASE.instruments_request(InstrumentType.PERP, None)
    with pytest.raises(UsageError, match="no perp instruments"):
        COINBASE.book_request(parse_symbol("coinbase", "BTC/USDC:USDC"))
