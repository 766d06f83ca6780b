"""A 429 stops every process, a ban one host, and both end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline.errors import SourceBusyError, VenueBlockedError
from crypto_pipeline.transport.stops import Stops
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.transport.asking import (
    OKX_TIME,
    SPOT,
    SPOT_TWIN,
    TIME,
    answered,
    outcomes,
    quick,
    refused,
    venue,
)
from crypto_pipeline_tests.transport.hammer import Task, hammers


@pytest.fixture(scope="module")
def shared_market() -> Iterator[SimulatorProcess]:
    with simulator() as running:
        yield running


@pytest.fixture
def market(shared_market: SimulatorProcess) -> SimulatorProcess:
    shared_market.post_faults([])
    return shared_market


def asked(market: SimulatorProcess, host: str = SPOT) -> int:
    """Requests of a host since the start."""
    return int(market.counters()[host]["requests"])


def test_get_given_a_short_429_asks_again_after_it(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "429", "host": SPOT, "retry_after": 1, "times": 1}])
    before = asked(market)

    answer = answered(venue("binance", market.endpoints), TIME, folder=tmp_path)

    assert answer.url.startswith(market.endpoints[SPOT])
    assert asked(market) == before + 2


def test_get_given_a_429_asks_no_host_of_the_api_from_any_process(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "429", "host": SPOT, "retry_after": 3600, "times": 1}])
    first = refused(venue("binance", market.endpoints), TIME, folder=tmp_path)
    before = asked(market), asked(market, SPOT_TWIN)

    with hammers(2) as processes:
        for process in processes:
            process.hand(Task("binance", "TIME", dict(market.endpoints), 1.0, str(tmp_path), 0.5))
        results = [process.result() for process in processes]

    assert isinstance(first, SourceBusyError)
    assert (asked(market), asked(market, SPOT_TWIN)) == before
    assert [result.answers for result in results] == [0, 0]
    assert all("asked to wait" in text for result in results for text in result.errors)
    assert all(result.errors for result in results)


def test_get_given_a_429_without_a_time_waits_for_the_limits_window(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "429", "exchange": "okx", "times": 1}])
    okx = venue("okx", market.endpoints, hurry=20)
    begun = time.monotonic()

    answered(okx, OKX_TIME, folder=tmp_path)

    assert time.monotonic() - begun >= 2.0 / 20
    assert len(list(tmp_path.glob("*.stop"))) == 1


def test_get_given_another_exchange_stopped_goes_on(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "429", "host": SPOT, "retry_after": 3600}])
    refused(venue("binance", market.endpoints), TIME, folder=tmp_path)

    answered(venue("okx", market.endpoints), OKX_TIME, folder=tmp_path)


@pytest.mark.parametrize("status", ["418", "403"])
def test_get_given_a_banned_host_asks_the_next_one_from_all_processes(
    market: SimulatorProcess, tmp_path: Path, status: str
) -> None:
    market.post_faults([{"kind": status, "host": SPOT}])
    binance = venue("binance", market.endpoints)
    before = asked(market)

    first = answered(binance, TIME, folder=tmp_path)
    second = answered(binance, TIME, folder=tmp_path)

    twin = market.endpoints[SPOT_TWIN]
    assert [first.url, second.url] == [f"{twin}/api/v3/time"] * 2
    assert asked(market) == before + 1


def test_get_given_a_ban_from_the_only_host_says_what_it_is_and_asks_no_more(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "418", "host": SPOT}])
    binance = venue("binance", {SPOT: market.endpoints[SPOT]})
    before = asked(market)

    errors = outcomes(binance, *[TIME] * 5, folder=tmp_path)

    assert all(isinstance(error, VenueBlockedError) for error in errors)
    assert "banned this address for a while (418)" in str(errors[0])
    assert "not asked" in str(errors[1])
    assert asked(market) == before + 1


def test_get_given_the_end_of_a_ban_asks_the_first_host_again(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.post_faults([{"kind": "418", "host": SPOT, "times": 1}])
    binance = venue("binance", market.endpoints, hurry=60)  # 60 s are one
    answered(binance, TIME, folder=tmp_path)

    time.sleep(1.1)

    patience = quick(given_up=0.0)
    answer = answered(binance, TIME, patience=patience, folder=tmp_path)
    assert answer.url.startswith(market.endpoints[SPOT])


def test_begin_given_a_longer_stop_in_force_leaves_it(tmp_path: Path) -> None:
    stops = Stops(venue("binance", {SPOT: "http://127.0.0.1:1"}), tmp_path)
    url = "http://127.0.0.1:1/x"
    stops.begin(url, 418, 300.0)
    stops.begin(url, 403, 10.0)

    found = stops.ban(url)

    assert found is not None
    assert (found.status, found.left > 100) == (418, True)


@pytest.mark.parametrize("content", ["", "x y z", "1", "9e15 9e16 418"])
def test_ban_given_a_damaged_file_or_one_of_before_a_restart_is_none(
    tmp_path: Path, content: str
) -> None:
    stops = Stops(venue("binance", {SPOT: "http://127.0.0.1:1"}), tmp_path)
    stops.begin("http://127.0.0.1:1/x", 418, 300.0)
    (path,) = tmp_path.glob("*.ban")
    path.write_text(content)

    assert stops.ban("http://127.0.0.1:1/x") is None


def test_passed_given_a_wait_can_be_cancelled(tmp_path: Path) -> None:
    stops = Stops(venue("binance", {SPOT: "http://127.0.0.1:1"}), tmp_path)
    url = "http://127.0.0.1:1/x"
    stops.begin(url, 429, 60.0)

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(stops.passed(url, url), timeout=0.1))
