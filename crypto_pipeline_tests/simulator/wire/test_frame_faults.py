"""Each fault of a websocket over a real one, as often as its rule says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import Talk
from crypto_pipeline_tests.simulator.wire.hosting import Hosting, ParrotHost, hosting


@pytest.fixture(scope="module")
def shared() -> Iterator[Hosting]:
    with hosting(ParrotHost()) as running:
        yield running


@pytest.fixture
def host(shared: Hosting) -> Hosting:
    shared.book.replace([])
    return shared


def numbers(talk: Talk, asked: Mapping[str, object]) -> list[Any]:
    """The numbers of the data frames that come for a request, text where one is no JSON."""
    talk.say(asked)
    talk.say("done")
    heard = talk.hear_until(lambda said: said == "done")[:-1]
    return [said[2] if isinstance(said, list) else said for said in heard if said != "welcome"]


@pytest.mark.parametrize(
    ("rule", "sent"),
    [
        ({"kind": "drop_frame", "times": 1, "after": 1}, [0, 2, 3]),
        ({"kind": "drop_frame", "rate": 0.5}, [0, 2]),
        ({"kind": "duplicate_frame", "times": 1}, [0, 0, 1, 2, 3]),
        ({"kind": "reorder_frames", "times": 1, "after": 1}, [0, 2, 1, 3]),
        ({"kind": "reorder_frames"}, [1, 0, 3, 2]),
        ({"kind": "malformed_frame", "times": 1}, ['["trades", "', 1, 2, 3]),
        ({"kind": "sequence_gap", "times": 1}, [0, 1, 2, 3]),
        ({"kind": "symbol_silent", "symbol": "btcusdt"}, []),
        ({"kind": "symbol_silent", "symbol": "ETHUSDT"}, [0, 1, 2, 3]),
        ({"kind": "drop_frame", "channel": "^depth"}, [0, 1, 2, 3]),
        ({"kind": "drop_frame", "path": "/other"}, [0, 1, 2, 3]),
        ({"kind": "drop_frame", "exchange": "okx"}, [0, 1, 2, 3]),
        ({"kind": "drop_frame", "exchange": "bybit"}, []),
        ({"kind": "drop_frame", "start": "2025-02-10T12:00:00Z"}, []),
        ({"kind": "drop_frame", "end": "2025-02-10T12:00:00Z"}, [0, 1, 2, 3]),
    ],
)
def test_rule_given_four_frames_spoils_those_it_says(
    host: Hosting, rule: dict[str, object], sent: list[object]
) -> None:
    host.fault(**rule)

    with host.socket() as talk:
        assert numbers(talk, {"send": 4}) == sent


def test_sequence_gap_given_a_book_leaves_out_one_frame(host: Hosting) -> None:
    host.fault(kind="sequence_gap", times=1, after=2)

    with host.socket() as talk:
        assert numbers(talk, {"send": 4, "channel": "orderbook.50"}) == [0, 1, 3]


def test_close_given_frames_to_let_through_closes_after_them(host: Hosting) -> None:
    host.fault(kind="close", code=1012, reason="restart", channel="trades", after=2)

    with host.socket() as talk:
        talk.hear()
        talk.say({"send": 4})

        assert [talk.hear()[2], talk.hear()[2]] == [0, 1]
        assert talk.ended() == (1012, "restart")


def test_close_given_a_rate_waits_for_frames(host: Hosting) -> None:
    host.fault(kind="close", code=1012, rate=0.5)

    with host.socket() as talk:
        assert talk.hear() == "welcome"
        with pytest.raises(TimeoutError):
            talk.hear(0.3)
        talk.say({"send": 4})

        assert talk.ended() == (1012, "")
    assert (host.book.rules[0].met, host.book.rules[0].struck) == (2, 1)


def test_close_given_an_open_connection_closes_it_at_once(host: Hosting) -> None:
    with host.socket() as talk:
        talk.hear()
        host.fault(kind="close", code=1001, times=1)

        assert talk.ended() == (1001, "")
    with host.socket() as talk:
        assert talk.hear() == "welcome"


def test_close_given_1006_cuts_the_connection_without_a_close_frame(host: Hosting) -> None:
    with host.socket() as talk:
        host.fault(kind="close", code=1006)

        assert talk.ended() == (1006, "")


def test_silence_given_a_connection_sends_nothing_until_it_ends(host: Hosting) -> None:
    with host.socket() as talk:
        talk.hear()
        host.fault(kind="silence")
        talk.say("unheard")
        pong = talk.connection.ping()
        with pytest.raises(TimeoutError):
            talk.hear(0.3)
        host.book.replace([])
        talk.say("heard")

        assert talk.hear() == "heard"
        assert not pong.is_set()


def test_silence_given_times_counts_connections(host: Hosting) -> None:
    host.fault(kind="silence", times=1)
    with host.socket() as silent, host.socket() as spoken:
        assert spoken.hear() == "welcome"
        with pytest.raises(TimeoutError):
            silent.hear(0.2)


@pytest.mark.parametrize(
    ("kind", "asked", "struck"),
    [
        ("refuse_subscription", "refuse_subscription", True),
        ("ack_without_data", "refuse_subscription", False),
        ("wrong_book_checksum", "wrong_book_checksum", True),
        ("shutdown_notice", "shutdown_notice", True),
        ("book_reset", "book_reset", True),
    ],
)
def test_speech_given_a_conversation_that_asks_strikes_by_name(
    host: Hosting, kind: str, asked: str, struck: bool
) -> None:
    host.fault(kind=kind, channel="^books", symbol="BTC-USDT", times=1)
    question = {"fault": asked, "channel": "books", "symbol": "BTC-USDT"}
    with host.socket() as talk:
        assert numbers(talk, question) == [struck]
        assert numbers(talk, question) == [False]
