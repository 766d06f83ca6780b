"""Books, marks and funding: consistent with the trades and the premium they follow from."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.records import Book
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HOUR, ONE_MINUTE
from crypto_pipeline_tests.simulator.market.conftest import PERP, SPOT, some

DAY_US = DAY * 1000


@settings(max_examples=60, deadline=None)
@given(
    at=st.integers(17_200 * DAY_US, 20_700 * DAY_US),
    symbol=st.sampled_from(["BTCUSDT", "ETHUSDT", "SOLUSDT"]),
)
def test_a_trade_given_any_instant_hits_the_best_price_of_the_book(at: int, symbol: str) -> None:
    market = SyntheticMarket(7)
    listing = some(market, symbol)
    at = at // 100_000 * 100_000
    book = market.book(listing, at, 20)
    segment_end = (at // 30_000_000 + 1) * 30_000_000
    following = market.trades(listing, at + 1, segment_end)
    if not len(following):
        return
    sells = bool(following.taker_sells[0])
    order = following[: int((following.agg_id == following.agg_id[0]).sum())]
    prices, amounts = (
        (book.bid_price, book.bid_amount) if sells else (book.ask_price, book.ask_amount)
    )
    assert int(prices[0]) == int(order.price[0])
    assert int(amounts[0]) >= int(order.amount.sum())


@pytest.mark.parametrize("depth", [1, 20, 1000, 5000])
def test_a_book_given_a_depth_is_ordered_and_never_crossed(
    market: SyntheticMarket, btc: Listing, depth: int
) -> None:
    book = market.book(btc, 19_431 * DAY_US + 12_345_678, depth)
    assert len(book.bid_price) == len(book.ask_price) == depth
    assert (np.diff(book.bid_price) < 0).all()
    assert (np.diff(book.ask_price) > 0).all()
    assert book.bid_price[0] < book.ask_price[0]
    assert book.bid_amount.min() > 0
    assert book.ask_amount.min() > 0


def test_a_book_given_the_next_step_changes_a_best_level_and_few_others(
    market: SyntheticMarket, btc: Listing
) -> None:
    start = 19_431 * DAY_US
    books = [market.book(btc, start + n * 100_000, 200) for n in range(300)]
    for earlier, later in pairwise(books):
        assert later.step == earlier.step + 1
        assert _levels(earlier, 1) != _levels(later, 1)
    changed = [len(_levels(one, 200) ^ _levels(two, 200)) for one, two in pairwise(books)]
    assert sum(changed) / len(changed) < 100


def _levels(book: Book, depth: int) -> set[tuple[str, int, int]]:
    sides = {"bid": (book.bid_price, book.bid_amount), "ask": (book.ask_price, book.ask_amount)}
    return {
        (side, int(price), int(amount))
        for side, (prices, amounts) in sides.items()
        for price, amount in zip(prices[:depth], amounts[:depth], strict=True)
    }


def test_a_book_given_less_depth_is_the_top_of_a_deep_one(
    market: SyntheticMarket, btc: Listing
) -> None:
    at = 19_431 * DAY_US + 777_777_777
    shallow, deep = market.book(btc, at, 20), market.book(btc, at, 1000)
    assert np.array_equal(shallow.ask_price, deep.ask_price[:20])
    assert np.array_equal(shallow.bid_amount, deep.bid_amount[:20])


def test_last_id_given_a_trades_own_instant_is_the_one_before(
    market: SyntheticMarket, btc: Listing
) -> None:
    trades = market.trades(btc, 19_431 * DAY_US, 19_431 * DAY_US + 60_000_000)
    at = int(trades.time[0])
    assert market.last_id(btc, at) == int(trades.trade_id[0]) - 1
    assert market.last_id(btc, at + 1) >= int(trades.trade_id[0])


@pytest.mark.parametrize(
    ("venue", "symbol", "hours"),
    [("binance", "BTCUSDT", 8), ("okx", "SUI-USDT-SWAP", 4), ("bybit", "1000PEPEUSDT", 1)],
)
def test_funding_given_an_interval_settles_on_its_grid(
    market: SyntheticMarket, venue: Venue, symbol: str, hours: int
) -> None:
    perp = market.listing(venue, PERP, symbol)
    assert perp is not None
    rows = market.fundings(perp, 19_431 * DAY, 19_432 * DAY)
    assert [row.settled_at for row in rows] == list(range(19_431 * DAY, 19_432 * DAY, hours * HOUR))
    assert {row.interval_hours for row in rows} == {hours}


def test_funding_given_many_intervals_follows_the_premium(market: SyntheticMarket) -> None:
    perp = market.listing("binance", PERP, "BTCUSDT")
    assert perp is not None
    rows = market.fundings(perp, 19_000 * DAY, 19_400 * DAY)
    premiums = []
    for row in rows:
        marks = [market.mark(perp, (row.settled_at - h * HOUR) * 1000) for h in (1, 3, 5, 7)]
        premiums.append(sum(mark.mark / mark.index - 1 for mark in marks) / 4)
    rates = np.array([row.rate for row in rows])
    assert 0.1 < (rates == 10_000).mean() < 0.95
    assert np.corrcoef(premiums, rates)[0, 1] > 0.7


def test_a_prediction_given_the_last_minute_is_near_the_settled_rate(
    market: SyntheticMarket,
) -> None:
    perp = market.listing("okx", PERP, "BTC-USDT-SWAP")
    assert perp is not None
    row = market.fundings(perp, 19_431 * DAY + 1, 19_432 * DAY)[0]
    late = market.mark(perp, row.settled_at * 1000 - 60_000_000)
    assert late.next_funding == row.settled_at
    assert late.predicted_rate == row.predicted_rate
    assert abs(row.rate - row.predicted_rate) < 1000


def test_closes_given_three_exchanges_agree_up_to_noise(market: SyntheticMarket) -> None:
    symbols: dict[Venue, str] = {"binance": "ETHUSDT", "okx": "ETH-USDT", "bybit": "ETHUSDT"}
    closes = []
    for venue, symbol in symbols.items():
        listing = market.listing(venue, SPOT, symbol)
        assert listing is not None
        bars = market.bars(listing, ONE_MINUTE, 19_431 * DAY, 19_432 * DAY, 20_000 * DAY_US)
        closes.append(bars.close / 10.0**listing.price_decimals)
    spread = np.abs(np.array(closes) / np.median(closes, axis=0) - 1)
    assert 0 < np.median(spread) < 0.0005
    assert np.quantile(spread, 0.99) < 0.001


def test_usdc_given_the_depeg_falls_below_ninety_cents(market: SyntheticMarket) -> None:
    usdc = some(market, "USDCUSDT")
    lowest = market.bars(usdc, ONE_MINUTE, 1_678_517_820_000, 1_678_517_820_001, 20_000 * DAY_US)
    before = market.bars(usdc, ONE_MINUTE, 19_426 * DAY, 19_426 * DAY + 1, 20_000 * DAY_US)
    assert int(lowest.close[0]) < 90_000
    assert 99_500 < int(before.close[0]) < 100_500


def test_a_minute_given_its_restatement_lacks_its_last_trade_in_the_daily_file(
    market: SyntheticMarket,
) -> None:
    found = [
        restated
        for listing in market.listings("binance", SPOT)
        for restated in market.restated(listing, 19_417 * DAY, 19_448 * DAY)
    ]
    assert len(found) > 5
    for restated in found:
        assert int(restated.as_daily.count[0]) == int(restated.as_monthly.count[0]) - 1
        assert int(restated.as_daily.volume[0]) < int(restated.as_monthly.volume[0])
