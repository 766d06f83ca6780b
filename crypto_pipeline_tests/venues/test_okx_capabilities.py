"""What OKX offers, as data: routes and their limits, what is refused before anything is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings import load_settings
from crypto_pipeline.simulator.okx.limits import LIMITS
from crypto_pipeline.venues.okx import Okx
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline.venues.venue import find_venue
from crypto_pipeline_tests.venues.okx_answers import (
    OKX,
    PERP,
    SPOT,
    fundings,
    instrument,
    klines,
    trades,
)

EARLY = datetime(2025, 2, 10, 4, tzinfo=UTC)


def test_okx_given_its_name_is_found_and_configured() -> None:
    configured = load_settings().venues["okx"]

    assert find_venue("okx") is Okx
    assert configured.archive_url == "https://static.okx.com"
    assert {api: list(urls) for api, urls in configured.rest_urls.items()} == {
        "rest": ["https://www.okx.com", "https://openapi.okx.com"]
    }


def test_limits_given_the_documented_ones_are_those() -> None:
    documented = {path.rpartition("/")[2]: limit for path, limit in LIMITS.items()}

    for limit in OKX.limits:
        same = documented[limit.name]
        assert (limit.cost, limit.seconds, limit.by or "") == (same.requests, same.seconds, same.by)
    assert len(OKX.limits) == 8


def test_refuse_unoffered_given_all_eleven_intervals_takes_them() -> None:
    for interval in Interval:
        OKX.refuse_unoffered(klines(PERP, interval.value))

    assert OKX.capabilities[InstrumentType.SPOT].intervals == frozenset(Interval)


@pytest.mark.parametrize(
    ("series", "told"),
    [
        (fundings(SPOT), "okx has no funding of spot instruments; it has klines, trades"),
        (Series(instrument(PERP), kind=Kind.AGG_TRADES), "okx has no agg_trades of perp"),
    ],
)
def test_refuse_unoffered_given_another_kind_says_what_there_is(series: Series, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        OKX.refuse_unoffered(series)


@pytest.mark.parametrize(
    ("before", "after"),
    [(EARLY, 1_739_160_000_000), (EARLY + timedelta(microseconds=1), 1_739_160_000_001)],
)
def test_trades_request_given_an_instant_leaves_no_trade_before_it_out(
    before: datetime, after: int
) -> None:
    request = OKX.trades_request(trades(), TradeCursor(before=before))

    assert (request.parameters["type"], request.parameters["after"]) == ("2", after)


def test_requests_given_each_route_cost_a_limit_that_there_is() -> None:
    span = Span(EARLY, EARLY + timedelta(minutes=1))
    perp = OKX.capabilities[InstrumentType.PERP]
    assert perp.funding is not None
    asked = [
        *(OKX.klines_request(route, klines(PERP), span) for route in perp.klines),
        OKX.trades_request(trades(), TradeCursor(id=9)),
        OKX.funding_request(perp.funding, fundings(), span),
        OKX.book_request(instrument()),
        OKX.instruments_request(InstrumentType.SPOT, None),
        OKX.volumes_request(InstrumentType.SPOT),
        OKX.time_request(InstrumentType.SPOT),
    ]

    limits = {limit.name: limit for limit in OKX.limits}
    assert {name for request in asked for name in request.costs} == limits.keys()
    apart = [limits[name].by for request in asked for name in request.costs if limits[name].by]
    assert apart == ["instId", "instType"]
    assert {len(request.costs) for request in asked} == {1}


def test_trades_request_given_aggregates_says_that_there_are_none() -> None:
    series = Series(instrument(), kind=Kind.AGG_TRADES)

    with pytest.raises(UsageError, match="okx has no agg_trades over REST"):
        OKX.trades_request(series, TradeCursor(id=1))


def test_contract_size_given_an_unknown_swap_says_what_to_load() -> None:
    okx = Okx(OKX.endpoints)

    assert okx.contract_size(instrument()) == 1
    with pytest.raises(UsageError, match="load its instruments first"):
        okx.contract_size(instrument(PERP))
