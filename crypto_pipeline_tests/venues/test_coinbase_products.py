"""Coinbase's products: which are instruments, what they are, what they traded."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status, parse_symbol
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.coinbase import Coinbase
from crypto_pipeline.venues.records import ListingPage
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import body, endpoints_at
from crypto_pipeline_tests.venues.coinbase_answers import COINBASE, advanced, products

SPOT = InstrumentType.SPOT


def listed(answer: bytes) -> ListingPage:
    return COINBASE.decode_instruments("products", SPOT, answer)


@pytest.fixture
def coinbase(market: SimulatorProcess) -> Coinbase:
    return Coinbase(endpoints_at(market, "coinbase"))


def test_decode_instruments_given_the_simulator_lists_books_once_and_delisted_ones_too(
    coinbase: Coinbase,
) -> None:
    answered = body(coinbase, coinbase.instruments_request(SPOT, None))

    page = coinbase.decode_instruments("products", SPOT, answered)

    by_symbol = {listing.instrument.symbol: listing for listing in page.listings}
    assert b'"BTC-USDC"' in answered
    assert "BTC/USDC" not in by_symbol
    assert len(by_symbol) == len(page.listings)
    assert by_symbol["BTC/USD"].status is Status.TRADING
    assert by_symbol["LUNA/USD"].status is Status.DELISTED
    assert page.cursor is None


def test_decode_instruments_given_an_outage_is_halted(
    market: SimulatorProcess, coinbase: Coinbase
) -> None:
    market.set_clock("2023-03-04T18:30:00Z")
    answered = body(coinbase, coinbase.instruments_request(SPOT, None))

    page = coinbase.decode_instruments("products", SPOT, answered)

    assert Status.HALTED in {listing.status for listing in page.listings}
    assert Status.TRADING not in {listing.status for listing in page.listings}


def test_decode_instruments_given_a_product_keeps_all_that_it_says() -> None:
    (listing,) = listed(products({})).listings

    assert listing == Listing(
        instrument=parse_symbol("coinbase", "BTC/USD"),
        native_symbol="BTC-USD",
        status=Status.TRADING,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00000001"),
        min_notional=Decimal(1),
        listed_at=datetime(2024, 5, 6, 7, 8, 9, 100_000, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"limit_only": True}, Status.TRADING),
        ({"status": ""}, Status.TRADING),
        ({"status": "offline"}, Status.HALTED),
        ({"trading_disabled": True}, Status.HALTED),
        ({"is_disabled": True}, Status.HALTED),
        ({"cancel_only": True}, Status.HALTED),
        ({"post_only": True}, Status.HALTED),
        ({"auction_mode": True}, Status.HALTED),
        ({"status": "delisted", "trading_disabled": True}, Status.DELISTED),
    ],
    ids=str,
)
def test_decode_instruments_given_flags_trades_only_where_orders_are_matched(
    said: dict[str, Any], status: Status
) -> None:
    (listing,) = listed(products(said)).listings

    assert listing.status is status


@pytest.mark.parametrize("new_at", [None, "", "2023-01-01T00:00:00Z"])
def test_decode_instruments_given_no_real_listing_time_has_none(new_at: str | None) -> None:
    (listing,) = listed(products({"new_at": new_at})).listings

    assert listing.listed_at is None


def test_decode_instruments_given_empty_steps_has_none() -> None:
    silent = {"price_increment": "", "base_increment": "", "quote_min_size": ""}

    (listing,) = listed(products(silent)).listings

    assert (listing.tick_size, listing.lot_size, listing.min_notional) == (None, None, None)


def test_decode_instruments_given_an_alias_or_a_future_leaves_it_out() -> None:
    alias = {"product_id": "BTC-USDC", "quote_currency_id": "USDC", "alias": "BTC-USD"}
    future = {"product_id": "BIT-26DEC26-CDE", "product_type": "FUTURE", "price": None}

    page = listed(products(alias, {}, future))

    assert [listing.native_symbol for listing in page.listings] == ["BTC-USD"]


def test_decode_instruments_given_more_pages_names_the_next() -> None:
    page = listed(products({}, pagination={"has_next": True, "next_cursor": "QlRDLVVTRA=="}))

    assert page.cursor == "QlRDLVVTRA=="
    assert COINBASE.instruments_request(SPOT, page.cursor).parameters["cursor"] == page.cursor


def test_decode_instruments_given_the_last_page_names_none() -> None:
    page = listed(products({}, pagination={"has_next": False, "next_cursor": "QlRDLVVTRA=="}))

    assert page.cursor is None
    assert "cursor" not in COINBASE.instruments_request(SPOT, page.cursor).parameters


def test_native_symbol_given_a_list_is_what_the_list_says() -> None:
    (listing,) = listed(products({"product_id": "XBT-USD"})).listings
    known = Coinbase(COINBASE.endpoints, {listing.instrument.entity_id: listing})

    assert known.native_symbol(listing.instrument) == "XBT-USD"
    assert COINBASE.native_symbol(listing.instrument) == "BTC-USD"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"price_increment": "x"}, "products, BTC-USD, price_increment: got 'x'"),
        ({"base_increment": "NaN"}, "base_increment: got 'NaN'"),
        ({"quote_min_size": "-1"}, "quote_min_size: got '-1'"),
        ({"new_at": "yesterday"}, "new_at: got 'yesterday'"),
        ({"base_currency_id": ""}, "got '' and 'USD', expected a base and a quote"),
        ({"cancel_only": "no"}, r"BTC-USD.*\$.cancel_only"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_decode_instruments_given_a_malformed_field_names_product_and_field(
    said: dict[str, Any], named: str
) -> None:
    with pytest.raises(DecodeError, match=named):
        listed(products({}, said))


def test_decode_instruments_given_a_next_page_without_a_cursor_is_refused() -> None:
    with pytest.raises(DecodeError, match="next_cursor: got none"):
        listed(products({}, pagination={"has_next": True}))


def test_decode_volumes_given_the_simulator_ranks_bitcoin_first(coinbase: Coinbase) -> None:
    volumes = coinbase.decode_volumes(
        "products", SPOT, body(coinbase, coinbase.volumes_request(SPOT))
    )

    assert max(volumes, key=lambda product: volumes[product]) == "BTC-USD"
    assert "BTC-USDC" not in volumes


def test_decode_volumes_given_figures_prefers_what_is_in_quote() -> None:
    answer = products(
        {},
        {"product_id": "ETH-USD", "approximate_quote_24h_volume": ""},
        {"product_id": "OLD-USD", "approximate_quote_24h_volume": "", "price": ""},
    )

    volumes = COINBASE.decode_volumes("products", SPOT, answer)

    assert volumes == {"BTC-USD": 2009.7, "ETH-USD": 20 * 100.5}


@pytest.mark.real_data
def test_decode_instruments_given_a_capture_lists_bitcoin_once(real_data: Path) -> None:
    (listing,) = listed(advanced(real_data, "http_products")).listings

    assert listing == Listing(
        instrument=parse_symbol("coinbase", "BTC/USD"),
        native_symbol="BTC-USD",
        status=Status.TRADING,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00000001"),
        min_notional=Decimal(1),
        listed_at=None,
    )


@pytest.mark.real_data
def test_decode_volumes_given_a_capture_is_in_dollars(real_data: Path) -> None:
    volumes = COINBASE.decode_volumes("products", SPOT, advanced(real_data, "http_products"))

    assert volumes == {"BTC-USD": 758532193.02}


@pytest.mark.real_data
def test_decode_instruments_given_captured_futures_lists_none(real_data: Path) -> None:
    answer = advanced(real_data, "http_products_future")

    assert b'"BIP-20DEC30-CDE"' in answer
    assert listed(answer).listings == []
