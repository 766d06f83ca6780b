"""Bars: aggregations of the trades to the last digit, whatever their length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    HONG_KONG,
    HOUR,
    MINUTE,
    ONE_DAY,
    ONE_HOUR,
    ONE_MINUTE,
    ONE_MONTH,
    ONE_SECOND,
    ONE_WEEK,
    Timeframe,
)
from crypto_pipeline_tests.simulator.market.conftest import SPOT, some

FRAMES = [
    ONE_SECOND,
    ONE_MINUTE,
    Timeframe(5 * MINUTE),
    ONE_HOUR,
    Timeframe(6 * HOUR, anchor=HONG_KONG),
    ONE_DAY,
    Timeframe(DAY, anchor=HONG_KONG),
    Timeframe(3 * DAY),
    ONE_WEEK,
]
NEVER = 10**15
LATE = 20_700 * DAY * 1000


def _by_hand(trades: Trades, opening: int) -> list[int]:
    """The bar of some trades, added up one after another."""
    prices, amounts = trades.price.tolist(), trades.amount.tolist()
    bought = [not sells for sells in trades.taker_sells.tolist()]
    money = [price * amount for price, amount in zip(prices, amounts, strict=True)]
    return [
        opening,
        *(prices[0], max(prices), min(prices), prices[-1]),
        *(sum(amounts), sum(money), len(prices)),
        sum(amount for amount, taken in zip(amounts, bought, strict=True) if taken),
        sum(each for each, taken in zip(money, bought, strict=True) if taken),
        *(int(trades.trade_id[0]), int(trades.trade_id[-1])),
    ]


def _row(bars: Bars, index: int) -> list[int]:
    return [int(getattr(bars, name)[index]) for name in Bars.__slots__]


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("symbol", ["AVAXUSDT", "ANKRUSDT"])
def test_bars_given_any_length_add_up_the_trades(
    market: SyntheticMarket, frame: Timeframe, symbol: str
) -> None:
    listing = some(market, symbol)
    bars = market.page(listing, frame, Window(19_430 * DAY, NEVER, 3, newest=False), LATE)
    assert len(bars) == 3
    for index, opening in enumerate(bars.open_time.tolist()):
        trades = market.trades(listing, opening * 1000, frame.following(opening) * 1000)
        if len(trades):
            assert _row(bars, index) == _by_hand(trades, opening)
        else:
            assert _row(bars, index)[5:] == [0, 0, 0, 0, 0, -1, -1]


def test_minutes_given_a_liquid_day_are_1440_and_add_up(
    market: SyntheticMarket, btc: Listing
) -> None:
    start = 19_431 * DAY
    bars = market.bars(btc, ONE_MINUTE, start, start + DAY, LATE)
    assert np.array_equal(bars.open_time, start + np.arange(1440) * MINUTE)
    for minute in (0, 719, 1439):
        at = (start + minute * MINUTE) * 1000
        trades = market.trades(btc, at, at + 60_000_000)
        assert _row(bars, minute) == _by_hand(trades, at // 1000)


@settings(max_examples=50, deadline=None)
@given(
    now=st.integers(17_200 * DAY * 1000, LATE),
    frame=st.sampled_from(FRAMES[1:8]),
    symbol=st.sampled_from(["BTCUSDT", "ANKRUSDT"]),
)
def test_the_open_bar_given_any_instant_is_of_the_trades_before_it(
    now: int, frame: Timeframe, symbol: str
) -> None:
    market = SyntheticMarket(7)
    listing = some(market, symbol)
    opening = frame.opening(now // 1000)
    bars = market.page(listing, frame, Window(0, NEVER, 1, newest=True), now)
    trades = market.trades(listing, max(opening * 1000, now - 60_000_000), now)
    if not len(bars):
        assert market.halted(listing, now // 1000)
        return
    assert bars.open_time.tolist() == [opening]
    assert int(bars.last_id[0]) in (market.last_id(listing, now), -1)
    assert int(bars.close[0]) == int(trades.price[-1]) if len(trades) else True
    whole = market.bars(listing, frame, opening, opening + 1, LATE + 40 * DAY * 1000)
    assert int(bars.volume[0]) <= int(whole.volume[0])


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("venue", ["binance", "okx", "coinbase"])
def test_pages_given_both_directions_agree(
    market: SyntheticMarket, frame: Timeframe, venue: Venue
) -> None:
    listing = market.listings(venue, SPOT)[40]
    now = 19_440 * DAY * 1000 + 12_345_678_901
    newest = market.page(listing, frame, Window(0, NEVER, 12, newest=True), now)
    assert len(newest) == 12
    start = int(newest.open_time[0])
    oldest = market.page(listing, frame, Window(start, NEVER, 50, newest=False), now)
    assert [_row(newest, index) for index in range(12)] == [
        _row(oldest, index) for index in range(12)
    ]


def test_minutes_without_trade_given_each_venue_are_flat_or_absent(
    market: SyntheticMarket,
) -> None:
    start = 19_431 * DAY
    for venue in ("binance", "okx", "bybit", "coinbase"):
        listing = market.listings(venue, SPOT)[50]
        bars = market.bars(listing, ONE_MINUTE, start, start + DAY, LATE)
        if venue == "coinbase":
            assert len(bars) < 1440
            assert bars.count.min() > 0
            continue
        assert len(bars) == 1440
        quiet = bars[bars.count == 0]
        assert len(quiet) > 100
        assert np.array_equal(quiet.open, quiet.close)
        assert not quiet.volume.any()


def test_bars_given_a_halt_are_left_out_but_on_okx(market: SyntheticMarket, btc: Listing) -> None:
    halted = market.bars(btc, ONE_MINUTE, 19_440 * DAY, 19_441 * DAY, LATE)
    assert len(halted) == 1440 - 144
    hours = market.bars(btc, ONE_HOUR, 19_440 * DAY, 19_441 * DAY, LATE)
    assert len(hours) == 22
    okx = market.listing("okx", SPOT, "BTC-USDT")
    assert okx is not None
    assert len(market.bars(okx, ONE_MINUTE, 19_344 * DAY, 19_345 * DAY, LATE)) == 1440


def test_bars_given_listing_and_delisting_begin_and_end_there(market: SyntheticMarket) -> None:
    wld, luna = some(market, "WLDUSDT"), some(market, "LUNAUSDT")
    first = market.page(wld, ONE_MINUTE, Window(0, NEVER, 1, newest=False), LATE)
    assert int(first.open_time[0]) >= wld.listed_at
    assert int(first.open_time[0]) < wld.listed_at + 60 * MINUTE
    last = market.page(luna, ONE_MINUTE, Window(0, NEVER, 1, newest=True), LATE)
    assert int(last.open_time[0]) == (luna.delisted_at or 0) - MINUTE


def test_bars_given_months_open_on_the_first(market: SyntheticMarket, btc: Listing) -> None:
    months = market.page(btc, ONE_MONTH, Window(0, NEVER, 2, newest=False), LATE)
    assert months.open_time.tolist() == [1_483_228_800_000, 1_485_907_200_000]
