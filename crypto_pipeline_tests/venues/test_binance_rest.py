"""Binance's klines over REST, and what each of its routes costs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.venues.binance import PERP, SPOT
from crypto_pipeline.venues.capabilities import Cut, Request
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import Reply, SimulatorProcess
from crypto_pipeline_tests.venues.binance_answers import (
    CONTRACT,
    KEYED,
    NOON,
    PAIR,
    filed,
    klines,
    reply,
)
from crypto_pipeline_tests.venues.files import BINANCE, series, traded


def every_request() -> list[Request]:
    """One request of each route of each API."""
    both = [
        request
        for kind, symbol in ((SPOT, PAIR), (PERP, CONTRACT))
        for request in (
            BINANCE.time_request(kind),
            BINANCE.instruments_request(kind, None),
            BINANCE.volumes_request(kind),
            BINANCE.klines_request(
                BINANCE.capabilities[kind].klines[0],
                series(symbol),
                Span(NOON, NOON + timedelta(hours=1)),
            ),
            KEYED.trades_request(traded(symbol), TradeCursor()),
            KEYED.trades_request(traded(symbol, Kind.AGG_TRADES), TradeCursor()),
            KEYED.locate_request(traded(symbol), NOON),
            KEYED.book_request(traded(symbol).instrument),
        )
    ]
    route = BINANCE.capabilities[PERP].funding
    assert route is not None
    span = Span(NOON, NOON + timedelta(days=1))
    return [*both, BINANCE.funding_request(route, traded(CONTRACT, Kind.FUNDING), span)]


@given(
    st.lists(
        st.tuples(
            st.decimals(min_value=0, max_value=10**7, places=8),
            st.decimals(min_value=0, max_value=10**9, places=6),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_klines_given_any_texts_are_the_floats_of_each(
    texts: list[tuple[Decimal, Decimal]],
) -> None:
    """Prices of fewer digits than a DOUBLE keeps, volumes of any number of them."""
    start = int(NOON.timestamp() * 1000)
    rows = [
        [
            start + n * 60_000,
            *[f"{price:f}"] * 4,
            f"{volume:f}",
            start + n * 60_000 + 59_999,
            f"{volume * 7:f}",
            n,
            f"{volume / 3:f}",
            "0.1",
            "0",
        ]
        for n, (price, volume) in enumerate(texts)
    ]
    span = Span(NOON, NOON + timedelta(hours=1))

    table = BINANCE.decode_klines("x", series(PAIR), span, json.dumps(rows).encode())

    for column, place in (("close", 4), ("volume_base", 5), ("volume_quote", 7)):
        assert table[column].to_pylist() == [float(str(row[place])) for row in rows]
    assert table["taker_volume_base"].to_pylist() == [float(str(row[9])) for row in rows]


def used(got: Reply) -> int:
    return int(got.headers["x-mbx-used-weight-1m"])


@pytest.mark.parametrize("request_", every_request(), ids=str)
def test_request_given_any_route_costs_the_weight_that_the_exchange_counts(
    market: SimulatorProcess, request_: Request
) -> None:
    before = used(reply(market, BINANCE.time_request(InstrumentType(request_.api))))

    got = reply(market, request_)

    assert got.status == 200
    assert request_.costs.get(f"{request_.api}_weight", 0) == used(got) - before
    assert set(request_.costs) <= {limit.name for limit in BINANCE.limits}


@pytest.mark.parametrize(("symbol", "most"), [(PAIR, 1000), (CONTRACT, 499)])
def test_klines_given_a_day_are_as_many_as_a_page_holds(
    market: SimulatorProcess, symbol: str, most: int
) -> None:
    page = klines(market, series(symbol), Span(NOON, NOON + timedelta(days=1)))

    assert page.column_names == ["open_time", *VALUE_COLUMNS]
    assert page["open_time"].to_pylist() == [NOON + n * timedelta(minutes=1) for n in range(most)]
    assert sum(page[name].null_count for name in VALUE_COLUMNS if name != "vwap") == 0


@pytest.mark.parametrize("interval", Interval)
@pytest.mark.parametrize("symbol", [PAIR, CONTRACT])
def test_klines_given_any_interval_keep_its_grid(
    market: SimulatorProcess, symbol: str, interval: Interval
) -> None:
    span = Span(datetime(2025, 2, 8, tzinfo=UTC), datetime(2025, 2, 10, tzinfo=UTC))

    page = klines(market, series(symbol, interval), span)

    rows = BINANCE.capabilities[series(symbol).instrument.instrument_type].klines[0].rows
    assert page.num_rows == min(interval.bars_between(span.start, span.end), rows)


def test_klines_given_an_end_leave_the_bar_that_opens_there_out(market: SimulatorProcess) -> None:
    span = Span(NOON, NOON + timedelta(minutes=3))

    assert klines(market, series(PAIR), span).num_rows == 3


def test_klines_given_a_time_before_the_listing_are_none(market: SimulatorProcess) -> None:
    span = Span(datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 2, tzinfo=UTC))

    page = klines(market, series(PAIR), span)

    assert (page.num_rows, page.column_names) == (0, ["open_time", *VALUE_COLUMNS])


def test_klines_given_archive_and_rest_are_the_same(market: SimulatorProcess) -> None:
    file = BINANCE.archive_file(series(PAIR, "5m"), Cut.DAILY, date(2025, 2, 9))

    assert klines(market, file.series, file.span).equals(filed(market, file))
