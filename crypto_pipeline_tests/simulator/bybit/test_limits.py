"""Bybit's limits: 600 requests in five seconds, 120 of one path in a second, connections."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

import pytest

from crypto_pipeline.simulator.bybit.limits import (
    BAN_SECONDS,
    CONNECTIONS_OF_A_CATEGORY,
    CONNECTS,
    IP_REQUESTS,
    PATH_REQUESTS,
    ConnectLimits,
    RequestLimits,
)
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.simulator.bybit.conftest import API

TIME = "/v5/market/time"


def test_answers_tell_what_is_left_of_the_path(synthetic: SimulatorProcess) -> None:
    first, second = (synthetic.get(API, "/v5/system/status").headers for _ in range(2))

    assert first["x-bapi-limit"] == second["x-bapi-limit"] == str(PATH_REQUESTS)
    assert int(second["x-bapi-limit-status"]) < PATH_REQUESTS
    assert first["x-bapi-limit-reset-timestamp"] == "1739190870000"


@pytest.fixture(scope="module")
def hasty() -> Iterator[SimulatorProcess]:
    """A simulator whose limits hardly see time pass; asked by one test after another."""
    with simulator(seed=7) as running:
        running.set_rules(hurry=0.01)
        yield running


def test_a_path_asked_too_often_is_refused_in_the_envelope(hasty: SimulatorProcess) -> None:
    replies = [hasty.get(API, TIME) for _ in range(PATH_REQUESTS + 1)]
    last = replies[-1]

    assert {reply.json()["retCode"] for reply in replies[:-1]} == {0}
    assert (last.status, last.json()["retCode"]) == (200, 10006)
    assert last.json()["retMsg"] == "Too many visits!"
    assert last.headers["x-bapi-limit-status"] == "0"
    assert int(last.headers["x-bapi-limit-reset-timestamp"]) > last.json()["time"] - 1000
    assert hasty.counters()[API]["violations"] == 1


def judged(limits: RequestLimits, requests: int, client: str = "a") -> list[bool]:
    """Whether each of these requests, of as many paths, was banned."""
    return [limits.judge(client, f"/{number}").banned for number in range(requests)]


def pass_seconds(rules: Rules, seconds: float) -> None:
    """Let so many seconds of the rules go by in no time."""
    end = rules.seconds() + seconds
    rules.hurry = 1000.0
    for _ in range(100):
        if rules.seconds() >= end:
            break
        sleep((end - rules.seconds()) / 1000.0)
    rules.hurry = 1e-6


def test_an_address_over_600_requests_is_banned_for_ten_minutes() -> None:
    rules = Rules(hurry=1e-6)
    limits = RequestLimits(rules)
    begun = judged(limits, IP_REQUESTS + 2)
    pass_seconds(rules, BAN_SECONDS - 10)
    banned = judged(limits, 1)
    pass_seconds(rules, 20)

    assert begun == [False] * IP_REQUESTS + [True, True]
    assert (banned, judged(limits, 1)) == ([True], [False])


def test_an_address_is_banned_alone() -> None:
    limits = RequestLimits(Rules(hurry=1e-6))
    judged(limits, IP_REQUESTS + 1)

    assert judged(limits, 1, "a") == [True]
    assert judged(limits, 1, "b") == [False]


def test_limits_that_are_off_count_nothing() -> None:
    rules = Rules(limits=False, hurry=1e-6)
    limits = RequestLimits(rules)
    judged(limits, 2 * IP_REQUESTS)
    rules.limits = True

    assert judged(limits, 1) == [False]


def test_a_banned_address_gets_403(hasty: SimulatorProcess) -> None:
    statuses = [hasty.get(API, f"/v5/{n % 10}").status for n in range(IP_REQUESTS + 1)]
    reply = hasty.get("api.bytick.com", TIME)

    assert statuses[-1] == 403
    assert (reply.status, reply.body) == (403, b"access too frequent")


def test_connects_are_500_in_five_minutes() -> None:
    limits = ConnectLimits(Rules(hurry=1e-6))
    admitted = []
    for _ in range(CONNECTS + 1):
        admitted.append(limits.admits("a", "spot"))
        limits.closed("a", "spot")

    assert admitted == [True] * CONNECTS + [False]


def test_connections_are_1000_at_once_by_category() -> None:
    rules = Rules(hurry=1e-6)
    limits = ConnectLimits(rules)
    rules.limits = False
    for _ in range(CONNECTIONS_OF_A_CATEGORY):
        limits.admits("a", "spot")
    rules.limits = True

    assert not limits.admits("a", "spot")
    assert limits.admits("a", "linear")
    limits.closed("a", "spot")
    assert limits.admits("a", "spot")
