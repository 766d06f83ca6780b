"""Exchange's websocket: subscribing, and what each channel delivers."""

from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, Talk
from crypto_pipeline_tests.simulator.coinbase.asking import (
    EXCHANGE_SOCKET,
    exchange,
    fed,
    go_on,
    is_ack,
)

LAST_BEAT = "2025-02-10T12:35:00.000000Z"


def heard_for_30_seconds(simulator: SimulatorProcess, talk: Talk, kind: str) -> list[Any]:
    """The messages of a kind in the 30 seconds after NOW; `heartbeat` has to be subscribed."""
    go_on(simulator, 30)
    heard = talk.hear_until(lambda m: (m["type"], m.get("time")) == ("heartbeat", LAST_BEAT))
    return [message for message in heard if message["type"] == kind]


def test_subscription_given_batches_echoes_their_new_names(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "level2_batch", "ticker_batch", "matches") as talk:
        channels = talk.hear()["channels"]
    assert channels == [
        {"name": name, "product_ids": ["BTC-USD"], "account_ids": None}
        for name in ("level2_50", "ticker_1000", "matches")
    ]


def test_subscription_given_objects_takes_each_ones_products(coinbase: SimulatorProcess) -> None:
    channels = [{"name": "matches", "product_ids": ["ETH-USD"]}, "heartbeat"]
    with fed(coinbase, *channels, products=["BTC-USD", "ETH-USD"]) as talk:
        told = {row["name"]: row["product_ids"] for row in talk.hear()["channels"]}
    assert told == {"matches": ["ETH-USD"], "heartbeat": ["BTC-USD", "ETH-USD"]}


def test_acknowledgement_given_a_second_subscription_names_both(
    coinbase: SimulatorProcess,
) -> None:
    with fed(coinbase, "heartbeat") as talk:
        talk.hear()
        talk.say({"type": "subscribe", "channels": [{"name": "status"}]})
        names = [row["name"] for row in talk.hear()["channels"]]
        assert talk.hear()["type"] == "status"
    assert names == ["heartbeat", "status"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "No channels provided"),
        ({"channels": []}, "No channels provided"),
        ({"channels": ["matches"]}, "You need to specify at least one product ID"),
        ({"channels": ["nothing"], "product_ids": ["BTC-USD"]}, "nothing is not a valid channel"),
        ({"channels": ["matches"], "product_ids": ["NO-USD"]}, "NO-USD is not a valid product"),
        ({"channels": ["level2"], "product_ids": ["BTC-USD"]}, "require authentication"),
        ({"channels": ["full", "matches"], "product_ids": ["BTC-USD"]}, "require authentication"),
        ({"channels": [7], "product_ids": ["BTC-USD"]}, "Channels have to be names"),
        ({"channels": ["matches"], "product_ids": "BTC-USD"}, "product_ids has to be a list"),
    ],
)
def test_subscription_given_what_there_is_not_is_refused_as_a_whole(
    coinbase: SimulatorProcess, asked: dict[str, object], reason: str
) -> None:
    with coinbase.socket(EXCHANGE_SOCKET) as talk:
        talk.say({"type": "subscribe", **asked})
        told = talk.hear()
        talk.say({"type": "subscribe", "channels": ["status"]})
        held = talk.hear()["channels"]
    assert (told["type"], told["message"]) == ("error", "Failed to subscribe")
    assert reason in told["reason"]
    assert [row["name"] for row in held] == ["status"]


@pytest.mark.parametrize("said", ["", "{", "7", "[]", '{"type":7}', "\x00", '{"type":"user"}'])
def test_message_given_nonsense_is_an_error_and_the_connection_stays(
    coinbase: SimulatorProcess, said: str
) -> None:
    with coinbase.socket(EXCHANGE_SOCKET) as talk:
        talk.say(said)
        assert talk.hear()["type"] == "error"
        talk.say({"type": "subscribe", "channels": ["status"]})
        assert is_ack(talk.hear())


def test_subscription_given_half_a_character_is_refused(coinbase: SimulatorProcess) -> None:
    with coinbase.socket(EXCHANGE_SOCKET) as talk:
        talk.say('{"type":"subscribe","channels":["matches"],"product_ids":["\\ud800"]}')
        assert talk.hear()["reason"] == "? is not a valid product"


def test_matches_given_a_subscription_are_the_last_and_then_each(
    coinbase: SimulatorProcess,
) -> None:
    with fed(coinbase, "matches", "heartbeat", products=["ETH-USD"]) as talk:
        last = talk.hear_until(lambda message: message["type"] == "last_match")[-1]
        told = heard_for_30_seconds(coinbase, talk, "match")
    newest = exchange(coinbase, "/products/ETH-USD/trades", before=last["trade_id"])
    assert len(told) == len(newest) > 1
    kept = ("trade_id", "side", "size", "price", "time")
    assert [{name: m[name] for name in kept} for m in told] == newest[::-1]
    sequences = [last["sequence"], *(message["sequence"] for message in told)]
    assert sequences == sorted(set(sequences))


