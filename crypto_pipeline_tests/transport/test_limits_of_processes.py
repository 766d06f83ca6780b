"""Four processes at one exchange: no limit broken, all of it used, whoever dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.transport.asking import HOSTS
from crypto_pipeline_tests.transport.hammer import (
    CONNECTIONS,
    START_WAIT,
    Hammer,
    Task,
    hammers,
)

PROCESSES = 4


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator() as running:
        yield running


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Hammer]]:
    with hammers(PROCESSES) as found:
        yield found


def handed(market: SimulatorProcess, processes: list[Hammer], task: Task) -> None:
    """Let all of them do it at once."""
    market.set_rules(hurry=task.hurry)
    begun = replace(task, addresses=dict(market.endpoints), start=time.monotonic() + START_WAIT)
    for process in processes:
        process.hand(begun)


def violations(market: SimulatorProcess, exchange: str) -> int:
    """Requests over a limit since the simulator's start, on all hosts of an exchange."""
    counters = market.counters()
    hosts = [host for hosts in HOSTS[exchange].values() for host in hosts]
    return sum(counters[host]["violations"] for host in hosts)


@pytest.mark.parametrize(
    ("exchange", "request_name", "permitted", "hurry", "seconds"),
    [
        ("binance", "INFO", 6000 / 20 / 60, 25, 4.9),
        ("okx", "OKX_TIME", 10 / 2, 4, 2.4),
        ("bybit", "BYBIT_TIME", 120 / 1, 1, 1.8),
        ("coinbase", "COINBASE_TIME", 10 / 1, 3, 2.4),
        ("coinbase", "ADVANCED_TIME", 10 / 1, 3, 2.4),
    ],
)
def test_get_given_four_processes_breaks_no_limit_and_uses_it(
    market: SimulatorProcess,
    processes: list[Hammer],
    tmp_path: Path,
    exchange: str,
    request_name: str,
    permitted: float,
    hurry: float,
    seconds: float,
) -> None:
    before = violations(market, exchange)
    task = Task(exchange, request_name, {}, hurry, str(tmp_path), seconds)

    handed(market, processes, task)
    results = [process.result() for process in processes]

    assert violations(market, exchange) == before
    assert [result.errors for result in results] == [{}] * PROCESSES
    answers = [result.answers for result in results]
    assert sum(answers) >= 0.5 * permitted * hurry * seconds
    assert 4 * min(answers) >= max(answers)


def test_get_given_a_killed_process_breaks_no_limit_and_goes_on(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    before = violations(market, "okx")
    with hammers(PROCESSES) as found:
        victim, *others = found
        handed(market, found, Task("okx", "OKX_TIME", {}, 8, str(tmp_path), 3.0))
        time.sleep(START_WAIT + 1.0)
        victim.process.kill()
        results = [process.result() for process in others]

    assert violations(market, "okx") == before
    assert [result.errors for result in results] == [{}] * len(others)
    after = 10 / 2 * 8 * (3.0 - 1.0)
    assert sum(result.answers for result in results) >= 0.5 * after - CONNECTIONS


def test_get_given_requests_that_travel_long_breaks_no_limit(
    market: SimulatorProcess, processes: list[Hammer], tmp_path: Path
) -> None:
    before = violations(market, "okx")
    market.post_faults([{"kind": "slow", "exchange": "okx", "rate": 0.3, "seconds": 0.3}])

    handed(market, processes, Task("okx", "OKX_TIME", {}, 8, str(tmp_path), 1.8))
    results = [process.result() for process in processes]
    market.post_faults([])

    assert violations(market, "okx") == before
    assert [result.errors for result in results] == [{}] * PROCESSES
    assert sum(result.answers for result in results) > 10
