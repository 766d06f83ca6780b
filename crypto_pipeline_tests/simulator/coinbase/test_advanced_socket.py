"""Advanced Trade's websocket: subscribing, what each channel delivers, one row of numbers."""

from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.coinbase.asking import (
    ADVANCED_SOCKET,
    advanced,
    go_on,
    is_ack,
    subscribed,
)


def events(message: Any) -> Any:
    return message["events"][0]


def test_subscription_given_level2_is_acknowledged_after_the_snapshot(
    coinbase: SimulatorProcess,
) -> None:
    with subscribed(coinbase, "level2", "BTC-USD") as talk:
        snapshot, ack = talk.hear(), talk.hear()
    assert (snapshot["channel"], snapshot["sequence_num"]) == ("l2_data", 0)
    assert len(events(snapshot)["updates"]) == 20_000
    assert (ack["channel"], ack["sequence_num"]) == ("subscriptions", 1)
    assert events(ack) == {"subscriptions": {"level2": ["BTC-USD"]}}


def test_snapshot_given_btc_is_megabytes_in_one_frame(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "level2", "BTC-USD") as talk:
        assert len(talk.connection.recv(timeout=10)) > 1_500_000


def test_sequence_given_many_channels_counts_every_message(coinbase: SimulatorProcess) -> None:
    channels = ("market_trades", "ticker", "heartbeats", "level2", "candles")
    with subscribed(coinbase, channels[0], "ENJ-USD", also=channels[1:]) as talk:
        heard = [talk.hear() for _ in range(9)]
        go_on(coinbase, 3)
        heard += talk.hear_until(lambda message: message["channel"] == "heartbeats")
    assert [message["sequence_num"] for message in heard] == list(range(len(heard)))


def test_book_given_snapshot_and_updates_is_the_one_of_rest(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "level2", "ETH-USD", also=("heartbeats",)) as talk:
        snapshot = talk.hear_until(is_ack)[0]
        go_on(coinbase, 20)
        updates = [
            message
            for message in talk.hear_until(lambda m: m["timestamp"] == "2025-02-10T12:34:50Z")
            if message["channel"] == "l2_data"
        ]
    levels = {(u["side"], u["price_level"]): u["new_quantity"] for u in events(snapshot)["updates"]}
    for update in updates:
        assert events(update)["type"] == "update"
        for change in events(update)["updates"]:
            levels[change["side"], change["price_level"]] = change["new_quantity"]
    asked = {"product_id": "ETH-USD", "limit": 1000}
    book = advanced(coinbase, "/product_book", **asked)["pricebook"]
    for side, name, best in (("bid", "bids", -1), ("offer", "asks", 1)):
        held = [(p, q) for (s, p), q in levels.items() if s == side and q != "0"]
        held.sort(key=lambda level: best * float(level[0]))
        told = [(level["price"], level["size"]) for level in book[name]]
        assert held[: len(told)] == told
        assert len(held) == 10_000


def test_trades_given_a_subscription_are_those_of_rest(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "market_trades", "ETH-USD", also=("heartbeats",)) as talk:
        heard = [talk.hear(), talk.hear(), talk.hear()]
        go_on(coinbase, 30)
        heard += talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:35:00Z")
    batches = [events(m) for m in heard if m["channel"] == "market_trades"]
    assert [batch["type"] for batch in batches] == ["snapshot"] + ["update"] * (len(batches) - 1)
    told = [trade for batch in batches for trade in reversed(batch["trades"])]
    rest = advanced(coinbase, "/products/ETH-USD/ticker", limit=100)["trades"]
    newest = [{**trade} for trade in reversed(rest)]
    for trade in newest:
        for only_rest in ("bid", "ask", "exchange"):
            del trade[only_rest]
    assert told[-100:] == newest
    ids = [int(trade["trade_id"]) for trade in told]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_trades_given_a_quarter_of_a_second_come_in_one_message(
    coinbase: SimulatorProcess,
) -> None:
    with subscribed(coinbase, "market_trades", "BTC-USD", also=("heartbeats",)) as talk:
        talk.hear(), talk.hear(), talk.hear()
        go_on(coinbase, 60)
        heard = talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:35:30Z")
    at = [m["timestamp"] for m in heard if m["channel"] == "market_trades"]
    assert len(at) > 1
    assert len(at) == len(set(at))
    assert all(int((time[20:-1] or "0").ljust(9, "0")) % 250_000_000 < 1_000 for time in at)


def test_heartbeats_given_seconds_count_up(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "heartbeats") as talk:
        assert events(talk.hear()) == {"subscriptions": {"heartbeats": ["heartbeats"]}}
        go_on(coinbase, 5)
        counts = [events(talk.hear())["heartbeat_counter"] for _ in range(5)]
    assert counts == list(range(counts[0], counts[0] + 5))


def test_candles_given_a_new_bucket_tell_the_last_state_of_the_old(
    coinbase: SimulatorProcess,
) -> None:
    with subscribed(coinbase, "candles", "BTC-USD") as talk:
        talk.hear_until(is_ack)
        go_on(coinbase, 40)
        heard = talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:35:10Z")
    last = {candle["start"]: candle for m in heard for candle in reversed(events(m)["candles"])}
    asked = {"granularity": "FIVE_MINUTE", "start": 1_739_190_600, "end": 1_739_190_900}
    rest = advanced(coinbase, "/products/BTC-USD/candles", **asked)["candles"]
    assert [last[row["start"]] | row for row in rest] == [last[row["start"]] for row in rest]
    assert len(rest) == 2


