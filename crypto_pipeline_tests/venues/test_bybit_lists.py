"""What Bybit lists, what that traded, and its clock, against the simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_MINUTE
from crypto_pipeline.venues.bybit import Bybit
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, body, endpoints_at

MARKET = SyntheticMarket(7)
NOW_US = microseconds(NOW)


@pytest.fixture
def bybit(market: SimulatorProcess) -> Bybit:
    return Bybit(endpoints_at(market, "bybit"))


def walked(bybit: Bybit, kind: InstrumentType) -> list[Listing]:
    """All pages of a list."""
    found: list[Listing] = []
    cursor = None
    for _ in range(10):
        asked = bybit.instruments_request(kind, cursor)
        answered = bybit.decode_instruments(str(asked), kind, body(bybit, asked))
        found.extend(answered.listings)
        cursor = answered.cursor
        if cursor is None:
            return found
    raise AssertionError("a list without an end")


@pytest.mark.parametrize("kind", InstrumentType)
def test_instruments_given_a_walk_are_those_that_trade(bybit: Bybit, kind: InstrumentType) -> None:
    now_ms = NOW_US // 1000
    known = {one.symbol: one for one in MARKET.listings("bybit", kind) if one.trading(now_ms)}

    found = {one.native_symbol: one for one in walked(bybit, kind)}

    assert len(known) > 20
    assert set(found) == set(known)
    for symbol, listing in found.items():
        assert (listing.instrument.base, listing.instrument.quote) == (
            known[symbol].base,
            known[symbol].quote,
        )
        assert listing.tick_size == Decimal(known[symbol].tick_size)
        assert listing.lot_size == Decimal(known[symbol].lot_size)
        assert (listing.status, listing.contract_size) == (Status.TRADING, Decimal(1))


def test_instruments_given_perpetuals_tell_interval_listing_and_least_order(bybit: Bybit) -> None:
    found = {one.native_symbol: one for one in walked(bybit, InstrumentType.PERP)}

    hours = {name: one.funding_interval_hours for name, one in found.items()}
    assert (hours["BTCUSDT"], hours["SUIUSDT"], hours["1000PEPEUSDT"]) == (8, 4, 1)
    assert found["BTCUSDT"].listed_at == datetime(2017, 1, 1, tzinfo=UTC)
    assert found["BTCUSDT"].delisted_at is None
    assert found["BTCUSDT"].min_notional == Decimal(5)


def test_instruments_given_several_pages_are_followed_by_the_cursor(
    bybit: Bybit,
) -> None:
    asked = bybit.instruments_request(InstrumentType.PERP, None)
    short = replace(asked, parameters={**asked.parameters, "limit": 12})
    first = bybit.decode_instruments(str(short), InstrumentType.PERP, body(bybit, short))

    after = bybit.instruments_request(InstrumentType.PERP, first.cursor)
    second = bybit.decode_instruments(str(after), InstrumentType.PERP, body(bybit, after))

    names = [one.native_symbol for one in (*first.listings, *second.listings)]
    assert str(after.parameters["cursor"]).startswith("first=1000PEPEUSDT&last=")
    assert len(first.listings) == 12
    assert names == sorted({*names})
    assert len(names) == 31


@pytest.mark.parametrize("kind", InstrumentType)
def test_volumes_given_a_day_are_its_turnover_in_quote(bybit: Bybit, kind: InstrumentType) -> None:
    asked = bybit.volumes_request(kind)
    listing = MARKET.listing("bybit", kind, "BTCUSDT")
    assert listing is not None
    end = NOW_US // 1000 // MINUTE * MINUTE
    bars = MARKET.bars(listing, ONE_MINUTE, end - DAY, end, NOW_US)
    turnover = int(bars.quote_volume.sum()) / 10 ** (listing.price_decimals + listing.lot_decimals)

    volumes = bybit.decode_volumes(str(asked), kind, body(bybit, asked))

    assert set(volumes) == {one.native_symbol for one in walked(bybit, kind)}
    assert min(volumes.values()) > 0
    assert volumes["BTCUSDT"] == pytest.approx(turnover, rel=0.01)


@pytest.mark.parametrize("kind", InstrumentType)
def test_time_given_a_simulator_is_its_clock(bybit: Bybit, kind: InstrumentType) -> None:
    asked = bybit.time_request(kind)

    assert bybit.decode_time(str(asked), body(bybit, asked)) == NOW
