"""Limiters on a clock that a test hurries, and the clock itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crypto_pipeline.simulator.wire.limits import Bucket, FixedWindow, Limiter, RollingWindow
from crypto_pipeline.simulator.wire.rules import Rules

MAKERS: dict[str, Callable[[Rules], Limiter]] = {
    "fixed": lambda rules: FixedWindow(rules, 3, 60.0),
    "rolling": lambda rules: RollingWindow(rules, 3, 60.0),
    "bucket": lambda rules: Bucket(rules, 3, 3 / 60),
}


class SteppedRules(Rules):
    """Rules whose clock stands until it is moved."""

    def __init__(self) -> None:
        self.now = 600.0
        super().__init__(monotonic=lambda: self.now)


@pytest.fixture
def rules() -> SteppedRules:
    return SteppedRules()


@pytest.fixture(params=MAKERS)
def limiter(request: pytest.FixtureRequest, rules: SteppedRules) -> Limiter:
    return MAKERS[request.param](rules)


def test_take_given_more_than_the_limit_is_refused_with_a_wait(limiter: Limiter) -> None:
    verdicts = [limiter.take("a") for _ in range(4)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.left for verdict in verdicts] == [2, 1, 0, 0]
    assert 0 < verdicts[3].wait <= 60


def test_take_given_another_key_is_counted_apart(limiter: Limiter) -> None:
    for _ in range(4):
        limiter.take("a")

    assert limiter.take("b").allowed


def test_take_given_the_wait_is_over_is_allowed(limiter: Limiter, rules: SteppedRules) -> None:
    for _ in range(3):
        limiter.take("a")
    rules.now += limiter.take("a").wait + 0.001

    assert limiter.take("a").allowed


def test_take_given_limits_off_counts_and_refuses_nothing(
    limiter: Limiter, rules: SteppedRules
) -> None:
    rules.limits = False
    verdicts = [limiter.take("a", cost=2) for _ in range(3)]

    assert all(verdict.allowed for verdict in verdicts)
    assert [verdict.used for verdict in verdicts] == [2, 4, 6]


@pytest.mark.parametrize(("name", "used"), [("fixed", 5), ("rolling", 4), ("bucket", 4)])
def test_take_given_a_refusal_counts_it_in_a_fixed_window_alone(
    rules: SteppedRules, name: str, used: float
) -> None:
    limiter = MAKERS[name](rules)
    verdicts = [limiter.take("a") for _ in range(5)]

    assert verdicts[-1].used == used


def test_rolling_window_given_time_forgets_the_oldest_first(rules: SteppedRules) -> None:
    limiter = RollingWindow(rules, 2, 10.0)
    limiter.take("a")
    rules.now += 6
    limiter.take("a")
    rules.now += 5

    assert limiter.take("a").allowed
    assert limiter.take("a").wait == 5


def test_fixed_window_given_its_end_starts_from_nothing(rules: SteppedRules) -> None:
    limiter = FixedWindow(rules, 2, 60.0)
    rules.now = 659.0
    limiter.take("a", cost=2)
    assert limiter.take("a").wait == 1

    rules.now = 660.0

    assert limiter.take("a").used == 1


def test_hurry_given_a_change_makes_no_jump(rules: SteppedRules) -> None:
    rules.now = 700.0
    rules.hurry = 1000.0
    assert rules.seconds() == 700.0

    rules.now = 700.5

    assert rules.seconds() == 1200.0