def test_ticker_given_a_trade_follows_it_and_the_batch_waits(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "ticker", "ETH-USD", also=("ticker_batch",)) as talk:
        first = [talk.hear() for _ in range(4)]
        go_on(coinbase, 30)
        heard = talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:35:00Z")
    assert events(first[0])["type"] == "snapshot"
    assert "best_bid" in events(first[0])["tickers"][0]
    batches = [m for m in heard if m["channel"] == "ticker_batch"]
    assert 0 < len(batches) <= 6
    assert all("best_bid" not in events(m)["tickers"][0] for m in batches)
    newest = advanced(coinbase, "/products/ETH-USD/ticker", limit=1)["trades"][0]
    assert events(batches[-1])["tickers"][0]["price"] == newest["price"]


def test_status_given_a_product_describes_it(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "status", "BTC-USD") as talk:
        told = events(talk.hear())["products"][0]
    assert (told["id"], told["product_type"], told["status"]) == ("BTC-USD", "SPOT", "online")


def test_subscription_given_usdc_is_one_to_usd(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "market_trades", "BTC-USDC") as talk:
        trades, ack = talk.hear(), talk.hear()
    assert events(trades)["trades"][0]["product_id"] == "BTC-USD"
    assert events(ack)["subscriptions"] == {"market_trades": ["BTC-USD"]}


def test_subscription_given_legacy_key_fields_is_taken(coinbase: SimulatorProcess) -> None:
    legacy = {"api_key": "k", "timestamp": "1", "signature": "s"}
    asked = {"type": "subscribe", "product_ids": ["BTC-USD"], "channel": "market_trades"}
    with coinbase.socket(ADVANCED_SOCKET) as talk:
        talk.say({**asked, **legacy})
        assert talk.hear()["channel"] == "market_trades"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"channel": "user"}, "authentication failure"),
        ({"channel": "futures_balance_summary", "jwt": "x"}, "authentication failure"),
        ({"channel": "heartbeat", "product_ids": ["BTC-USD"]}, "channel is not valid"),
        ({"channel": "level2", "product_ids": ["NO-USD"]}, "NO-USD is not a valid product"),
        ({"channel": "level2"}, "no product_ids provided"),
        ({"channel": "level2", "product_ids": [7]}, "product_ids has to be a list of product ids"),
        ({"channel": ["level2"]}, "channel is not valid"),
        ({}, "channel is not valid"),
    ],
)
def test_subscription_given_what_there_is_not_is_an_error(
    coinbase: SimulatorProcess, asked: dict[str, object], said: str
) -> None:
    with coinbase.socket(ADVANCED_SOCKET) as talk:
        talk.say({"type": "subscribe", **asked})
        assert talk.hear() == {"type": "error", "message": said}


@pytest.mark.parametrize("said", ["", "{", "7", "[]", '{"type":7}', "\x00", '{"type":"user"}'])
def test_message_given_nonsense_is_an_error_and_the_connection_stays(
    coinbase: SimulatorProcess, said: str
) -> None:
    with coinbase.socket(ADVANCED_SOCKET) as talk:
        talk.say(said)
        assert talk.hear()["type"] == "error"
        talk.say({"type": "subscribe", "channel": "heartbeats"})
        assert is_ack(talk.hear())


def test_unsubscription_given_one_product_leaves_the_others(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "ticker", "BTC-USD", "ETH-USD", also=("heartbeats",)) as talk:
        talk.hear_until(is_ack), talk.hear_until(is_ack)
        talk.say({"type": "unsubscribe", "channel": "ticker", "product_ids": ["ETH-USD"]})
        held = events(talk.hear())["subscriptions"]
        talk.say({"type": "unsubscribe", "channel": "ticker"})
        left = events(talk.hear())["subscriptions"]
        go_on(coinbase, 30)
        heard = talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:35:00Z")
    assert held == {"ticker": ["BTC-USD"], "heartbeats": ["heartbeats"]}
    assert left == {"heartbeats": ["heartbeats"]}
    assert {message["channel"] for message in heard} == {"heartbeats"}


def test_subscription_given_twice_delivers_once(coinbase: SimulatorProcess) -> None:
    with subscribed(coinbase, "market_trades", "BTC-USD", also=("market_trades",)) as talk:
        assert [talk.hear()["channel"] for _ in range(3)] == [
            "market_trades",
            "subscriptions",
            "subscriptions",
        ]


def test_subscription_given_a_fault_is_refused(coinbase: SimulatorProcess) -> None:
    coinbase.post_faults([{"kind": "refuse_subscription", "times": 1}])
    with subscribed(coinbase, "ticker", "BTC-USD", also=("ticker",)) as talk:
        assert talk.hear()["type"] == "error"
        assert talk.hear()["channel"] == "ticker"


def test_subscription_given_a_fault_is_acknowledged_without_data(
    coinbase: SimulatorProcess,
) -> None:
    coinbase.post_faults([{"kind": "ack_without_data", "channel": "ticker"}])
    with subscribed(coinbase, "ticker", "BTC-USD", also=("heartbeats",)) as talk:
        assert is_ack(talk.hear())
        assert is_ack(talk.hear())
        go_on(coinbase, 20)
        heard = talk.hear_until(lambda message: message["timestamp"] == "2025-02-10T12:34:50Z")
    assert {message["channel"] for message in heard} == {"heartbeats"}
