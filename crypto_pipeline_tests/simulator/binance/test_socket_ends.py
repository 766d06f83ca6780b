"""What Binance's websockets refuse and how they end: limits, pings, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.simulator.binance.talking import (
    DATA,
    LATER,
    NOW,
    PERP,
    SPOT,
    subscribe,
)


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
