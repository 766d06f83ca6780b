"""A connection's deadlines: PING, PONG, messages a second, the end after 24 hours."""

from __future__ import annotations

import pytest

from crypto_pipeline.simulator.binance.dialects import PERP, SPOT, Dialect
from crypto_pipeline.simulator.binance.pulse import LIVED_OUT, NOTICE, PONG_MISSING, Pulse

DAY = 86_400.0


@pytest.mark.parametrize(("dialect", "every"), [(SPOT, 20.0), (PERP, 180.0)])
def test_ping_given_its_time_is_due_again_and_again(dialect: Dialect, every: float) -> None:
    pulse = Pulse(dialect)

    assert not pulse.ping_due(every - 0.1)
    assert pulse.ping_due(every)
    pulse.pinged(every, b"1")
    assert not pulse.ping_due(every + 1)
    assert pulse.ping_due(2 * every)


@pytest.mark.parametrize(("dialect", "within"), [(SPOT, 60.0), (PERP, 600.0)])
def test_pong_given_none_in_time_ends_the_connection(dialect: Dialect, within: float) -> None:
    pulse = Pulse(dialect)
    pulse.pinged(20.0, b"1")

    assert pulse.end(20.0 + within) is None
    assert pulse.end(20.1 + within) == PONG_MISSING


def test_pong_given_the_payload_answers_that_ping_and_those_before() -> None:
    pulse = Pulse(SPOT)
    pulse.pinged(20.0, b"1")
    pulse.pinged(40.0, b"2")
    pulse.ponged(b"2")

    assert pulse.end(200.0) is None


def test_pong_given_another_payload_does_not_keep_alive() -> None:
    pulse = Pulse(SPOT)
    pulse.pinged(20.0, b"1")
    pulse.ponged(b"unsolicited")

    assert pulse.end(81.0) == PONG_MISSING


@pytest.mark.parametrize(("dialect", "most"), [(SPOT, 5), (PERP, 10)])
def test_messages_given_as_many_as_allowed_each_second_are_borne(
    dialect: Dialect, most: int
) -> None:
    pulse = Pulse(dialect)

    assert all(pulse.heard(second + n / 16) for second in range(3) for n in range(most))
    assert not pulse.heard(2.75)


def test_spot_end_given_24_hours_is_announced_once_before() -> None:
    pulse = Pulse(SPOT)

    assert not pulse.notice_due(DAY - NOTICE - 1)
    assert pulse.notice_due(DAY - NOTICE)
    assert not pulse.notice_due(DAY - NOTICE + 1)
    assert pulse.end(DAY - 1) is None
    assert pulse.end(DAY) == LIVED_OUT


def test_perp_end_given_24_hours_is_not_announced() -> None:
    pulse = Pulse(PERP)

    assert not pulse.notice_due(DAY - 1)
    assert pulse.end(DAY) == LIVED_OUT


def test_end_given_it_is_announced_comes_after_the_notice() -> None:
    pulse = Pulse(PERP)
    pulse.announce(100.0)

    assert pulse.end(100.0 + NOTICE - 1) is None
    assert pulse.end(100.0 + NOTICE) == LIVED_OUT
