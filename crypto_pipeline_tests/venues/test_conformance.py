"""What holds of every venue: what it declares of lists and klines is what the exchange answers.

Each declared route is asked of the simulator with the venue's own request, and read by its own
decoder. A new venue is tested by being known.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Status
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import TIMESTAMP, VALUE_COLUMNS
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.venues.capabilities import Empty
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW
from crypto_pipeline_tests.venues.conformance import (
    CASES,
    KLINE_CASES,
    Case,
    KlineCase,
    answered,
    case_requests,
    listing_pages,
    shrunk,
)

BOUNDED = [case for case in KLINE_CASES if case.interval in (Interval.M1, Interval.H1)]
REACHING_BACK = [case for case in BOUNDED if case.route.newest_bars is None]
UNOFFERED_INTERVALS = [
    (case, interval)
    for case in CASES
    for interval in Interval
    if interval not in case.capabilities.intervals
]
UNOFFERED_KINDS = [
    (case, kind) for case in CASES for kind in Kind if not case.capabilities.offers(kind)
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_time_given_any_venue_is_the_exchanges_clock(market: SimulatorProcess, case: Case) -> None:
    venue = case.venue(market)
    request = venue.time_request(case.instrument_type)

    assert venue.decode_time("time", answered(venue, request)) == NOW


@pytest.mark.parametrize("case", CASES, ids=str)
def test_instruments_given_any_venue_are_named_once_over_all_pages(
    market: SimulatorProcess, case: Case
) -> None:
    pages = list(listing_pages(case.venue(market), case.instrument_type))

    listings = [listing for page in pages for listing in page]
    by_id = {listing.instrument.entity_id: listing for listing in listings}
    assert len(by_id) == len({each.native_symbol for each in listings}) == len(listings)
    assert {each.instrument.exchange for each in listings} == {case.exchange}
    assert {each.instrument.instrument_type for each in listings} == {case.instrument_type}
    assert Status.TRADING in {each.status for each in listings}
    bitcoin = by_id[case.instrument.entity_id]
    steps = (bitcoin.tick_size, bitcoin.lot_size, bitcoin.contract_size)
    assert all(step is not None and step > 0 for step in steps)
    assert all(
        each.listed_at is None or each.listed_at.utcoffset() == timedelta() for each in listings
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_volumes_given_any_venue_are_by_native_symbol(market: SimulatorProcess, case: Case) -> None:
    venue = case.venue(market)
    request = venue.volumes_request(case.instrument_type)

    volumes = venue.decode_volumes("volumes", case.instrument_type, answered(venue, request))

    listed = {listing.native_symbol for listing in venue.listings.values()}
    assert volumes[venue.native_symbol(case.instrument)] > 0
    assert volumes.keys() & listed == volumes.keys()
    assert np.isfinite(list(volumes.values())).all()


@pytest.mark.parametrize("kline", KLINE_CASES, ids=str)
def test_klines_given_a_whole_page_come_whole_and_silent_as_declared(
    market: SimulatorProcess, kline: KlineCase
) -> None:
    page = kline.page(kline.case.venue(market), kline.span)

    missing = kline.bars - page.num_rows
    assert page.column_names == ["open_time", *VALUE_COLUMNS]
    assert page.schema.field("open_time").type == TIMESTAMP
    assert missing == 0 or (kline.route.empty is Empty.ABSENT and missing < 0.05 * page.num_rows)
    silent = {name for name in VALUE_COLUMNS if page[name].null_count == page.num_rows}
    given = {name for name in VALUE_COLUMNS if page[name].null_count == 0}
    assert silent == kline.route.silent
    assert set(VALUE_COLUMNS) - silent - given <= {"vwap"}
    if "vwap" not in silent:
        untraded = pc.equal(page["volume_base"], 0.0)
        assert page["vwap"].is_null().equals(untraded)


@pytest.mark.parametrize("kline", BOUNDED, ids=str)
def test_klines_given_a_bar_less_on_either_side_lose_just_those(
    market: SimulatorProcess, kline: KlineCase
) -> None:
    venue, bar = kline.case.venue(market), kline.interval.length
    inner = shrunk(kline.span, bar)

    whole, part = kline.page(venue, kline.span), kline.page(venue, inner)

    assert part.num_rows >= 0.95 * (kline.bars - 2)
    assert part == opened_in(whole, inner)
    assert kline.page(venue, Span(inner.start, inner.start + bar)) == opened_in(
        whole, Span(inner.start, inner.start + bar)
    )


def opened_in(klines: pa.Table, span: Span) -> pa.Table:
    times = klines["open_time"]
    start, end = (pa.scalar(instant, TIMESTAMP) for instant in (span.start, span.end))
    inside = pc.and_(pc.greater_equal(times, start), pc.less(times, end))
    return klines.filter(inside)


@pytest.mark.parametrize("kline", REACHING_BACK, ids=str)
def test_klines_given_a_window_before_the_listing_are_none(
    market: SimulatorProcess, kline: KlineCase
) -> None:
    age = timedelta(days=365 * 12)
    before = Span(kline.span.start - age, kline.span.end - age)

    assert kline.page(kline.case.venue(market), before).num_rows == 0


def test_refuse_unoffered_given_undeclared_intervals_names_those_there_are() -> None:
    assert UNOFFERED_INTERVALS
    for case, interval in UNOFFERED_INTERVALS:
        venue = known(case)
        with pytest.raises(UsageError, match=f"no {interval.value} klines.* it has 1m") as caught:
            venue.refuse_unoffered(Series(case.instrument, interval))
        for offered in case.capabilities.intervals:
            assert f" {offered.value}" in str(caught.value)


def test_refuse_unoffered_given_undeclared_kinds_names_those_there_are() -> None:
    assert UNOFFERED_KINDS
    for case, kind in UNOFFERED_KINDS:
        with pytest.raises(UsageError, match=f"no {kind.value} of .* it has klines"):
            known(case).refuse_unoffered(Series(case.instrument, kind=kind))


def known(case: Case) -> Venue:
    """The venue without any simulator: what is not offered is refused before anything is asked."""
    return find_venue(case.exchange)(Endpoints(None, {}))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_costs_given_each_request_are_what_the_exchange_counts(
    market: SimulatorProcess, case: Case
) -> None:
    venue = case.venue(market)
    requests = case_requests(venue, case)

    for request in requests:
        before = weights(market)
        answered(venue, request)
        assert weights(market) - before == max(request.costs.values()), str(request)
    assert len(requests) >= 4


def weights(market: SimulatorProcess) -> int:
    """What the exchanges have counted so far, all together."""
    return sum(host["weights"] for host in market.counters().values())
