"""OKX's websockets: requests, acks, errors, keep-alive, limits, faults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import Talk
from crypto_pipeline_tests.simulator.okx.asking import (
    BTC,
    NOW_MS,
    SOCKETS,
    SWAP,
    Okx,
    argument,
    iso,
    subscribe,
)


def _event(talk: Talk) -> Any:
    """The next message that is no data."""
    return talk.hear_until(lambda message: isinstance(message, dict) and "event" in message)[-1]


def test_ping_given_text_is_answered_in_text(okx: Okx) -> None:
    with okx.talk() as talk:
        talk.say("ping")
        assert talk.hear() == "pong"


def test_subscribe_given_several_arguments_acks_each_before_any_data(okx: Okx) -> None:
    with okx.talk() as talk:
        subscribe(talk, "trades", "tickers", "books5", BTC)
        acks = [talk.hear() for _ in range(3)]
        assert [ack["arg"] for ack in acks] == [
            argument(name, BTC) for name in ("trades", "tickers", "books5")
        ]
        assert {ack["event"] for ack in acks} == {"subscribe"}
        assert len({ack["connId"] for ack in acks}) == 1
        assert [talk.hear()["arg"]["channel"] for _ in range(3)] == ["trades", "tickers", "books5"]


def test_subscribe_given_an_id_echoes_it(okx: Okx) -> None:
    with okx.talk() as talk:
        talk.say({"id": "Ab1", "op": "subscribe", "args": [argument("trades"), argument("nope")]})
        assert [talk.hear()["id"] for _ in range(2)] == ["Ab1", "Ab1"]


def test_subscribe_given_an_empty_id_or_a_number_has_none_in_the_ack(okx: Okx) -> None:
    with okx.talk() as talk:
        talk.say({"id": 7, "op": "subscribe", "args": [argument("trades")]})
        assert "id" not in talk.hear()


def test_subscribe_given_a_held_channel_is_acked_without_a_second_snapshot(okx: Okx) -> None:
    with okx.channel("books") as talk:
        talk.hear()
        subscribe(talk, "books", SWAP)
        assert talk.hear()["event"] == "subscribe"
        talk.say("ping")
        assert talk.hear() == "pong"


def test_unsubscribe_given_a_held_channel_ends_its_data(okx: Okx) -> None:
    with okx.channel("books") as talk:
        talk.hear()
        subscribe(talk, "books", SWAP, op="unsubscribe")
        assert talk.hear()["event"] == "unsubscribe"
        okx.process.set_clock(iso(NOW_MS + 2000))
        talk.say("ping")
        assert talk.hear() == "pong"


@pytest.mark.parametrize(
    ("base", "channel", "key"),
    [
        ("public", "candle1m", BTC),
        ("public", "trades-all", BTC),
        ("business", "trades", BTC),
        ("business", "books", BTC),
        ("business", "candle7m", BTC),
        ("business", "index-candle1m", SWAP),
        ("public", "trades", "NO-SUCH"),
        ("public", "funding-rate", BTC),
        ("public", "instruments", "BOND"),
    ],
)
def test_subscribe_given_a_channel_of_another_path_or_none_is_60018(
    okx: Okx, base: str, channel: str, key: str
) -> None:
    with okx.talk(base) as talk:
        subscribe(talk, channel, key)
        error = talk.hear()
    assert (error["event"], error["code"]) == ("error", "60018")
    named = ",".join(f"{name}:{value}" for name, value in argument(channel, key).items())
    assert error["msg"].startswith(f"Subscribe failed, wrong URL or {named} doesn't exist.")


@pytest.mark.parametrize("channel", ["books-l2-tbt", "books50-l2-tbt"])
def test_subscribe_given_a_channel_of_members_is_64003(okx: Okx, channel: str) -> None:
    with okx.talk() as talk:
        subscribe(talk, channel, BTC)
        assert talk.hear()["code"] == "64003"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "60012"),
        ("{", "60012"),
        ("[1]", "60012"),
        ("[" * 3000, "60012"),
        ('{"op":7}', "60012"),
        ('{"op":"subscribe"}', "60012"),
        ('{"op":"subscribe","args":{}}', "60013"),
        ('{"op":"subscribe","args":[]}', "60013"),
        ('{"op":"subscribe","args":["trades:BTC-USDT"]}', "60013"),
        ('{"op":"subscribe","args":[{"channel":[]}]}', "60013"),
        ('{"op":"subscribe","args":[{"channel":"trades","instId":{"a":1}}]}', "60013"),
        (
            '{"op":"subscribe","args":[{"channel":"trades","x":' + "[" * 100 + "]" * 100 + "}]}",
            "60013",
        ),
        ('{"op":"\\ud800"}', "60019"),
        ('{"id":"\\ud800","op":"subscribe","args":[{"channel":"\\ud800"}]}', "60018"),
        ('{"op":"dance","args":[]}', "60019"),
        ('{"op":"login","args":[]}', "60005"),
    ],
)
def test_a_request_given_nonsense_gets_an_error_and_the_connection_lives(
    okx: Okx, message: str, code: str
) -> None:
    with okx.talk() as talk:
        talk.say(message)
        error = talk.hear()
        assert (error["event"], error["code"]) == ("error", code)
        talk.say("ping")
        assert talk.hear() == "pong"


def test_a_request_given_bytes_is_read_as_text(okx: Okx) -> None:
    with okx.talk() as talk:
        talk.connection.send(b"\xff\xfe")
        assert talk.hear()["code"] == "60012"
        talk.connection.send(json.dumps({"op": "subscribe", "args": [argument("trades")]}).encode())
        assert talk.hear()["event"] == "subscribe"


def test_a_handshake_given_another_path_is_404(okx: Okx) -> None:
    with pytest.raises(InvalidStatus) as refused, okx.talk("private"):
        pass
    assert refused.value.response.status_code == 404


def test_connects_given_four_within_a_second_refuse_the_fourth(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=0.01)
    for _ in range(3):
        with okx.talk():
            pass
    with pytest.raises(InvalidStatus) as refused, okx.talk():
        pass
    assert refused.value.response.status_code == 429
    okx.process.set_rules(hurry=10_000.0)
    with okx.talk() as talk:
        talk.say("ping")
        assert talk.hear() == "pong"


def test_a_connection_given_half_a_minute_of_silence_is_closed(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=100.0)
    with okx.talk() as talk:
        assert talk.ended() == (4004, "No data received in 30s")


def test_a_connection_given_pings_outlives_half_a_minute(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=100.0)
    with okx.talk() as talk:
        for _ in range(20):
            talk.say("ping")
            assert talk.hear() == "pong"
            with pytest.raises(TimeoutError):
                talk.hear(0.02)


def test_requests_given_481_of_an_hour_refuse_the_last(okx: Okx) -> None:
    okx.process.set_rules(limits=True, hurry=0.01)
    with okx.talk() as talk:
        for _ in range(481):
            talk.say({"op": "unsubscribe", "args": [argument("trades")]})
        answers = [talk.hear() for _ in range(481)]
    assert {answer["event"] for answer in answers[:480]} == {"unsubscribe"}
    assert answers[480]["code"] == "60014"


def test_a_message_given_more_than_64_kb_closes_the_connection(okx: Okx) -> None:
    okx.process.set_rules(limits=True)
    with okx.talk() as talk:
        talk.say(" " * 70_000)
        assert talk.ended()[0] == 1009


def test_arguments_given_more_than_64_kb_together_close_the_connection(okx: Okx) -> None:
    okx.process.set_rules(limits=True)
    with okx.talk() as talk:
        for channel in ("trades", "tickers", "books5"):
            long = {**argument(channel), "extra": "x" * 30_000}
            talk.say({"op": "subscribe", "args": [long]})
        assert talk.ended()[0] == 4009


def test_fault_given_a_refused_subscription_is_60018(okx: Okx) -> None:
    okx.process.post_faults([{"kind": "refuse_subscription", "channel": "trades"}])
    with okx.talk() as talk:
        subscribe(talk, "trades", "tickers", BTC)
        assert [_event(talk).get("code") for _ in range(2)] == ["60018", None]


def test_fault_given_an_ack_without_data_stays_silent(okx: Okx) -> None:
    okx.process.post_faults([{"kind": "ack_without_data", "channel": "books"}])
    with okx.channel("books") as talk:
        okx.process.set_clock(iso(NOW_MS + 2000))
        talk.say("ping")
        assert talk.hear() == "pong"


def test_fault_given_a_shutdown_notice_closes_a_minute_later(okx: Okx) -> None:
    okx.process.set_rules(limits=False, hurry=200.0)
    with okx.channel("tickers") as talk:
        okx.process.post_faults([{"kind": "shutdown_notice", "times": 1}])
        notice = _event(talk)
        assert (notice["event"], notice["code"]) == ("notice", "64008")
        assert talk.ended()[0] == 1001


def test_compression_given_a_client_that_offers_it_is_accepted(okx: Okx) -> None:
    with okx.process.socket(SOCKETS, "/ws/v5/public", compression="deflate") as talk:
        handshake = talk.connection.response
        assert handshake is not None
        assert "permessage-deflate" in handshake.headers["Sec-WebSocket-Extensions"]
        subscribe(talk, "books", BTC)
        talk.hear()
        assert len(talk.hear()["data"][0]["asks"]) == 400


def test_instruments_given_a_subscription_are_all_and_then_changes(okx: Okx) -> None:
    listed_at = 1_690_189_200_000
    okx.process.set_clock(iso(listed_at - 1000))
    with okx.channel("instruments", "SPOT") as talk:
        before = talk.hear()["data"]
        okx.process.set_clock(iso(listed_at + 1000))
        (row,) = talk.hear()["data"]
    assert "WLD-USDT" not in {each["instId"] for each in before}
    assert (row["instId"], row["state"]) == ("WLD-USDT", "live")


def test_status_given_an_outage_tells_its_begin_and_its_end(okx: Okx) -> None:
    begin = 1_671_332_400_000
    okx.process.set_clock(iso(begin - 1000))
    with okx.talk() as talk:
        talk.say({"op": "subscribe", "args": [{"channel": "status"}]})
        assert talk.hear()["arg"] == {"channel": "status"}
        okx.process.set_clock(iso(begin))
        (row,) = talk.hear()["data"]
    assert (row["state"], row["ts"]) == ("ongoing", str(begin))
