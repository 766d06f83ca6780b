"""Coinbase's limits: requests, connections, messages, subscriptions, deadlines, silence."""

import json
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.coinbase.asking import (
    ADVANCED,
    ADVANCED_SOCKET,
    EXCHANGE,
    EXCHANGE_SOCKET,
    ask,
    subscribed,
)

SLOWLY = 0.01
"""Seconds of limits in a real one, so that a second does not end while a test asks."""


@pytest.fixture
def slow(limited: SimulatorProcess) -> SimulatorProcess:
    """A simulator whose limits hardly refill."""
    limited.set_rules(hurry=SLOWLY)
    return limited


def test_advanced_given_ten_requests_refuses_the_next_barely(slow: SimulatorProcess) -> None:
    replies = [ask(slow, ADVANCED, "/api/v3/brokerage/time") for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    assert "retry-after" not in replies[-1].headers
    with pytest.raises(json.JSONDecodeError):
        replies[-1].json()
    assert ask(slow, ADVANCED, "/v2/time").status == 200
    assert slow.counters()[ADVANCED]["violations"] == 1


def test_exchange_given_fifteen_requests_refuses_the_next_with_a_message(
    slow: SimulatorProcess,
) -> None:
    replies = [ask(slow, EXCHANGE, "/time") for _ in range(16)]
    assert [reply.status for reply in replies] == [200] * 15 + [429]
    assert set(replies[-1].json()) == {"message"}
    assert "retry-after" not in replies[-1].headers


def test_requests_given_a_second_are_allowed_again(slow: SimulatorProcess) -> None:
    assert [ask(slow, EXCHANGE, "/time").status for _ in range(16)][-1] == 429
    slow.set_rules(hurry=1000)
    assert ask(slow, EXCHANGE, "/time").status == 200


@pytest.mark.parametrize(("host", "allowed"), [(ADVANCED_SOCKET, 8), (EXCHANGE_SOCKET, 20)])
def test_connections_given_too_many_in_a_second_are_refused(
    slow: SimulatorProcess, host: str, allowed: int
) -> None:
    with ExitStack() as stack:
        for _ in range(allowed):
            stack.enter_context(slow.socket(host))
        with pytest.raises(InvalidStatus) as refused:
            stack.enter_context(slow.socket(host))
    assert refused.value.response.status_code == 429
    assert slow.counters()[host]["violations"] == 1


def test_advanced_messages_given_a_ninth_in_a_second_are_not_taken(slow: SimulatorProcess) -> None:
    with slow.socket(ADVANCED_SOCKET) as talk:
        for _ in range(9):
            talk.say({"type": "subscribe", "channel": "heartbeats"})
        heard = [talk.hear() for _ in range(9)]
    assert [message.get("channel") for message in heard[:8]] == ["subscriptions"] * 8
    assert heard[8]["type"] == "error"


def test_exchange_messages_given_too_many_in_a_second_end_the_connection(
    slow: SimulatorProcess,
) -> None:
    with slow.socket(EXCHANGE_SOCKET) as talk:
        for _ in range(101):
            talk.say({"type": "unsubscribe", "channels": ["status"]})
        heard = talk.hear_until(lambda message: message["type"] == "error")
        assert len(heard) == 101
        assert talk.ended()[0] == 1000


def test_exchange_given_an_eleventh_subscription_refuses_it_until_one_ends(
    slow: SimulatorProcess,
) -> None:
    asked = {"type": "subscribe", "channels": ["heartbeat"], "product_ids": ["BTC-USD"]}
    with ExitStack() as stack:
        talks = [stack.enter_context(slow.socket(EXCHANGE_SOCKET)) for _ in range(11)]
        told = []
        for talk in talks:
            talk.say(asked)
            told.append(talk.hear()["type"])
        assert told == ["subscriptions"] * 10 + ["error"]
        talks[0].say({**asked, "type": "unsubscribe"})
        talks[0].hear()
        talks[10].say(asked)
        assert talks[10].hear()["type"] == "subscriptions"


@pytest.mark.parametrize("host", [ADVANCED_SOCKET, EXCHANGE_SOCKET])
def test_connection_given_no_subscription_in_5_seconds_is_closed(
    limited: SimulatorProcess, host: str
) -> None:
    with limited.socket(host) as talk:
        limited.set_rules(hurry=100)
        assert talk.ended()[0] == 1000


def test_connection_given_limits_off_stays_without_subscription(limited: SimulatorProcess) -> None:
    limited.set_rules(hurry=1000, limits=False)
    with limited.socket(ADVANCED_SOCKET) as talk:
        with pytest.raises(TimeoutError):
            talk.hear(0.2)
        talk.say({"type": "subscribe", "channel": "heartbeats"})
        assert talk.hear()["channel"] == "subscriptions"


def test_connection_given_long_silence_is_closed(limited: SimulatorProcess) -> None:
    with subscribed(limited, "ticker", "BTC-USD") as talk:
        talk.hear(), talk.hear()
        limited.set_rules(hurry=300)
        assert talk.ended()[0] == 1000


def test_connection_given_heartbeats_outlives_silence(limited: SimulatorProcess) -> None:
    with subscribed(limited, "ticker", "BTC-USD", also=("heartbeats",)) as talk:
        talk.hear(), talk.hear(), talk.hear()
        limited.set_rules(hurry=1000)
        with pytest.raises(TimeoutError):
            talk.hear(0.3)
        talk.say({"type": "unsubscribe", "channel": "ticker"})
        assert talk.hear()["channel"] == "subscriptions"
