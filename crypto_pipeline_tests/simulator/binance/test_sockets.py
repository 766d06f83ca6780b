"""Binance's websockets over real sockets: requests, envelopes, bases."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.binance.talking import (
    DATA,
    LATER,
    PERP,
    SPOT,
    ask,
    subscribe,
)


@pytest.mark.parametrize("number", [1, -1, "4f6ae1b2-7c1d-4b7e-9c43-0a1b2c3d4e5f", None])
def test_subscribe_given_an_id_acknowledges_it_before_data(
    synthetic: SimulatorProcess, number: object
) -> None:
    with synthetic.socket(SPOT, "/ws") as talk:
        ack = subscribe(talk, "btcusdt@bookTicker", number=number)
        synthetic.set_clock(LATER)

        assert ack == {"result": None, "id": number}
        assert talk.hear()["s"] == "BTCUSDT"


@pytest.mark.parametrize("host", [SPOT, DATA])
def test_raw_url_given_a_stream_sends_bare_frames(synthetic: SimulatorProcess, host: str) -> None:
    with synthetic.socket(host, "/ws/btcusdt@trade") as talk:
        synthetic.set_clock(LATER)

        assert talk.hear()["e"] == "trade"


def test_combined_url_given_streams_names_them(synthetic: SimulatorProcess) -> None:
    path = "/stream?streams=btcusdt@depth@100ms/ethusdt@depth5"
    with synthetic.socket(SPOT, path) as talk:
        synthetic.set_clock(LATER)
        heard = talk.hear_until(lambda frame: frame["stream"] == "ethusdt@depth5")

    assert set(heard[0]) == {"stream", "data"}
    assert heard[0]["stream"] == "btcusdt@depth@100ms"
    assert set(heard[-1]["data"]) == {"lastUpdateId", "bids", "asks"}


def test_url_given_a_zone_with_a_bare_plus_sign_understands_it(
    synthetic: SimulatorProcess,
) -> None:
    with synthetic.socket(SPOT, "/stream?streams=btcusdt@kline_1d@+08:00") as talk:
        synthetic.set_clock(LATER)
        heard = talk.hear()

    assert heard["stream"] == "btcusdt@kline_1d@+08:00"
    assert heard["data"]["k"]["t"] == 1_739_116_800_000


@pytest.mark.parametrize("path", ["/stream/ws/0", "/stream-spot/ws/1", "/ws/2"])
def test_path_given_the_index_that_ccxt_adds_is_a_silent_stream(
    synthetic: SimulatorProcess, path: str
) -> None:
    with synthetic.socket(SPOT, path) as talk:
        assert subscribe(talk, "btcusdt@trade") == {"result": None, "id": 1}
        synthetic.set_clock(LATER)
        assert talk.hear()["e"] == "trade"


@pytest.mark.parametrize("path", ["/", "/nothing", "/public/ws/btcusdt@trade", "/ws-api/v3"])
def test_path_given_none_of_the_host_is_404(synthetic: SimulatorProcess, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, synthetic.socket(SPOT, path):
        pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize("name", ["BTCUSDT@trade", "nonesuch@trade", "btcusdt@nothing", "btcusdt"])
def test_subscribe_given_an_unknown_stream_is_acknowledged_and_silent(
    synthetic: SimulatorProcess, name: str
) -> None:
    with synthetic.socket(SPOT, "/ws") as talk:
        assert subscribe(talk, name) == {"result": None, "id": 1}
        synthetic.set_clock(LATER)
        listed = ask(talk, {"method": "LIST_SUBSCRIPTIONS", "id": 2})

    assert listed == {"result": [name], "id": 2}


@pytest.mark.parametrize(
    ("base", "stream", "heard"),
    [
        ("/public", "btcusdt@depth@100ms", True),
        ("/public", "btcusdt@bookTicker", True),
        ("/public", "!bookTicker", True),
        ("/public", "btcusdt@trade", True),
        ("/public", "btcusdt@aggTrade", False),
        ("/public", "btcusdt@markPrice@1s", False),
        ("/market", "btcusdt@aggTrade", True),
        ("/market", "btcusdt@kline_1m", True),
        ("/market", "btcusdt@markPrice@1s", True),
        ("/market", "!markPrice@arr@1s", True),
        ("/market", "btcusdt_perpetual@continuousKline_1m", True),
        ("/market", "btcusdt@depth@100ms", False),
        ("/market", "btcusdt@forceOrder", False),
        ("/private", "btcusdt@depth@100ms", False),
        ("", "btcusdt@depth@100ms", True),
        ("", "btcusdt@aggTrade", False),
        ("", "btcusdt@trade", False),
        ("/fut/public", "btcusdt@trade", True),
    ],
)
def test_perp_stream_given_a_base_is_heard_where_it_belongs(
    synthetic: SimulatorProcess, base: str, stream: str, heard: bool
) -> None:
    with synthetic.socket(PERP, f"{base}/ws") as talk:
        assert subscribe(talk, stream) == {"result": None, "id": 1}
        synthetic.set_clock("2025-02-10T12:34:41Z")
        first = ask(talk, {"method": "LIST_SUBSCRIPTIONS", "id": 2})
        frames = [] if first == {"result": [stream], "id": 2} else [first]
        if heard:
            frames.append(talk.hear())

    assert bool(frames) == heard


def test_unsubscribe_given_a_stream_ends_it(synthetic: SimulatorProcess) -> None:
    with synthetic.socket(SPOT, "/ws/btcusdt@trade/ethusdt@trade") as talk:
        talk.say({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 3})
        assert talk.hear() == {"result": None, "id": 3}
        synthetic.set_clock("2025-02-10T12:34:50Z")
        assert talk.hear()["s"] == "ETHUSDT"


def test_property_given_combined_changes_the_envelope(synthetic: SimulatorProcess) -> None:
    with synthetic.socket(SPOT, "/ws/btcusdt@bookTicker") as talk:
        assert ask(talk, {"method": "GET_PROPERTY", "params": ["combined"], "id": 1})["result"] is (
            False
        )
        asked = {"method": "SET_PROPERTY", "params": ["combined", True], "id": 2}
        assert ask(talk, asked) == {"result": None, "id": 2}
        synthetic.set_clock(LATER)
        assert talk.hear()["stream"] == "btcusdt@bookTicker"


@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        ("{nonsense", 3, "Invalid JSON: expected value at line 1 column 2"),
        ("[1]", 2, "Invalid request: invalid type"),
        ('{"id":1}', 2, "Invalid request: missing field `method` at line 1 column 8"),
        ('{"method":"DANCE","id":1}', 2, "Invalid request: unknown variant `DANCE`, expected one"),
        ('{"method":"SUBSCRIBE","params":"x","id":1}', 2, "Invalid request: invalid type"),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "Invalid request: invalid type"),
        ('{"method":"SUBSCRIBE","params":[],"id":1.5}', 2, "request ID must be an unsigned"),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1, "expected Boolean"),
        ('{"method":"SET_PROPERTY","params":["colour",true],"id":1}', 0, "Unknown property"),
        ('{"method":"GET_PROPERTY","params":[7],"id":1}', 2, "property name must be a string"),
        ('{"method":"GET_PROPERTY","params":["combined",1],"id":1}', 2, "too many parameters"),
    ],
)
def test_request_given_it_is_malformed_gets_the_documented_error(
    synthetic: SimulatorProcess, message: str, code: int, said: str
) -> None:
    with synthetic.socket(SPOT, "/ws") as talk:
        error = ask(talk, message)

    assert error["code"] == code
    assert said in error["msg"]


def test_time_unit_given_microseconds_is_in_every_time(synthetic: SimulatorProcess) -> None:
    path = "/stream?streams=btcusdt@trade/btcusdt@kline_1s&timeUnit=MICROSECOND"
    with synthetic.socket(SPOT, path) as talk:
        synthetic.set_clock(LATER)
        frames = talk.hear_until(lambda frame: frame["data"]["e"] == "kline")

    assert frames[0]["data"]["T"] > 10**15
    bar = frames[-1]["data"]["k"]
    assert bar["T"] - bar["t"] == 999_999