def test_heartbeat_given_seconds_names_the_newest_trade(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "heartbeat") as talk:
        talk.hear()
        beats = heard_for_30_seconds(coinbase, talk, "heartbeat")
    newest = exchange(coinbase, "/products/BTC-USD/trades", limit=1)[0]
    assert len(beats) == 30
    assert beats[-1]["last_trade_id"] == newest["trade_id"]


def test_book_given_snapshot_and_updates_is_the_one_of_rest(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "level2_batch", "heartbeat", products=["SOL-USD"]) as talk:
        snapshot = talk.hear_until(lambda message: message["type"] == "snapshot")[-1]
        updates = heard_for_30_seconds(coinbase, talk, "l2update")
    book = {"buy": dict(snapshot["bids"]), "sell": dict(snapshot["asks"])}
    for update in updates:
        for side, price, size in update["changes"]:
            book[side][price] = size
            if size == "0.00000000":
                del book[side][price]
    rest = exchange(coinbase, "/products/SOL-USD/book", level=2)
    for side, levels in (("buy", rest["bids"]), ("sell", rest["asks"])):
        assert {price: float(size) for price, size in book[side].items()} == {
            price: float(size) for price, size, _ in levels
        }


def test_ticker_given_a_taker_order_tells_it_once_with_the_takers_side(
    coinbase: SimulatorProcess,
) -> None:
    with fed(coinbase, "ticker", "matches", "heartbeat", products=["ETH-USD"]) as talk:
        talk.hear_until(lambda message: message["type"] == "last_match")
        go_on(coinbase, 30)
        ends = ("heartbeat", LAST_BEAT)
        heard = talk.hear_until(lambda m: (m["type"], m.get("time")) == ends)
    tickers = [message for message in heard if message["type"] == "ticker"]
    sides = {m["trade_id"]: m["side"] for m in heard if m["type"] == "match"}
    orders = {m["taker_order_id"] for m in heard if m["type"] == "match"}
    assert len(tickers) == len(orders)
    assert all({t["side"], sides[t["trade_id"]]} == {"buy", "sell"} for t in tickers)


def test_ticker_batch_given_30_seconds_comes_every_fifth(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "ticker_batch", "heartbeat", products=["ETH-USD"]) as talk:
        talk.hear(), talk.hear()
        assert 1 <= len(heard_for_30_seconds(coinbase, talk, "ticker")) <= 6


def test_status_given_a_subscription_lists_products_and_currencies(
    coinbase: SimulatorProcess,
) -> None:
    with fed(coinbase, "status") as talk:
        talk.hear()
        told = talk.hear()
    assert told["products"][0]["id"] == "BTC-USD"
    assert "USD" in {row["id"] for row in told["currencies"]}


def test_auctions_given_a_subscription_are_silent(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "auctionfeed", "heartbeat") as talk:
        talk.hear()
        assert heard_for_30_seconds(coinbase, talk, "auction") == []


def test_unsubscription_given_a_channel_ends_it(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "matches", "heartbeat") as talk:
        talk.hear(), talk.hear()
        talk.say({"type": "unsubscribe", "channels": ["matches"]})
        held = talk.hear()["channels"]
        assert heard_for_30_seconds(coinbase, talk, "match") == []
    assert [row["name"] for row in held] == ["heartbeat"]


def test_unsubscription_given_an_object_ends_its_products(coinbase: SimulatorProcess) -> None:
    with fed(coinbase, "heartbeat", products=["BTC-USD", "ETH-USD"]) as talk:
        talk.hear()
        ended = {"name": "heartbeat", "product_ids": ["BTC-USD"]}
        talk.say({"type": "unsubscribe", "channels": [ended]})
        assert talk.hear()["channels"][0]["product_ids"] == ["ETH-USD"]


def test_subscription_given_a_fault_is_refused(coinbase: SimulatorProcess) -> None:
    coinbase.post_faults([{"kind": "refuse_subscription", "channel": "matches", "times": 1}])
    with fed(coinbase, "matches") as talk:
        assert talk.hear()["message"] == "Failed to subscribe"


def test_subscription_given_a_fault_is_acknowledged_without_data(
    coinbase: SimulatorProcess,
) -> None:
    coinbase.post_faults([{"kind": "ack_without_data", "channel": "matches"}])
    with fed(coinbase, "matches", "heartbeat") as talk:
        assert is_ack(talk.hear())
        assert heard_for_30_seconds(coinbase, talk, "match") == []
