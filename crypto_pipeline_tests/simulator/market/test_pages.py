"""Encoded rows: the same bars as the market's own pages, whichever way they are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    MINUTE,
    ONE_DAY,
    ONE_HOUR,
    ONE_MINUTE,
    ONE_SECOND,
    ONE_WEEK,
    Timeframe,
)
from crypto_pipeline_tests.simulator.market.conftest import SPOT

FRAMES = [ONE_SECOND, ONE_MINUTE, Timeframe(15 * MINUTE), ONE_HOUR, ONE_DAY, ONE_WEEK]
MARKET = SyntheticMarket(7)


def _text(_: Listing, bars: Bars, __: Timeframe) -> list[bytes]:
    return [
        b"%d %d %d" % row
        for row in zip(
            bars.open_time.tolist(), bars.close.tolist(), bars.count.tolist(), strict=True
        )
    ]


ROWS = EncodedRows(MARKET, _text)


@settings(max_examples=80, deadline=None)
@given(
    now=st.integers(19_300 * DAY * 1000, 19_500 * DAY * 1000),
    start=st.integers(-5 * DAY, 3 * DAY),
    length=st.integers(-1000, 4 * DAY),
    limit=st.integers(1, 300),
    newest=st.booleans(),
    frame=st.sampled_from(FRAMES),
    venue=st.sampled_from(["binance", "okx", "coinbase"]),
    rank=st.sampled_from([0, 20, 50]),
)
def test_rows_given_any_window_are_the_bars_of_the_page(
    now: int,
    start: int,
    length: int,
    limit: int,
    newest: bool,
    frame: Timeframe,
    venue: Venue,
    rank: int,
) -> None:
    listing = MARKET.listings(venue, SPOT)[rank]
    first = now // 1000 + start
    window = Window(first, min(first + length, now // 1000), limit, newest=newest)
    page = MARKET.page(listing, frame, window, now)
    assert ROWS.rows(listing, frame, window, now) == _text(listing, page, frame)
    assert len(page) <= limit
    assert all(window.start <= opening <= window.end for opening in page.open_time.tolist())


@pytest.mark.parametrize("symbol", ["LUNAUSDT", "WLDUSDT"])
def test_rows_given_all_of_a_listing_end_where_it_ends(symbol: str) -> None:
    listing = MARKET.listing("binance", SPOT, symbol)
    assert listing is not None
    now = 19_600 * DAY * 1000
    rows = ROWS.rows(listing, ONE_DAY, Window(0, 10**15, 1000, newest=True), now)
    page = MARKET.page(listing, ONE_DAY, Window(0, 10**15, 1000, newest=True), now)
    assert rows == _text(listing, page, ONE_DAY)
