"""What Bybit's websockets say beside data: acks, refusals, pongs, limits, the end."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.talking import HOST, Message, subscription, talking

TRADES = "publicTrade.BTCUSDT"
NOT_FOUND = "error:handler not found,topic:"


def answers(running: SimulatorProcess, path: str, *requests: object) -> list[Message]:
    """The message that follows each request; `conn_id` left out of it."""
    found: list[Message] = []
    with talking(running, path) as talk:
        for request in requests:
            talk.say(request)
            heard = talk.hear()
            found.append({key: heard[key] for key in heard if key != "conn_id"})
    return found


def refused(message: str, op: str = "subscribe", **keys: object) -> Message:
    return {"success": False, "ret_msg": message, "req_id": "", "op": op, **keys}


def test_acks_are_each_categorys_own(synthetic: SimulatorProcess) -> None:
    asked = subscription(TRADES, req_id="t1")
    [spot], [linear] = answers(synthetic, "spot", asked), answers(synthetic, "linear", asked)

    assert spot == {"success": True, "ret_msg": "subscribe", "req_id": "t1", "op": "subscribe"}
    assert linear == {"success": True, "ret_msg": "", "req_id": "t1", "op": "subscribe"}


def test_acks_given_no_req_id_leave_it_out_on_spot(synthetic: SimulatorProcess) -> None:
    [spot], [linear] = (
        answers(synthetic, name, subscription(TRADES)) for name in ("spot", "linear")
    )

    assert "req_id" not in spot
    assert linear["req_id"] == ""


@pytest.mark.parametrize("number", [7, "7", "a b", 1.5, True])
def test_a_req_id_is_echoed_unchanged(synthetic: SimulatorProcess, number: object) -> None:
    [ack, pong] = answers(
        synthetic,
        "linear",
        subscription(TRADES, req_id=number, callerMethodName="watchTrades"),
        {"op": "ping", "req_id": number},
    )

    assert (ack["success"], ack["req_id"], pong["req_id"]) == (True, number, number)


def test_pongs_are_each_categorys_own(synthetic: SimulatorProcess) -> None:
    pong = {"success": True, "ret_msg": "pong", "op": "ping"}
    [option] = answers(synthetic, "option", {"op": "ping"})

    assert answers(synthetic, "spot", {"op": "ping"}) == [pong]
    assert answers(synthetic, "linear", {"op": "ping"}) == [{**pong, "req_id": ""}]
    assert option["op"] == "pong"
    assert option["args"] == ["1739190870000"]


@pytest.mark.parametrize(
    "topic",
    [
        "publicTrade.NOPEUSDT",
        "publicTrade.btcusdt",
        "publicTrade",
        "nope.BTCUSDT",
        "orderbook.30.BTCUSDT",
        "orderbook.500.BTCUSDT",
        "orderbook.full.BTCUSDT",
        "kline.7.BTCUSDT",
        "",
        "order",
    ],
)
def test_a_topic_that_is_none_is_refused(synthetic: SimulatorProcess, topic: str) -> None:
    assert answers(synthetic, "linear", subscription(topic)) == [refused(NOT_FOUND + topic)]


def test_one_bad_topic_refuses_the_whole_request(synthetic: SimulatorProcess) -> None:
    bad = "publicTrade.NOPEUSDT"
    first, second = answers(
        synthetic, "linear", subscription(TRADES, bad, req_id="a"), subscription(TRADES)
    )

    assert first == refused(NOT_FOUND + bad, req_id="a")
    assert second["success"] is True


def test_a_topic_twice_is_refused_and_the_first_stays(synthetic: SimulatorProcess) -> None:
    again = f"error:already subscribed,topic:{TRADES}"
    ack, *repeated = answers(
        synthetic,
        "linear",
        subscription(TRADES),
        subscription(TRADES),
        subscription("tickers.X", TRADES),
    )

    assert ack["success"] is True
    assert repeated == [refused(again), refused(f"{NOT_FOUND}tickers.X")]
    assert answers(synthetic, "linear", subscription(TRADES, TRADES)) == [refused(again)]


def test_unsubscribed_topics_can_be_had_again(synthetic: SimulatorProcess) -> None:
    ended = {"op": "unsubscribe", "args": [TRADES], "req_id": "u"}
    _, linear, again = answers(
        synthetic, "linear", subscription(TRADES), ended, subscription(TRADES)
    )

    assert linear == {"success": True, "ret_msg": "", "req_id": "u", "op": "unsubscribe"}
    assert again["success"] is True


@pytest.mark.parametrize("name", ["inverse", "option"])
def test_other_categories_refuse_every_topic(synthetic: SimulatorProcess, name: str) -> None:
    [answer] = answers(synthetic, name, subscription(TRADES))

    assert answer["success"] is False


def test_options_name_the_topics_that_failed(synthetic: SimulatorProcess) -> None:
    [answer] = answers(synthetic, "option", subscription(TRADES))

    assert answer["data"] == {"failTopics": [TRADES], "successTopics": []}
    assert answer["type"] == "COMMAND_RESP"


def test_the_status_topic_is_known_at_its_own_path(synthetic: SimulatorProcess) -> None:
    [there] = answers(synthetic, "misc/status", subscription("system.status"))
    [elsewhere] = answers(synthetic, "linear", subscription("system.status"))

    assert (there["success"], elsewhere["success"]) == (True, False)


@pytest.mark.parametrize("text", ["hello", "", "[1]", "1", "{", '{"op":', "null", "{" * 5000])
def test_what_is_no_object_is_answered_and_the_connection_stays(
    synthetic: SimulatorProcess, text: str
) -> None:
    answer, pong = answers(synthetic, "linear", text, {"op": "ping"})

    assert answer["success"] is False
    assert answer["ret_msg"].startswith("Failed to decode incoming data:readObjectStart: expect {")
    assert pong["ret_msg"] == "pong"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_are_none_are_undecodable(synthetic: SimulatorProcess, number: str) -> None:
    [answer] = answers(synthetic, "linear", f'{{"op":"ping","req_id":{number}}}')

    assert answer["success"] is False


def test_half_a_surrogate_pair_is_echoed_as_a_question_mark(synthetic: SimulatorProcess) -> None:
    [pong] = answers(synthetic, "linear", '{"op":"ping","req_id":"\\ud800"}')

    assert pong["req_id"] == "?"


@pytest.mark.parametrize("number", ['{"a":1}', "[1]", "[" * 990 + "]" * 990])
def test_a_req_id_that_is_no_plain_value_is_undecodable(
    synthetic: SimulatorProcess, number: str
) -> None:
    [answer] = answers(synthetic, "linear", f'{{"op":"ping","req_id":{number}}}')

    assert answer["success"] is False


@pytest.mark.parametrize("args", ["publicTrade.BTCUSDT", [1], {"a": 1}, [["tickers.BTCUSDT"]]])
def test_args_of_a_wrong_type_are_answered(synthetic: SimulatorProcess, args: object) -> None:
    [answer] = answers(synthetic, "linear", {"op": "subscribe", "args": args})

    assert answer["success"] is False


@pytest.mark.parametrize("op", ["nope", "auth", "", None, 5])
def test_another_op_is_invalid(synthetic: SimulatorProcess, op: object) -> None:
    [answer] = answers(synthetic, "linear", {"op": op, "req_id": "x"})

    assert answer == refused("error:invalid op", op if isinstance(op, str) else "", req_id="x")


def test_bytes_are_read_as_text(synthetic: SimulatorProcess) -> None:
    with talking(synthetic, "linear") as talk:
        talk.connection.send(b'{"op":"ping"}')
        pong = talk.hear()
        talk.connection.send(b"\xff")
        answer = talk.hear()

    assert (pong["ret_msg"], answer["success"]) == ("pong", False)


def symbols(running: SimulatorProcess, name: str) -> list[str]:
    rows = running.get("api.bybit.com", f"/v5/market/instruments-info?category={name}").json()
    return [row["symbol"] for row in rows["result"]["list"]]


def test_spot_takes_ten_args_a_request(synthetic: SimulatorProcess) -> None:
    topics = [f"publicTrade.{symbol}" for symbol in symbols(synthetic, "spot")]
    ten, eleven = answers(
        synthetic, "spot", subscription(*topics[:10]), subscription(*topics[10:21])
    )

    assert ten["success"] is True
    assert eleven == {"success": False, "ret_msg": "args size >10", "op": "subscribe"}


def test_args_are_limited_to_21000_characters_a_connection(synthetic: SimulatorProcess) -> None:
    kinds = ("publicTrade", "tickers", "orderbook.1000", "kline.720", "kline.240", "allLiquidation")
    known = symbols(synthetic, "linear")
    topics = [f"{kind}.{symbol}" for kind in kinds for symbol in known]
    most = answers(
        synthetic, "linear", subscription(*topics[:31]), subscription(*(["x" * 500] * 60))
    )

    assert [each["success"] for each in most] == [True, False]
    assert "21000" in most[1]["ret_msg"]


def test_a_silent_connection_is_cut_after_ten_minutes(synthetic: SimulatorProcess) -> None:
    with talking(synthetic, "linear") as talk:
        talk.say({"op": "ping"})
        assert talk.hear()["ret_msg"] == "pong"
        synthetic.set_rules(hurry=3000.0)
        try:
            assert talk.ended() == (1006, "")
        finally:
            synthetic.set_rules(hurry=1.0)


@pytest.mark.parametrize("path", ["/v5/public/nope", "/v5/private", "/"])
def test_an_unknown_path_is_no_websocket(synthetic: SimulatorProcess, path: str) -> None:
    with pytest.raises(InvalidStatus, match="404"), synthetic.socket(HOST, path):
        raise AssertionError(path)


def test_subscriptions_are_refused_whole_by_a_fault(synthetic: SimulatorProcess) -> None:
    rule: dict[str, object] = {
        "kind": "refuse_subscription",
        "symbol": "ETHUSDT",
        "channel": "tickers",
    }
    synthetic.post_faults([rule])
    [answer] = answers(synthetic, "linear", subscription(TRADES, "tickers.ETHUSDT"))

    assert answer == refused(f"{NOT_FOUND}tickers.ETHUSDT")


def test_an_ack_without_data_is_a_fault(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "ack_without_data", "channel": "orderbook"}])
    ack, pong = answers(synthetic, "linear", subscription("orderbook.50.BTCUSDT"), {"op": "ping"})

    assert (ack["success"], pong["ret_msg"]) == (True, "pong")
