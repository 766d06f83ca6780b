"""Binance's funding, books, instruments and clocks, and what it does not offer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crypto_pipeline.domain.funding import FUNDING_COLUMNS
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.order_books import BOOK_COLUMNS
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.binance import PERP, SPOT, Binance
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW
from crypto_pipeline_tests.venues.binance_answers import (
    CONTRACT,
    PAIR,
    body,
    filed,
    funding,
    listings,
)
from crypto_pipeline_tests.venues.files import BINANCE, series, traded


def test_funding_given_a_week_is_on_the_second(market: SimulatorProcess) -> None:
    start = datetime(2025, 1, 6, tzinfo=UTC)
    span = Span(start, start + timedelta(days=7))

    rates = funding(market, traded("BTC/USDT:USDT", Kind.FUNDING), span)

    assert rates.column_names == list(FUNDING_COLUMNS)
    assert rates["funding_time"].to_pylist() == [start + n * timedelta(hours=8) for n in range(21)]
    assert rates["rate_predicted"].null_count == rates["interval_hours"].null_count == 21
    assert rates["mark_price"].null_count == 0


def test_funding_given_old_settlements_has_no_mark_price(market: SimulatorProcess) -> None:
    start = datetime(2023, 1, 6, tzinfo=UTC)

    rates = funding(market, traded(CONTRACT, Kind.FUNDING), Span(start, start + timedelta(days=1)))

    assert rates.num_rows >= 3
    assert rates["mark_price"].null_count == rates.num_rows


def test_funding_given_archive_and_rest_differ_in_what_they_leave_out(
    market: SimulatorProcess,
) -> None:
    one = traded("BTC/USDT:USDT", Kind.FUNDING)
    file = BINANCE.archive_file(one, Cut.MONTHLY, date(2025, 1, 1))

    month, page = filed(market, file), funding(market, one, file.span)

    assert month.num_rows == 93
    assert month.select(["funding_time", "rate"]).equals(page.select(["funding_time", "rate"]))
    assert set(month["interval_hours"].to_pylist()) == {8}
    assert month["mark_price"].null_count == 93


@pytest.mark.parametrize(("symbol", "timed"), [(PAIR, False), (CONTRACT, True)])
def test_book_given_a_market_is_a_hundred_levels(
    market: SimulatorProcess, symbol: str, timed: bool
) -> None:
    instrument = traded(symbol).instrument

    book = BINANCE.decode_book("book", instrument, body(market, BINANCE.book_request(instrument)))

    assert (book.column_names, book.num_rows) == (list(BOOK_COLUMNS), 1)
    assert len(book["bids"][0]) == len(book["asks"][0]) == 100
    assert book["bids"][0][0]["price"].as_py() < book["asks"][0][0]["price"].as_py()
    assert book["sequence_id"][0].as_py() > 0
    assert (book["ts_event"][0].as_py() == NOW) is timed


def test_instruments_given_spot_say_steps_and_status(market: SimulatorProcess) -> None:
    found = listings(market, SPOT)

    assert found["BTCUSDT"] == Listing(
        series("BTC/USDT").instrument,
        "BTCUSDT",
        Status.TRADING,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        min_notional=Decimal(5),
    )
    assert found["LUNAUSDT"].status is Status.DELISTED
    assert {listing.listed_at for listing in found.values()} == {None}


def test_instruments_given_perpetuals_say_when_they_came(market: SimulatorProcess) -> None:
    found = listings(market, PERP)

    assert found["1000PEPEUSDT"].instrument.symbol == "1000PEPE/USDT:USDT"
    assert found["BTCUSDT"].listed_at is not None
    assert found["BTCUSDT"].delisted_at is None
    assert found["BTCUSDT"].contract_size == 1


@pytest.mark.parametrize("kind", InstrumentType)
def test_volumes_given_a_market_name_its_instruments(
    market: SimulatorProcess, kind: InstrumentType
) -> None:
    answer = body(market, BINANCE.volumes_request(kind))

    volumes = BINANCE.decode_volumes("volumes", kind, answer)

    assert set(volumes) <= set(listings(market, kind))
    assert max(volumes, key=lambda symbol: volumes[symbol]) == "BTCUSDT"


@pytest.mark.parametrize("kind", InstrumentType)
def test_time_given_a_simulator_is_its_clock(
    market: SimulatorProcess, kind: InstrumentType
) -> None:
    assert BINANCE.decode_time("time", body(market, BINANCE.time_request(kind))) == NOW


def test_native_symbol_given_a_listing_is_the_listed_one() -> None:
    instrument = series("BTC/USDT").instrument
    known = Listing(instrument, "BTCUSDTNEW", Status.TRADING)

    assert BINANCE.native_symbol(instrument) == "BTCUSDT"
    venue = Binance(Endpoints(None, {}), {instrument.entity_id: known})
    assert venue.native_symbol(instrument) == "BTCUSDTNEW"


def test_capabilities_given_both_types_offer_every_interval() -> None:
    for kind in InstrumentType:
        assert BINANCE.capabilities[kind].intervals == set(Interval)
    assert BINANCE.capabilities[PERP].offers(Kind.FUNDING)
    assert not BINANCE.capabilities[SPOT].offers(Kind.FUNDING)


def test_refuse_given_funding_of_a_pair_names_what_there_is() -> None:
    with pytest.raises(UsageError, match="no funding of spot instruments; it has klines, trades"):
        BINANCE.refuse_unoffered(traded("BTC/USDT", Kind.FUNDING))


@pytest.mark.parametrize(("kind", "cut"), [(Kind.FUNDING, Cut.DAILY), (Kind.ORDER_BOOK, Cut.DAILY)])
def test_archive_file_given_what_there_is_not_says_so(kind: Kind, cut: Cut) -> None:
    with pytest.raises(UsageError, match=f"has no daily {kind.value} of perp instruments; it has"):
        BINANCE.archive_file(traded(CONTRACT, kind), cut, date(2025, 1, 1))
