"""Trades: ids, times, steps, and that any way of asking gives the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.records import Trades, aggregated_trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline_tests.simulator.market.conftest import PERP, SPOT, some

DAY_US = 86_400_000_000
FROM_2017 = 17_167
UNTIL_2027 = 20_819
CASES = [
    ("binance", SPOT, "BTCUSDT"),
    ("binance", SPOT, "币安人生USDT"),
    ("okx", PERP, "SUI-USDT-SWAP"),
    ("bybit", PERP, "1000PEPEUSDT"),
    ("coinbase", SPOT, "ANKR-USD"),
]


def _equal(one: Trades, other: Trades) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in Trades.__slots__
    )


def test_trades_given_a_liquid_day_are_half_a_million(
    market: SyntheticMarket, btc: Listing
) -> None:
    trades = market.trades(btc, 19_431 * DAY_US, 19_432 * DAY_US)
    assert 400_000 <= len(trades) <= 600_000


def test_trades_given_an_illiquid_day_leave_minutes_out(market: SyntheticMarket) -> None:
    trades = market.trades(some(market, "ANKRUSDT"), 19_431 * DAY_US, 19_432 * DAY_US)
    minutes = np.unique(trades.time // 60_000_000)
    assert 100 < len(trades) < 1000
    assert len(minutes) < 700


@pytest.mark.parametrize(("venue", "kind", "symbol"), CASES)
@pytest.mark.parametrize("day", [17_167, 18_321, 20_600])
def test_ids_given_three_days_are_contiguous_and_times_ascend(
    market: SyntheticMarket, venue: Venue, kind: InstrumentType, symbol: str, day: int
) -> None:
    listing = market.listing(venue, kind, symbol)
    assert listing is not None
    trades = market.trades(listing, day * DAY_US, (day + 3) * DAY_US)
    assert (np.diff(trades.trade_id) == 1).all()
    assert set(np.diff(trades.agg_id)) <= {0, 1}
    assert (np.diff(trades.time) >= 0).all()


def test_fills_given_one_aggregate_share_time_price_and_side(
    market: SyntheticMarket, btc: Listing
) -> None:
    trades = market.trades(btc, 19_431 * DAY_US, 19_432 * DAY_US)
    same = np.diff(trades.agg_id) == 0
    for values in (trades.time, trades.price, trades.taker_sells):
        assert np.array_equal(values[1:][same], values[:-1][same])
    merged = aggregated_trades(trades)
    assert merged.amount.sum() == trades.amount.sum()
    assert np.array_equal(merged.first_id[1:], merged.last_id[:-1] + 1)


@pytest.mark.parametrize(("venue", "kind", "symbol"), CASES)
def test_trades_given_any_listing_sit_on_tick_and_lot(
    market: SyntheticMarket, venue: Venue, kind: InstrumentType, symbol: str
) -> None:
    listing = market.listing(venue, kind, symbol)
    assert listing is not None
    trades = market.trades(listing, 20_500 * DAY_US, 20_501 * DAY_US)
    assert not (trades.price % listing.tick).any()
    assert not (trades.amount % listing.lot).any()
    assert trades.price.min(initial=1) > 0
    assert trades.amount.min(initial=1) > 0


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(FROM_2017 * DAY_US, UNTIL_2027 * DAY_US),
    length=st.integers(1, 300_000_000),
    symbol=st.sampled_from(["BTCUSDT", "AVAXUSDT", "ANKRUSDT", "LUNAUSDT", "WLDUSDT"]),
)
def test_trades_given_any_instant_are_the_same_by_time_and_by_id(
    start: int, length: int, symbol: str
) -> None:
    asked, fresh = SyntheticMarket(7), SyntheticMarket(7)
    listing = some(asked, symbol)
    end = start + length
    by_time = asked.trades(listing, start, end)
    first = fresh.last_id(listing, start) + 1
    by_id = fresh.trades_from(listing, first, len(by_time) + 1, end)
    assert _equal(by_time, by_id)
    assert fresh.last_id(listing, end) == first - 1 + len(by_time)
    halves = [asked.trades(listing, start, start + length // 2)]
    halves.append(asked.trades(listing, start + length // 2, end))
    assert sum(len(half) for half in halves) == len(by_time)


@settings(max_examples=30, deadline=None)
@given(at=st.integers(FROM_2017 * DAY_US + DAY_US, UNTIL_2027 * DAY_US), count=st.integers(1, 500))
def test_aggregates_given_an_id_are_whole(at: int, count: int) -> None:
    market = SyntheticMarket(7)
    eth = some(market, "ETHUSDT")
    last = market.last_agg_id(eth, at)
    found = market.aggs_from(eth, last - count + 1, count + 5, at)
    assert found.agg_id.tolist() == list(range(last - count + 1, last + 1))
    whole = market.trades_from(eth, int(found.first_id[0]), 10 * count, at)
    assert int(found.amount.sum()) == int(whole.amount.sum())


def test_trades_given_ids_below_one_begin_at_one(market: SyntheticMarket, btc: Listing) -> None:
    first = market.trades_from(btc, -5, 10, 20_000 * DAY_US)
    assert first.trade_id.tolist() == [1, 2, 3, 4]


def test_trades_given_before_listing_after_delisting_and_in_a_halt_are_none(
    market: SyntheticMarket, btc: Listing
) -> None:
    luna, wld = some(market, "LUNAUSDT"), some(market, "WLDUSDT")
    assert luna.delisted_at is not None
    assert not len(market.trades(wld, wld.listed_at * 1000 - DAY_US, wld.listed_at * 1000))
    assert not len(market.trades(luna, luna.delisted_at * 1000, luna.delisted_at * 1000 + DAY_US))
    halt = 1_679_657_760_000_000
    assert not len(market.trades(btc, halt, halt + 8_000_000_000))
    assert market.halted(btc, halt // 1000)
    assert len(market.trades(btc, halt - 60_000_000, halt))


def test_trades_given_another_seed_differ(btc: Listing) -> None:
    day = (19_431 * DAY_US, 19_431 * DAY_US + 3_600_000_000)
    assert not _equal(SyntheticMarket(7).trades(btc, *day), SyntheticMarket(8).trades(btc, *day))
