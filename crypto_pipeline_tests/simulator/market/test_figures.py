"""Figures of the last day, and the levels that differ between two books."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.market.book import changed_levels
from crypto_pipeline.simulator.market.figures import Figures, Totals, totals
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_MINUTE

AT = 20_129 * DAY * 1000 + 12_345_678_901


def test_day_given_an_instant_adds_up_its_trades(market: SyntheticMarket, btc: Listing) -> None:
    second = AT // 1_000_000 * 1_000_000
    start = (second // 1000 // MINUTE * MINUTE - DAY) * 1000
    trades = market.trades(btc, start, second)
    day = Figures(market).day(btc, AT)
    assert (day.first, day.high, day.low) == (
        int(trades.price[0]),
        int(trades.price.max()),
        int(trades.price.min()),
    )
    assert day.volume == int(trades.amount.sum())
    assert day.quote_volume == int((trades.amount * trades.price).sum())


def test_totals_given_no_bars_are_zero(market: SyntheticMarket, btc: Listing) -> None:
    none = totals(market.bars(btc, ONE_MINUTE, 0, MINUTE, AT))
    assert none == Totals()
    assert none.with_price(7) == Totals(7, 7, 7)
    assert none.with_price(0) == none


def test_totals_given_a_newer_price_reach_to_it() -> None:
    day = Totals(10, 12, 9, 5, 50)
    assert day.with_price(13).high == 13
    assert day.with_price(8).low == 8
    assert day.with_price(11) == day


LEVELS = st.dictionaries(st.integers(1, 30), st.integers(1, 5), min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(before=LEVELS, after=LEVELS, falling=st.booleans())
def test_changed_levels_given_two_sides_lead_from_one_to_the_other(
    before: dict[int, int], after: dict[int, int], falling: bool
) -> None:
    columns = [
        [np.array(column) for column in zip(*sorted(side.items(), reverse=falling), strict=True)]
        for side in (before, after)
    ]
    price, amount = (column.tolist() for column in changed_levels(*columns))
    kept = {**before, **dict(zip(price, amount, strict=True))}
    assert {level: size for level, size in kept.items() if size} == after
    assert not any(before.get(level) == size for level, size in zip(price, amount, strict=True))


def test_book_given_a_halt_stands(market: SyntheticMarket, btc: Listing) -> None:
    start = 1_679_657_760_000_000
    before = market.book(btc, start - 1, 20)
    within = market.book(btc, start + 3_600_000_000, 20)
    assert within.step == before.step
    assert np.array_equal(within.bid_amount, before.bid_amount)
    assert market.book(btc, start + 9_000_000_000, 20).step > before.step


def test_last_trade_given_an_instant_is_the_newest_before_it(
    market: SyntheticMarket, btc: Listing
) -> None:
    trades = market.trades(btc, AT - 60_000_000, AT)
    assert market.last_trade(btc, AT).trade_id.tolist() == [int(trades.trade_id[-1])]
    assert not len(market.last_trade(btc, 17_000 * DAY * 1000))
