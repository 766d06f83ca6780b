"""What holds of every venue's trades, funding and books: walks without a hole, bounds, depths.

As in `test_conformance.py`, each declared route is asked of the simulator and read.
"""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from crypto_pipeline.domain.funding import FUNDING_COLUMNS
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.order_books import BOOK_COLUMNS, broken_rule
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import AGG_TRADE_COLUMNS, BUY, SELL, TRADE_COLUMNS
from crypto_pipeline.venues.capabilities import Locate, Walk
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline.venues.venue import Venue
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW
from crypto_pipeline_tests.venues.conformance import (
    CASES,
    FUNDED,
    TRADE_CASES,
    Case,
    TradeCase,
    answered,
    hours_before,
)


def trades(venue: Venue, case: TradeCase, cursor: TradeCursor) -> pa.Table:
    request = venue.trades_request(case.series, cursor)
    return venue.decode_trades(str(request), case.series, answered(venue, request))


def three_pages(venue: Venue, case: TradeCase) -> list[pa.Table]:
    """Three pages in a row, walked as the route is: newest first where it goes backward."""
    pages: list[pa.Table] = []
    cursor = first_cursor(venue, case)
    for _ in range(3):
        pages.append(trades(venue, case, cursor))
        ids = pages[-1][case.ids].to_pylist()
        forward = case.route.walk is Walk.FORWARD
        cursor = TradeCursor(id=max(ids) + 1 if forward else min(ids))
    return pages


def first_cursor(venue: Venue, case: TradeCase) -> TradeCursor:
    if case.route.locate is Locate.TIME:
        return TradeCursor(before=NOW)
    return (
        TradeCursor(id=located(venue, case)) if case.route.locate is Locate.ROUTE else TradeCursor()
    )


def located(venue: Venue, case: TradeCase) -> int:
    """The id that another route finds two hours ago."""
    request = venue.locate_request(case.series, NOW - timedelta(hours=2))
    found = venue.decode_located(str(request), case.series, answered(venue, request))
    assert found is not None
    return found


@pytest.mark.parametrize("case", TRADE_CASES, ids=str)
def test_trades_given_three_pages_go_on_without_a_hole(
    market: SimulatorProcess, case: TradeCase
) -> None:
    pages = three_pages(case.case.venue(market), case)

    assert [page.num_rows for page in pages] == [case.route.rows] * 3
    ids = sorted(seq for page in pages for seq in page[case.ids].to_pylist())
    assert len(set(ids)) == len(ids)
    if case.case.capabilities.counted:
        assert ids == list(range(ids[0], ids[0] + len(ids)))


@pytest.mark.parametrize("case", TRADE_CASES, ids=str)
def test_trades_given_a_page_have_their_columns_ascending_with_takers_of_both_sides(
    market: SimulatorProcess, case: TradeCase
) -> None:
    page, *_ = three_pages(case.case.venue(market), case)

    columns = AGG_TRADE_COLUMNS if case.kind is Kind.AGG_TRADES else TRADE_COLUMNS
    given = [name for name in columns if name != "trade_type"]
    assert page.column_names == list(columns)
    assert [page[name].null_count for name in given] == [0] * len(given)
    assert set(page["side"].to_pylist()) == {BUY, SELL}
    times = page["ts_event"].to_pylist()
    assert times == sorted(times)
    assert times[-1] <= NOW


@pytest.mark.parametrize(
    "case", [case for case in TRADE_CASES if case.route.locate is Locate.ROUTE], ids=str
)
def test_locate_given_an_instant_is_the_first_trade_from_then_on(
    market: SimulatorProcess, case: TradeCase
) -> None:
    venue = case.case.venue(market)

    page = trades(venue, case, TradeCursor(id=located(venue, case) - 1))

    before, first = page["ts_event"].to_pylist()[:2]
    assert before < NOW - timedelta(hours=2) <= first


@pytest.mark.parametrize("case", FUNDED, ids=str)
def test_funding_given_a_page_has_each_settlement_of_the_span_and_no_other(
    market: SimulatorProcess, case: Case
) -> None:
    route, venue = case.capabilities.funding, case.venue(market)
    assert route is not None
    series = Series(case.instrument, kind=Kind.FUNDING)
    span = hours_before(NOW, min(route.rows, 240))

    request = venue.funding_request(route, series, span)
    page = venue.decode_funding(str(request), series, answered(venue, request))

    times = page["funding_time"].to_pylist()
    assert page.column_names == list(FUNDING_COLUMNS)
    assert times == [span.start + n * timedelta(hours=8) for n in range(len(times))]
    assert times[-1] == span.end - timedelta(hours=8)
    assert {name for name in FUNDING_COLUMNS if page[name].null_count} == route.silent


@pytest.mark.parametrize("case", FUNDED, ids=str)
def test_funding_given_a_span_that_ends_at_a_settlement_leaves_that_one_out(
    market: SimulatorProcess, case: Case
) -> None:
    route, venue = case.capabilities.funding, case.venue(market)
    assert route is not None
    series = Series(case.instrument, kind=Kind.FUNDING)
    midnight, hour = Interval.D1.floor(NOW), timedelta(hours=1)
    spans = (Span(midnight, midnight + hour), Span(midnight - hour, midnight))

    rows = []
    for span in spans:
        request = venue.funding_request(route, series, span)
        rows.append(venue.decode_funding(str(request), series, answered(venue, request)).num_rows)

    assert rows == [1, 0]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_book_given_any_venue_is_possible_and_as_deep_as_declared(
    market: SimulatorProcess, case: Case
) -> None:
    venue = case.venue(market)
    request = venue.book_request(case.instrument)

    book = venue.decode_book("book", case.instrument, answered(venue, request))

    (row,) = book.to_pylist()
    bids, asks = (
        [(level["price"], level["amount"]) for level in row[side]] for side in ("bids", "asks")
    )
    assert book.column_names == list(BOOK_COLUMNS)
    assert len(bids) == len(asks) == case.capabilities.book_levels
    assert broken_rule(bids, asks) is None
    assert row["ts_event"] is None or row["ts_event"] <= NOW
