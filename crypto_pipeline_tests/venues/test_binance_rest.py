"""Binance's REST as the simulator speaks it: pages, clocks, and what each refusal becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.errors import (
    DecodeError,
    SourceBusyError,
    SourceError,
    VenueBlockedError,
)
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline.venues.venue import Endpoints, Series
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.venues.files import series

Result = TypeVar("Result")

REST = "api.binance.com"
NOW = datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC)
DAY = Span(datetime(2025, 2, 9, tzinfo=UTC), datetime(2025, 2, 10, tzinfo=UTC))
BTC, PERP = series("BTC/USDT"), series("BTC/USDT:USDT")


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatorProcess]:
    with simulator(seed=7) as running:
        yield running


@pytest.fixture
def market(shared: SimulatorProcess) -> SimulatorProcess:
    shared.post_faults([])
    shared.set_clock(NOW.isoformat())
    return shared


def asked(market: SimulatorProcess, question: Callable[[Binance], Awaitable[Result]]) -> Result:
    """Ask one question of a fresh client, and close it."""

    async def ask() -> Result:
        rest = {
            InstrumentType.SPOT: market.endpoints[REST],
            InstrumentType.PERP: market.endpoints["fapi.binance.com"],
        }
        binance = Binance(Endpoints("http://archive", rest, timeout=5))
        try:
            return await question(binance)
        finally:
            await binance.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(("one", "most"), [(BTC, 1000), (PERP, 1440)], ids=["spot", "perp"])
def test_rest_page_given_a_day_is_as_long_as_the_exchange_lets_it(
    market: SimulatorProcess, one: Series, most: int
) -> None:
    page = asked(market, lambda binance: binance.rest_page(one, DAY))

    times = page["open_time"].to_pylist()
    assert page.column_names == ["open_time", *VALUE_COLUMNS]
    assert times == [DAY.start + n * timedelta(minutes=1) for n in range(most)]
    assert page["trade_count"].null_count == page["taker_volume_quote"].null_count == 0


def test_rest_page_given_an_end_leaves_the_bar_that_opens_there_out(
    market: SimulatorProcess,
) -> None:
    span = Span(DAY.start, DAY.start + timedelta(minutes=3))

    page = asked(market, lambda binance: binance.rest_page(BTC, span))

    assert page.num_rows == 3


def test_rest_page_given_a_time_before_the_listing_is_empty(market: SimulatorProcess) -> None:
    span = Span(datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 2, tzinfo=UTC))

    page = asked(market, lambda binance: binance.rest_page(BTC, span))

    assert page.num_rows == 0
    assert page.column_names == ["open_time", *VALUE_COLUMNS]


@pytest.mark.parametrize("kind", InstrumentType)
def test_server_time_given_a_simulator_is_its_clock(
    market: SimulatorProcess, kind: InstrumentType
) -> None:
    assert asked(market, lambda binance: binance.server_time(kind)) == NOW


def test_rest_page_given_an_unknown_symbol_says_so(market: SimulatorProcess) -> None:
    with pytest.raises(SourceError, match=r"HTTP 400: .*Invalid symbol") as caught:
        asked(market, lambda binance: binance.rest_page(series("NO/SUCH"), DAY))

    assert not isinstance(caught.value, SourceBusyError | VenueBlockedError)


def test_rest_page_given_429_keeps_its_retry_after(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "429", "host": REST, "retry_after": 7}])

    with pytest.raises(SourceBusyError, match="HTTP 429") as caught:
        asked(market, lambda binance: binance.rest_page(BTC, DAY))

    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_rest_page_given_5xx_is_busy(market: SimulatorProcess, status: int) -> None:
    market.post_faults([{"kind": "status", "host": REST, "status": status, "body": "<html>"}])

    with pytest.raises(SourceBusyError, match=f"HTTP {status}") as caught:
        asked(market, lambda binance: binance.rest_page(BTC, DAY))

    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (403, "refuses this address .403."),
        (418, "banned this address for a while .418.; it asks to wait 90 s"),
        (451, "does not serve this country .451."),
    ],
)
def test_rest_page_given_a_refusal_says_what_it_means(
    market: SimulatorProcess, status: int, meaning: str
) -> None:
    headers = {"Retry-After": "90"} if status == 418 else {}
    market.post_faults([{"kind": "status", "host": REST, "status": status, "headers": headers}])

    with pytest.raises(VenueBlockedError, match=meaning):
        asked(market, lambda binance: binance.rest_page(BTC, DAY))


def test_rest_page_given_a_dropped_connection_is_busy(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "drop", "host": REST}])

    with pytest.raises(SourceBusyError, match="no answer"):
        asked(market, lambda binance: binance.rest_page(BTC, DAY))


def test_rest_page_given_no_listener_is_busy() -> None:
    nowhere = SimulatorProcess(
        "http://127.0.0.1:9", {REST: "http://127.0.0.1:9", "fapi.binance.com": ""}, "real"
    )

    with pytest.raises(SourceBusyError, match="no answer"):
        asked(nowhere, lambda binance: binance.rest_page(BTC, DAY))


def test_rest_page_given_half_an_answer_is_refused(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "truncate_body", "host": REST, "path": "klines"}])

    with pytest.raises(
        DecodeError, match=r"/api/v3/klines \(binance BTC/USDT 1m.*a list of klines"
    ):
        asked(market, lambda binance: binance.rest_page(BTC, DAY))


def test_server_time_given_half_an_answer_is_refused(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "truncate_body", "host": REST, "path": "time"}])

    with pytest.raises(DecodeError, match="serverTime"):
        asked(market, lambda binance: binance.server_time(InstrumentType.SPOT))


def test_calls_given_one_client_share_a_connection(market: SimulatorProcess) -> None:
    before = market.counters()[REST]

    async def thrice(binance: Binance) -> None:
        for _ in range(3):
            await binance.server_time(InstrumentType.SPOT)

    asked(market, thrice)

    after = market.counters()[REST]
    assert after["requests"] - before["requests"] == 3
    assert after["connections"] - before["connections"] == 1
