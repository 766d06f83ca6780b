"""The synthetic market: exact, consistent, and computed without its past."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.market.bars import Bars, Integers, aggregated, decimal_texts
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import DAY, LISTED_AT, MINUTE, SyntheticMarket

MARCH = int(datetime(2023, 3, 1, tzinfo=UTC).timestamp()) * 1000
LATER = MARCH + 1000 * DAY

MARKET = SyntheticMarket(7)
LISTINGS = [listing for kind in InstrumentType for listing in MARKET.listings(kind)]
BTC, AVAX = LISTINGS[0], LISTINGS[5]


def minutes(listing: Listing, start: int = MARCH, days: int = 3) -> Bars:
    return MARKET.bars(listing, Interval.M1, start, start + days * DAY, LATER)


def bars_as_lists(bars: Bars) -> list[list[int]]:
    return [getattr(bars, name).tolist() for name in Bars.__slots__]


def within(low: Integers, value: Integers, high: Integers) -> bool:
    return bool(((low <= value) & (value <= high)).all())


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda x: f"{x.instrument_type}-{x.symbol}")
def test_bars_given_any_listing_could_be_made_of_trades(listing: Listing) -> None:
    bars = minutes(listing)
    ours, theirs = bars.taker_volume, bars.volume - bars.taker_volume
    rest = bars.quote_volume - bars.taker_quote_volume

    assert within(bars.low, np.minimum(bars.open, bars.close), bars.high)
    assert within(bars.low, np.maximum(bars.open, bars.close), bars.high)
    assert bars.low.min() > 0
    assert not (np.stack([bars.open, bars.high, bars.low, bars.close]) % listing.tick).any()
    assert within(bars.low * bars.volume, bars.quote_volume, bars.high * bars.volume)
    assert within(bars.low * ours, bars.taker_quote_volume, bars.high * ours)
    assert within(bars.low * theirs, rest, bars.high * theirs)
    assert within(np.minimum(bars.volume, 4), bars.count, bars.volume)


def test_bars_given_a_quiet_minute_are_flat_at_the_close_before() -> None:
    bars = minutes(AVAX)
    quiet = np.flatnonzero(bars.volume[1:] == 0) + 1

    assert len(quiet) > 10
    for price in (bars.open, bars.high, bars.low, bars.close):
        assert (price[quiet] == bars.close[quiet - 1]).all()
    assert bars.count[quiet].sum() == bars.quote_volume[quiet].sum() == 0


def test_bars_given_midnight_have_no_jump() -> None:
    bars = minutes(BTC, days=30)
    gaps = np.abs(np.log(bars.open[1:] / bars.close[:-1]))

    assert gaps[1439::1440].max() <= gaps.max() < 0.001


@pytest.mark.parametrize("interval", [i for i in Interval if i is not Interval.M1])
def test_longer_bars_given_the_minutes_are_their_aggregation(interval: Interval) -> None:
    longer = MARKET.bars(BTC, interval, MARCH, MARCH + 3 * DAY, LATER)
    size = interval.microseconds // 60_000_000

    assert bars_as_lists(longer) == bars_as_lists(aggregated(minutes(BTC), size))


def test_aggregated_given_two_bars_takes_first_highest_lowest_last_and_sums() -> None:
    two = [np.array(pair) for pair in ([0, 60_000], [5, 6], [9, 7], [4, 3], [6, 5])]
    sums = [np.array(pair) for pair in ([1, 2], [3, 4], [5, 6], [7, 8], [9, 10])]

    assert bars_as_lists(aggregated(Bars(*two, *sums), 2)) == [
        *([0], [5], [9], [3], [5]),
        *([3], [7], [11], [15], [19]),
    ]


def test_bars_given_any_order_of_asking_are_the_same() -> None:
    whole = minutes(AVAX)
    other = SyntheticMarket(7)
    start = MARCH + DAY + 77 * MINUTE
    part = other.bars(AVAX, Interval.M1, start, start + 5 * MINUTE, LATER)

    assert bars_as_lists(part) == bars_as_lists(whole[1440 + 77 : 1440 + 82])


def test_bars_given_another_seed_differ() -> None:
    other = SyntheticMarket(8).bars(BTC, Interval.M1, MARCH, MARCH + DAY, LATER)

    assert (other.close != minutes(BTC, days=1).close).any()


def test_open_bar_given_half_a_minute_lies_within_the_whole_one() -> None:
    whole = minutes(BTC, days=1)[:1]
    half = MARKET.bars(BTC, Interval.M1, MARCH, MARCH + MINUTE, MARCH + MINUTE // 2)

    assert half.open == whole.open
    assert whole.low <= half.low <= half.high <= whole.high
    assert 0 < half.volume < whole.volume


def test_bars_given_the_first_day_start_at_the_listing() -> None:
    assert minutes(BTC, start=LISTED_AT, days=1).open_time[0] == LISTED_AT
    assert datetime.fromtimestamp(LISTED_AT / 1000, UTC) == datetime(2017, 8, 17, tzinfo=UTC)


def test_decimal_texts_given_zero_and_small_units_are_padded() -> None:
    texts = decimal_texts(np.array([0, 5, 2314157]), 2, 8)

    assert texts.to_pylist() == ["0.00000000", "0.05000000", "23141.57000000"]
    assert decimal_texts(np.array([38521]), 0, 0).to_pylist() == ["38521"]
    assert decimal_texts(np.array([7]), 0, 8).to_pylist() == ["7.00000000"]
