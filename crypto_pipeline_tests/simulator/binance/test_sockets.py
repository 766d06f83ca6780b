"""Binance's websockets over real sockets: requests, envelopes, bases, limits, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import SimulatorProcess, Talk, simulator

SPOT, DATA, PERP = "stream.binance.com:9443", "data-stream.binance.vision", "fstream.binance.com"
NOW, LATER = "2025-02-10T12:34:30Z", "2025-02-10T12:34:33Z"


@pytest.fixture(scope="module")
def strict() -> Iterator[SimulatorProcess]:
    """A simulator that enforces limits."""
    with simulator(seed=7) as running:
        yield running


@pytest.fixture
def limited(strict: SimulatorProcess) -> SimulatorProcess:
    """It, with its clock at NOW and its rules as documented."""
    strict.post_faults([])
    strict.set_clock(NOW)
    strict.set_rules(limits=True, hurry=1.0)
    return strict


def ask(talk: Talk, message: object) -> Any:
    talk.say(message)
    return talk.hear()


def subscribe(talk: Talk, *streams: str, number: object = 1) -> Any:
    return ask(talk, {"method": "SUBSCRIBE", "params": list(streams), "id": number})


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


@pytest.mark.parametrize(("host", "path", "most"), [(SPOT, "/ws", 5), (PERP, "/public/ws", 10)])
def test_messages_given_too_many_in_a_second_end_the_connection(
    limited: SimulatorProcess, host: str, path: str, most: int
) -> None:
    limited.set_rules(hurry=0.01)
    before = limited.counters()[host]["violations"]
    with limited.socket(host, path) as talk:
        for number in range(most):
            talk.say({"method": "LIST_SUBSCRIPTIONS", "id": number})
        assert [talk.hear()["id"] for _ in range(most)] == list(range(most))
        talk.say({"method": "LIST_SUBSCRIPTIONS", "id": most})
        assert talk.ended()[0] == 1008

    assert limited.counters()[host]["violations"] == before + 1


def test_streams_given_more_than_1024_are_refused(limited: SimulatorProcess) -> None:
    with limited.socket(SPOT, "/ws") as talk:
        names = [f"symbol{number}@trade" for number in range(1025)]
        assert subscribe(talk, *names)["code"] == 2
        assert subscribe(talk, *names[:1024]) == {"result": None, "id": 1}
        assert subscribe(talk, names[1024])["code"] == 2


def test_connects_given_301_in_five_minutes_are_429() -> None:
    with simulator(seed=7, hurry=0.01) as running:
        for _ in range(300):
            with running.socket(DATA, "/ws"):
                pass
        with pytest.raises(InvalidStatus) as refused, running.socket(DATA, "/ws"):
            pass

    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) > 0


def test_ping_given_20_seconds_comes_and_a_client_that_answers_stays(
    limited: SimulatorProcess,
) -> None:
    limited.set_rules(hurry=600.0)
    with limited.socket(SPOT, "/ws") as talk:
        with pytest.raises(TimeoutError):
            talk.hear(0.5)
        assert talk.connection.close_code is None


@pytest.mark.parametrize(("host", "path"), [(SPOT, "/ws"), (PERP, "/market/ws")])
def test_ping_given_no_pong_ends_the_connection(
    limited: SimulatorProcess, host: str, path: str
) -> None:
    limited.set_rules(hurry=5000.0)
    url = limited.endpoints[host] + path

    assert asyncio.run(_heard_without_pongs(url)) == [aiohttp.WSMsgType.PING, 1008]


async def _heard_without_pongs(url: str) -> list[object]:
    """The first message of a client that never answers, and the code that it is closed with."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
        session.ws_connect(url, autoping=False) as socket,
    ):
        first = await socket.receive(10)
        async for _ in socket:
            continue
        return [first.type, socket.close_code]


def test_fault_given_a_shutdown_notice_announces_the_end(synthetic: SimulatorProcess) -> None:
    with synthetic.socket(SPOT, "/stream") as talk:
        synthetic.post_faults([{"kind": "shutdown_notice"}])
        notice = talk.hear()
        synthetic.set_rules(hurry=10_000.0)
        code = talk.ended()[0]

    assert notice["stream"] == "!serverShutdown"
    assert set(notice["data"]) == {"e", "E"}
    assert code == 1001


def test_fault_given_a_refused_subscription_answers_an_error(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "refuse_subscription", "symbol": "ETHUSDT"}])
    with synthetic.socket(SPOT, "/ws") as talk:
        assert subscribe(talk, "ethusdt@trade")["code"] == 2
        assert subscribe(talk, "btcusdt@trade") == {"result": None, "id": 1}


def test_fault_given_an_ack_without_data_stays_silent(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "ack_without_data", "symbol": "ETHUSDT"}])
    with synthetic.socket(SPOT, "/ws") as talk:
        assert subscribe(talk, "ethusdt@bookTicker") == {"result": None, "id": 1}
        assert subscribe(talk, "btcusdt@bookTicker", number=2) == {"result": None, "id": 2}
        synthetic.set_clock(LATER)
        assert {talk.hear()["s"] for _ in range(20)} == {"BTCUSDT"}
