"""OKX over REST: each route asked of a simulator, its answer held against the market behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Status
from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.klines import VALUE_COLUMNS, microseconds
from crypto_pipeline.domain.trades import TRADE_COLUMNS
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import Timeframe
from crypto_pipeline.venues.okx import Okx
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, body, reply
from crypto_pipeline_tests.venues.okx_answers import (
    OKX,
    PERP,
    SPOT,
    fundings,
    instrument,
    klines,
    listing_all,
    trades,
)

BEHIND = SyntheticMarket(7)
EARLY = datetime(2025, 2, 10, 4, tzinfo=UTC)
BOTH = pytest.mark.parametrize("symbol", [SPOT, PERP])


@pytest.fixture
def okx(market: SimulatorProcess) -> Okx:
    """OKX at the simulator, knowing its instruments."""
    return listing_all(market)


def listing(symbol: str) -> Listing:
    """What the simulator lists."""
    native = OKX.native_symbol(instrument(symbol))
    found = BEHIND.listing("okx", instrument(symbol).instrument_type, native)
    assert found is not None
    return found


def exact(units: Iterable[int], decimals: int) -> list[float]:
    """Whole numbers of 10^-decimals, each as the nearest DOUBLE."""
    return [float(Decimal(int(each)).scaleb(-decimals)) for each in units]


def ms(instant: datetime) -> int:
    return microseconds(instant) // 1000


@BOTH
@pytest.mark.parametrize("route", [0, 1], ids=["candles", "history-candles"])
def test_klines_given_a_window_are_those_of_the_market_in_base_coin(
    okx: Okx, symbol: str, route: int
) -> None:
    series, span = klines(symbol), Span(EARLY, EARLY + timedelta(minutes=250))
    request = okx.klines_request(okx.capabilities[InstrumentType.PERP].klines[route], series, span)

    page = okx.decode_klines("", series, span, body(okx, request))

    listed = listing(symbol)
    bars = BEHIND.bars(listed, Timeframe(60_000), ms(span.start), ms(span.end), microseconds(NOW))
    price, lot = listed.price_decimals, listed.lot_decimals
    assert page.num_rows == 250
    assert page.column_names == ["open_time", *VALUE_COLUMNS]
    assert page["open"].to_pylist() == exact(bars.open, price)
    assert page["low"].to_pylist() == exact(bars.low, price)
    assert page["volume_base"].to_pylist() == exact(bars.volume, lot)
    assert page["volume_quote"].to_pylist() == exact(bars.quote_volume, price + lot)


@pytest.mark.parametrize("interval", Interval)
def test_klines_given_an_interval_lie_on_the_grid_of_utc(okx: Okx, interval: Interval) -> None:
    start = datetime(2025, 2, 4, tzinfo=UTC)
    series, span = klines(SPOT, interval.value), Span(start, start + 4 * interval.length)
    route = okx.capabilities[InstrumentType.SPOT].klines[1]

    page = okx.decode_klines("", series, span, body(okx, okx.klines_request(route, series, span)))

    assert page["open_time"].to_pylist() == [start + n * interval.length for n in range(4)]


def test_klines_given_the_most_rows_come_whole_and_no_bar_more(okx: Okx) -> None:
    route = okx.capabilities[InstrumentType.SPOT].klines[1]
    series, span = klines(), Span(EARLY, EARLY + route.rows * Interval.M1.length)

    page = okx.decode_klines("", series, span, body(okx, okx.klines_request(route, series, span)))

    times = page["open_time"].to_pylist()
    assert (len(times), times[0], times[-1]) == (300, EARLY, span.end - timedelta(minutes=1))


def test_klines_given_as_many_as_the_first_route_reaches_back_are_all_there(okx: Okx) -> None:
    route = okx.capabilities[InstrumentType.SPOT].klines[0]
    assert route.newest_bars is not None
    start = Interval.M1.floor(NOW) - timedelta(minutes=route.newest_bars)
    series, span = klines(), Span(start, start + timedelta(minutes=300))

    page = okx.decode_klines("", series, span, body(okx, okx.klines_request(route, series, span)))

    assert page.num_rows == 300


def test_klines_given_a_time_before_the_listing_are_none(okx: Okx) -> None:
    route = okx.capabilities[InstrumentType.SPOT].klines[1]
    start = datetime(2010, 1, 1, tzinfo=UTC)
    series, span = klines(), Span(start, start + timedelta(hours=1))

    page = okx.decode_klines("", series, span, body(okx, okx.klines_request(route, series, span)))

    assert (page.num_rows, page.column_names) == (0, ["open_time", *VALUE_COLUMNS])


@BOTH
def test_trades_given_an_instant_and_then_ids_walk_back_without_a_hole(
    okx: Okx, symbol: str
) -> None:
    series, listed = trades(symbol), listing(symbol)

    newer = okx.decode_trades(
        "", series, body(okx, okx.trades_request(series, TradeCursor(before=EARLY)))
    )
    cursor = TradeCursor(id=newer["trade_seq"][0].as_py())
    older = okx.decode_trades("", series, body(okx, okx.trades_request(series, cursor)))

    last = BEHIND.last_id(listed, microseconds(EARLY))
    truth = BEHIND.trades_from(listed, last - 199, 200, microseconds(EARLY))
    seen = [*older.to_pylist(), *newer.to_pylist()]
    assert newer.column_names == list(TRADE_COLUMNS)
    assert [row["trade_seq"] for row in seen] == truth.trade_id.tolist()
    assert [row["trade_id"] for row in seen] == [str(each) for each in truth.trade_id]
    assert [row["price"] for row in seen] == exact(truth.price, listed.price_decimals)
    assert [row["amount"] for row in seen] == exact(truth.amount, listed.lot_decimals)
    assert [row["side"] == "sell" for row in seen] == truth.taker_sells.tolist()
    times = [(row["ts_event"] - EPOCH) // timedelta(milliseconds=1) for row in seen]
    assert times == (truth.time // 1000).tolist()


def test_trades_given_no_cursor_are_the_newest(okx: Okx) -> None:
    series = trades()

    page = okx.decode_trades("", series, body(okx, okx.trades_request(series, TradeCursor())))

    assert page["trade_seq"][-1].as_py() == BEHIND.last_id(listing(SPOT), microseconds(NOW))


def test_trades_given_ids_older_than_three_months_are_none(okx: Okx) -> None:
    series = trades()

    page = okx.decode_trades("", series, body(okx, okx.trades_request(series, TradeCursor(id=2))))

    assert (page.num_rows, page.column_names) == (0, list(TRADE_COLUMNS))


def test_funding_given_a_month_is_what_was_paid_beside_what_was_announced(okx: Okx) -> None:
    route = okx.capabilities[InstrumentType.PERP].funding
    assert route is not None
    span = Span(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))
    series = fundings()

    page = okx.decode_funding("", series, body(okx, okx.funding_request(route, series, span)))

    truth = BEHIND.fundings(listing(PERP), ms(span.start), ms(span.end))
    assert len(truth) == 93
    assert page["rate"].to_pylist() == exact((each.rate for each in truth), 8)
    assert page["rate_predicted"].to_pylist() == exact((each.predicted_rate for each in truth), 8)
    assert page["rate"] != page["rate_predicted"]
    settled = [EPOCH + timedelta(milliseconds=each.settled_at) for each in truth]
    assert page["funding_time"].to_pylist() == settled
    assert page["interval_hours"].null_count == page["mark_price"].null_count == 93


@BOTH
def test_book_given_an_instrument_is_the_book_of_the_market(okx: Okx, symbol: str) -> None:
    one, listed = instrument(symbol), listing(symbol)

    book = okx.decode_book("", one, body(okx, okx.book_request(one))).to_pylist()[0]

    truth = BEHIND.book(listed, microseconds(NOW), 400)
    assert (book["ts_event"], book["sequence_id"] is None) == (NOW, False)
    assert [level["price"] for level in book["bids"]] == exact(
        truth.bid_price, listed.price_decimals
    )
    assert [level["amount"] for level in book["asks"]] == exact(
        truth.ask_amount, listed.lot_decimals
    )


@pytest.mark.parametrize("kind", InstrumentType)
def test_instruments_given_a_type_are_all_that_the_market_lists(
    okx: Okx, kind: InstrumentType
) -> None:
    page = okx.decode_instruments("", kind, body(okx, okx.instruments_request(kind, None)))

    listed = [each for each in BEHIND.listings("okx", kind) if each.trading(ms(NOW))]
    assert page.cursor is None
    assert [each.native_symbol for each in page.listings] == [each.symbol for each in listed]
    assert [each.tick_size for each in page.listings] == [Decimal(e.tick_size) for e in listed]
    assert [each.lot_size for each in page.listings] == [Decimal(e.lot_size) for e in listed]
    assert {each.status for each in page.listings} == {Status.TRADING}
    sizes = [Decimal(10) ** each.contract_exponent for each in listed]
    assert [each.contract_size for each in page.listings] == sizes


@BOTH
def test_volumes_given_a_type_are_in_quote(okx: Okx, symbol: str) -> None:
    kind = instrument(symbol).instrument_type

    volumes = okx.decode_volumes("", kind, body(okx, okx.volumes_request(kind)))

    day = BEHIND.bars(
        listing(symbol), Timeframe(60_000), ms(NOW) - 86_400_000, ms(NOW), microseconds(NOW)
    )
    decimals = listing(symbol).price_decimals + listing(symbol).lot_decimals
    quote = float(Decimal(int(day.quote_volume.sum())).scaleb(-decimals))
    assert volumes[OKX.native_symbol(instrument(symbol))] == pytest.approx(quote, rel=0.05)
    assert len(volumes) == len(
        okx.decode_instruments("", kind, body(okx, okx.instruments_request(kind, None))).listings
    )


@pytest.mark.parametrize("kind", InstrumentType)
def test_time_given_a_simulator_is_its_clock(okx: Okx, kind: InstrumentType) -> None:
    assert okx.decode_time("", body(okx, okx.time_request(kind))) == NOW


def test_an_error_given_an_unknown_instrument_is_no_success(okx: Okx) -> None:
    series = klines("NO/SUCH")
    span = Span(EARLY, EARLY + timedelta(minutes=1))
    route = okx.capabilities[InstrumentType.SPOT].klines[0]

    got = reply(okx, okx.klines_request(route, series, span))

    assert (got.status, got.body.startswith(okx.success)) == (200, False)
    with pytest.raises(DecodeError, match=r"code: got '51001' .Instrument ID.*expected '0'"):
        okx.decode_klines("", series, span, got.body)
