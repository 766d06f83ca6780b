"""Each route of Bybit's REST against the simulator: what is asked, and what its answer means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc
import pytest

from crypto_pipeline.domain.funding import FUNDING_COLUMNS
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.klines import VALUE_COLUMNS, microseconds
from crypto_pipeline.domain.order_books import BOOK_COLUMNS
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.simulator.bybit.books import state_at
from crypto_pipeline.simulator.bybit.categories import INTERVALS
from crypto_pipeline.simulator.market import listings as simulated
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.venues.bybit import Bybit
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, body, endpoints_at, reply
from crypto_pipeline_tests.venues.bybit_answers import (
    FIRST,
    PERP,
    SPOT,
    fundings,
    instrument,
    klines,
    minutes,
    trades,
)

MARKET = SyntheticMarket(7)
NOW_US = microseconds(NOW)
SILENT = ("trade_count", "taker_volume_base", "taker_volume_quote")


@pytest.fixture
def bybit(market: SimulatorProcess) -> Bybit:
    return Bybit(endpoints_at(market, "bybit"))


def listed(series: Series) -> simulated.Listing:
    """What the simulator knows of it."""
    kind = series.instrument.instrument_type
    found = MARKET.listing("bybit", kind, f"{series.instrument.base}{series.instrument.quote}")
    assert found is not None
    return found


def page(bybit: Bybit, series: Series, span: Span) -> list[dict[str, object]]:
    """The klines of one request."""
    (route,) = bybit.capabilities[series.instrument.instrument_type].klines
    asked = bybit.klines_request(route, series, span)
    rows: list[dict[str, object]] = bybit.decode_klines(
        str(asked), series, span, body(bybit, asked)
    ).to_pylist()
    return rows


def expected_klines(series: Series, span: Span) -> list[dict[str, object]]:
    """The same bars of the market behind the simulator, from its whole numbers."""
    listing, frame = listed(series), INTERVALS[bybit_interval(series)]
    start, end = microseconds(span.start) // 1000, microseconds(span.end) // 1000
    bars = MARKET.bars(listing, frame, start, end, NOW_US)
    price, lot = 10**listing.price_decimals, 10**listing.lot_decimals
    return [
        {
            "open_time": EPOCH + timedelta(milliseconds=int(bars.open_time[n])),
            "open": int(bars.open[n]) / price,
            "high": int(bars.high[n]) / price,
            "low": int(bars.low[n]) / price,
            "close": int(bars.close[n]) / price,
            "volume_base": int(bars.volume[n]) / lot,
            "volume_quote": int(bars.quote_volume[n]) / (price * lot),
            "trade_count": None,
            "taker_volume_base": None,
            "taker_volume_quote": None,
        }
        for n in range(len(bars))
    ]


def bybit_interval(series: Series) -> str:
    return Bybit.capabilities[InstrumentType.SPOT].klines[0].intervals[series.grid]


def without_vwap(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "vwap"} for row in rows]


@pytest.mark.parametrize("symbol", [SPOT, PERP, "ZIL/USDT", "1000PEPE/USDT:USDT"])
def test_klines_given_a_full_page_are_the_market_in_base_and_quote(
    bybit: Bybit, symbol: str
) -> None:
    series, span = klines(symbol), minutes(1000)

    rows = page(bybit, series, span)

    assert list(rows[0]) == ["open_time", *VALUE_COLUMNS]
    assert len(rows) == 1000
    assert without_vwap(rows) == expected_klines(series, span)


@pytest.mark.parametrize("interval", Interval)
def test_klines_given_each_interval_are_the_market(bybit: Bybit, interval: Interval) -> None:
    series = klines(PERP, interval.value)
    span = Span(FIRST - 20 * interval.length, FIRST)

    rows = page(bybit, series, span)

    assert len(rows) == 20
    assert without_vwap(rows) == expected_klines(series, span)


def test_klines_given_trades_have_a_price_between_low_and_high(bybit: Bybit) -> None:
    rows = page(bybit, klines(PERP), minutes(500))
    traded = [row for row in rows if row["vwap"] is not None]

    assert len(traded) > 400
    for row in traded:
        low, vwap, high = (row[name] for name in ("low", "vwap", "high"))
        assert isinstance(low, float)
        assert isinstance(vwap, float)
        assert isinstance(high, float)
        assert low * (1 - 1e-9) <= vwap <= high * (1 + 1e-9)


def test_klines_given_an_end_leave_the_bar_that_opens_there_out(bybit: Bybit) -> None:
    assert [row["open_time"] for row in page(bybit, klines(), minutes(2))] == [
        FIRST,
        FIRST + timedelta(minutes=1),
    ]


def test_klines_given_a_time_before_the_listing_are_none(bybit: Bybit) -> None:
    assert page(bybit, klines(), minutes(10, datetime(2010, 1, 1, tzinfo=UTC))) == []


def test_klines_given_a_span_over_now_end_with_the_open_bar(bybit: Bybit) -> None:
    rows = page(bybit, klines(), minutes(60, NOW.replace(minute=0, second=0)))

    assert rows[-1]["open_time"] == NOW.replace(second=0)


@pytest.mark.parametrize(("symbol", "hours"), [(PERP, 8), ("SUI/USDT:USDT", 4)])
def test_funding_given_a_span_is_what_the_market_settled(
    bybit: Bybit, symbol: str, hours: int
) -> None:
    route = bybit.capabilities[InstrumentType.PERP].funding
    assert route is not None
    series, span = fundings(symbol), Span(FIRST, FIRST + timedelta(hours=route.rows / 5))
    asked = bybit.funding_request(route, series, span)
    start, end = microseconds(span.start) // 1000, microseconds(span.end) // 1000
    settled = MARKET.fundings(listed(series), start, end)

    table = bybit.decode_funding(str(asked), series, body(bybit, asked))

    assert table.column_names == list(FUNDING_COLUMNS)
    assert table["funding_time"].to_pylist() == [
        FIRST + timedelta(hours=hours * n) for n in range(40 // hours)
    ]
    assert table["rate"].to_pylist() == [each.rate / 10**8 for each in settled]
    assert {table[name].null_count for name in ("rate_predicted", "mark_price")} == {len(settled)}


def test_funding_given_an_hourly_contract_comes_whole_in_one_answer(bybit: Bybit) -> None:
    route = bybit.capabilities[InstrumentType.PERP].funding
    assert route is not None
    series = fundings("XLM/USDT:USDT")
    asked = bybit.funding_request(route, series, Span(FIRST - timedelta(hours=route.rows), FIRST))

    times = bybit.decode_funding(str(asked), series, body(bybit, asked))["funding_time"]

    assert len(times) == route.rows == 200
    assert (times[0].as_py(), times[-1].as_py()) == (
        FIRST - timedelta(hours=200),
        FIRST - timedelta(hours=1),
    )


@pytest.mark.parametrize("symbol", [SPOT, PERP])
def test_a_book_given_a_symbol_is_that_of_the_market(bybit: Bybit, symbol: str) -> None:
    asked = bybit.book_request(instrument(symbol))

    table = bybit.decode_book(str(asked), instrument(symbol), body(bybit, asked))

    (row,) = table.to_pylist()
    listing = listed(trades(symbol))
    price, lot = 10**listing.price_decimals, 10**listing.lot_decimals
    assert table.column_names == list(BOOK_COLUMNS)
    state = state_at(MARKET, listing, NOW_US, "1000", 200)
    book = state.book
    assert row["ts_event"] == min(EPOCH + timedelta(milliseconds=state.cts + 1), NOW)
    assert row["sequence_id"] == state.u
    for side, prices, amounts in (
        ("bids", book.bid_price, book.bid_amount),
        ("asks", book.ask_price, book.ask_amount),
    ):
        assert len(row[side]) == 200
        assert [level["price"] for level in row[side]] == [int(each) / price for each in prices]
        assert [level["amount"] for level in row[side]] == [int(each) / lot for each in amounts]


def test_klines_given_an_unknown_symbol_are_refused_in_the_body(bybit: Bybit) -> None:
    series, span = klines("NO/SUCH"), minutes(3)
    (route,) = bybit.capabilities[InstrumentType.SPOT].klines
    got = reply(bybit, bybit.klines_request(route, series, span))

    assert got.status == 200
    assert not got.body.startswith(bybit.success)
    with pytest.raises(DecodeError, match="Not supported symbols"):
        bybit.decode_klines("kline", series, span, got.body)


@pytest.mark.parametrize("kind", InstrumentType)
def test_requests_given_any_route_cost_the_address_and_the_path(
    bybit: Bybit, kind: InstrumentType
) -> None:
    symbol = {InstrumentType.SPOT: SPOT, InstrumentType.PERP: PERP}[kind]
    (route,) = bybit.capabilities[kind].klines
    limits = {limit.name: limit for limit in bybit.limits}
    asked = [
        bybit.time_request(kind),
        bybit.instruments_request(kind, None),
        bybit.volumes_request(kind),
        bybit.klines_request(route, klines(symbol), minutes(3)),
        bybit.book_request(instrument(symbol)),
    ]
    for request in asked:
        first, second = request.costs
        assert (limits[first].cost, limits[first].seconds) == (600, 5.0)
        assert (limits[second].left_header or "").lower() in reply(bybit, request).headers
        assert set(request.costs.values()) == {1}


@pytest.mark.parametrize("symbol", [SPOT, PERP])
def test_trades_given_rest_are_refused_early(bybit: Bybit, symbol: str) -> None:
    offered = bybit.capabilities[instrument(symbol).instrument_type]

    assert offered.trades is None
    assert offered.offers(Kind.TRADES)
    assert not offered.counted
    with pytest.raises(UsageError, match="bybit has no agg_trades of"):
        bybit.refuse_unoffered(Series(instrument(symbol), kind=Kind.AGG_TRADES))


def test_funding_given_a_pair_is_refused_early(bybit: Bybit) -> None:
    with pytest.raises(UsageError, match="bybit has no funding of spot instruments; it has klines"):
        bybit.refuse_unoffered(Series(instrument(SPOT), kind=Kind.FUNDING))


@pytest.mark.parametrize(
    ("symbol", "native"),
    [
        (SPOT, "BTCUSDT"),
        (PERP, "BTCUSDT"),
        ("BTC/USDC", "BTCUSDC"),
        ("BTC/USDC:USDC", "BTCPERP"),
        ("1000PEPE/USDT:USDT", "1000PEPEUSDT"),
    ],
)
def test_native_symbol_given_a_symbol_is_bybits_own(bybit: Bybit, symbol: str, native: str) -> None:
    assert bybit.native_symbol(instrument(symbol)) == native


def test_klines_given_no_trade_have_no_average_price(bybit: Bybit) -> None:
    series, span = klines("ROSE/USDT"), minutes(1000)
    (route,) = bybit.capabilities[InstrumentType.SPOT].klines
    asked = bybit.klines_request(route, series, span)

    table = bybit.decode_klines(str(asked), series, span, body(bybit, asked))

    quiet = table.filter(pc.equal(table["volume_base"], 0.0))
    assert quiet.num_rows > 0
    assert quiet["vwap"].null_count == quiet.num_rows
    assert [table[name].null_count for name in SILENT] == [1000] * 3
