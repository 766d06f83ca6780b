"""One exchange over real sockets: answers, hosts that fail and come back, keys, proxies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline.errors import (
    SourceBusyError,
    SourceError,
    SourceMissingError,
    SymbolRefusedError,
    VenueBlockedError,
)
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.transport.retrying import ATTEMPTS, BREAKS
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.transport.asking import (
    ADVANCED_TIME,
    BYBIT_TIME,
    COINBASE_TIME,
    OKX_TIME,
    SPOT,
    SPOT_TWIN,
    TIME,
    answered,
    downloaded,
    outcomes,
    quick,
    refused,
    venue,
)
from crypto_pipeline_tests.transport.listening import listening

ARCHIVE = "data.binance.vision"
FILE = "/data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2023-03-02.zip"


@pytest.fixture(scope="module")
def shared_market() -> Iterator[SimulatorProcess]:
    with simulator() as running:
        yield running


@pytest.fixture
def market(shared_market: SimulatorProcess) -> SimulatorProcess:
    shared_market.post_faults([])
    return shared_market


@pytest.mark.parametrize(
    ("name", "request_", "begins"),
    [
        ("binance", TIME, b'{"serverTime":'),
        ("okx", OKX_TIME, b'{"code":"0","data":[{"ts":"'),
        ("bybit", BYBIT_TIME, b'{"retCode":0,"retMsg":"OK","result":{"timeSecond":"'),
        ("coinbase", COINBASE_TIME, b'{"iso":"'),
        ("coinbase", ADVANCED_TIME, b'{"iso":"'),
    ],
)
def test_get_given_a_good_answer_is_its_bytes(
    market: SimulatorProcess, name: str, request_: Request, begins: bytes
) -> None:
    answer = answered(venue(name, market.endpoints), request_)

    assert answer.body.startswith(begins)
    assert answer.url.endswith(request_.path)


def test_get_given_parameters_asks_with_them(market: SimulatorProcess) -> None:
    request = Request("spot", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 2})

    answer = answered(venue("binance", market.endpoints), request)

    assert answer.url == (
        f"{market.endpoints[SPOT]}/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=2"
    )
    assert len(json.loads(answer.body)) == 2


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("binance", Request("spot", "/api/v3/klines", {"symbol": "NONO", "interval": "1m"})),
        ("okx", Request("rest", "/api/v5/market/candles", {"instId": "NO-NO", "bar": "1m"})),
        (
            "bybit",
            Request(
                "rest", "/v5/market/kline", {"category": "linear", "symbol": "NO", "interval": "1"}
            ),
        ),
        ("coinbase", Request("exchange", "/products/NO-NO/candles", {"granularity": 60})),
        ("coinbase", Request("advanced", "/api/v3/brokerage/market/products/NO-NO")),
    ],
)
def test_get_given_an_unknown_symbol_is_fatal_for_it_alone(
    market: SimulatorProcess, name: str, request_: Request
) -> None:
    before = sum(host["requests"] for host in market.counters().values())

    error = refused(venue(name, market.endpoints), request_)

    assert isinstance(error, SymbolRefusedError)
    assert sum(host["requests"] for host in market.counters().values()) == before + 1


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "drop"},
        {"kind": "wrong_content_length"},
        {"kind": "connection_reset"},
        {"kind": "truncated_json"},
        {"kind": "500"},
        {"kind": "503"},
        {"kind": "502"},
    ],
    ids=lambda rule: rule["kind"],
)
def test_get_given_a_passing_failure_asks_again(
    market: SimulatorProcess, rule: dict[str, object]
) -> None:
    market.post_faults([{**rule, "host": SPOT, "times": 1}])

    answer = answered(venue("binance", market.endpoints), TIME)

    assert answer.url.startswith(market.endpoints[SPOT])
    assert answer.body.startswith(b'{"serverTime":')
    assert market.faults()[0]["struck"] == 1


def test_get_given_a_host_that_is_gone_asks_the_next_and_comes_back(
    market: SimulatorProcess,
) -> None:
    binance = venue("binance", market.endpoints)
    patience = quick(given_up=0.0)
    market.post_faults([{"kind": "connection_refused", "host": SPOT}])

    away = outcomes(binance, *[TIME] * (BREAKS + 1), patience=patience)
    market.post_faults([])
    back = answered(binance, TIME, patience=patience)

    twin, first = market.endpoints[SPOT_TWIN], market.endpoints[SPOT]
    assert [str(getattr(answer, "url", answer)) for answer in away] == (
        [f"{twin}/api/v3/time"] * (BREAKS + 1)
    )
    assert back.url.startswith(first)


def test_get_given_a_host_given_up_does_not_ask_it(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "500", "host": SPOT}])
    patience, binance = quick(), venue("binance", market.endpoints)
    outcomes(binance, *[TIME] * BREAKS, patience=patience)
    before = market.counters()[SPOT]["requests"]

    answered(binance, TIME, patience=patience)

    assert market.counters()[SPOT]["requests"] == before


def test_get_given_no_host_that_answers_ends_after_bounded_attempts(
    market: SimulatorProcess,
) -> None:
    market.post_faults([{"kind": "500", "exchange": "binance"}])
    before = market.counters()[SPOT_TWIN]["requests"]

    error = refused(venue("binance", market.endpoints), TIME)

    assert isinstance(error, SourceBusyError)
    assert str(error).startswith(f"{market.endpoints[SPOT]}/api/v3/time: HTTP 500")
    assert market.counters()[SPOT_TWIN]["requests"] == before + ATTEMPTS


def test_get_given_a_country_block_names_it_whatever_the_others_do(
    market: SimulatorProcess,
) -> None:
    market.post_faults([{"kind": "451", "host": SPOT_TWIN}, {"kind": "500", "host": SPOT}])

    error = refused(venue("binance", market.endpoints), TIME)

    assert isinstance(error, VenueBlockedError)
    assert "does not serve this country (451)" in str(error)


def test_get_given_a_missing_path_is_missing(market: SimulatorProcess) -> None:
    error = refused(venue("binance", market.endpoints), Request("spot", "/api/v3/none"))

    assert isinstance(error, SourceMissingError)


def test_get_given_a_silent_host_times_out(market: SimulatorProcess) -> None:
    market.post_faults([{"kind": "slow", "host": SPOT, "seconds": 30}])

    answer = answered(venue("binance", market.endpoints, timeout=0.2), TIME)

    assert answer.url.startswith(market.endpoints[SPOT_TWIN])


@pytest.mark.parametrize("header", [{}, {"Retry-After": "0"}])
def test_get_given_a_429_without_a_time_is_told_to_wait_for_the_shortest_window(
    header: dict[str, str], tmp_path: Path
) -> None:
    with listening(status=429, headers=header) as listener:
        error = refused(venue("binance", {SPOT: listener.url}, hurry=1000), TIME, folder=tmp_path)

    assert isinstance(error, SourceBusyError)
    assert error.retry_after == 60 / 1000
    assert len(listener.headers) == ATTEMPTS


def test_get_given_no_context_is_refused(market: SimulatorProcess) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(Exchange(venue("binance", market.endpoints)).get(TIME))


def test_download_given_a_file_is_all_of_it(market: SimulatorProcess) -> None:
    url = market.endpoints[ARCHIVE] + FILE

    content = downloaded(venue("binance", market.endpoints), url)

    assert content == market.get(ARCHIVE, FILE).body


@pytest.mark.parametrize("kind", ["drop", "wrong_content_length", "connection_reset", "503"])
def test_download_given_a_passing_failure_asks_again(market: SimulatorProcess, kind: str) -> None:
    whole = market.get(ARCHIVE, FILE).body
    market.post_faults([{"kind": kind, "host": ARCHIVE, "times": 2}])

    content = downloaded(venue("binance", market.endpoints), market.endpoints[ARCHIVE] + FILE)

    assert content == whole


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("drop", SourceBusyError),
        ("wrong_content_length", SourceBusyError),
        ("missing", SourceMissingError),
        ("451", VenueBlockedError),
        ("403", VenueBlockedError),
    ],
)
def test_download_given_a_lasting_failure_is_typed(
    market: SimulatorProcess, kind: str, error: type[SourceError]
) -> None:
    market.post_faults([{"kind": kind, "host": ARCHIVE}])

    with pytest.raises(error):
        downloaded(venue("binance", market.endpoints), market.endpoints[ARCHIVE] + FILE)


@pytest.mark.parametrize(("status", "seconds"), [(429, "400"), (503, "400")])
def test_download_given_a_time_to_wait_obeys_it(status: int, seconds: str) -> None:
    with listening(status=status, headers={"Retry-After": seconds}) as listener:
        asked = venue("binance", {SPOT: listener.url})
        with pytest.raises(SourceBusyError) as caught:
            downloaded(asked, f"{listener.url}/file.zip")

    assert caught.value.retry_after == float(seconds)
    assert len(listener.headers) == 1
