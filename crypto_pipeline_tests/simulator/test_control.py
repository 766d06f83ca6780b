"""The control API."""

from __future__ import annotations

import http.client
import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess, ask, simulator
from crypto_pipeline_tests.simulator.conftest import SERVED


def test_endpoints_given_each_host_are_ports_of_their_own(synthetic: SimulatorProcess) -> None:
    endpoints = ask(f"{synthetic.url}/endpoints").json()

    assert list(endpoints) == SERVED
    assert len({urlsplit(url).port for url in endpoints.values()}) == len(SERVED)


def test_endpoints_given_hosts_of_websockets_alone_are_ws(synthetic: SimulatorProcess) -> None:
    schemes = {host: urlsplit(url).scheme for host, url in synthetic.endpoints.items()}

    assert schemes["api.binance.com"] == "http"
    assert schemes["ws-feed.exchange.coinbase.com"] == schemes["ws.okx.com:8443"] == "ws"


def test_endpoints_given_tls_are_the_twins_that_the_authority_signed(
    synthetic: SimulatorProcess,
) -> None:
    twins, context = synthetic.twins(), synthetic.trust()
    address = urlsplit(twins["api.binance.com"])
    named = http.client.HTTPSConnection("localhost", address.port, timeout=30, context=context)
    named.request("GET", "/api/v3/ping")

    assert named.getresponse().status == 200
    assert list(twins) == SERVED
    assert {urlsplit(url).scheme for url in twins.values()} == {"https", "wss"}
    assert twins == synthetic.twins()
    named.close()


def test_twins_given_a_production_name_hold_it_in_their_certificate(
    synthetic: SimulatorProcess,
) -> None:
    port = urlsplit(synthetic.twins()["www.okx.com"]).port or 0
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
        synthetic.trust().wrap_socket(connection, server_hostname="www.okx.com") as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_origin_given_a_seed_names_it(synthetic: SimulatorProcess) -> None:
    assert ask(f"{synthetic.url}/origin").json() == {"origin": "simulator:7"}


def test_path_given_none_of_the_api_names_the_valid_ones(synthetic: SimulatorProcess) -> None:
    reply = ask(f"{synthetic.url}/endpoint")

    assert reply.status == 404
    assert "/endpoints" in reply.json()["error"]


def test_counters_given_a_kept_connection_count_it_once() -> None:
    with simulator() as running:
        address = urlsplit(running.endpoints["api.binance.com"]).netloc
        connection = http.client.HTTPConnection(address, timeout=30)
        for _ in range(3):
            connection.request("GET", "/api/v3/ping")
            connection.getresponse().read()
        connection.close()
        seen = running.counters()["api.binance.com"]

    assert (seen["connections"], seen["requests"], seen["weights"]) == (1, 3, 3)
    assert (seen["violations"], seen["frames"]) == (0, 0)
    assert seen["paths"] == {"/api/v3/ping": 3}


def test_clock_given_a_standing_one_stays(synthetic: SimulatorProcess) -> None:
    answer = synthetic.set_clock("2023-03-15T01:00:00+01:00")

    assert answer["now"] == "2023-03-15T00:00:00.000000Z"
    assert answer == ask(f"{synthetic.url}/clock").json()


def test_clock_given_a_speed_runs_on(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2023-03-15T00:00:00Z", speed=10_000)
    first, second = (ask(f"{synthetic.url}/clock").json()["epoch_us"] for _ in range(2))

    assert 1_678_838_400_000_000 < first < second


def test_clock_given_only_a_speed_keeps_its_instant(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2023-03-15T00:00:00Z")
    ask(f"{synthetic.url}/clock", "POST", {"speed": 0})

    assert ask(f"{synthetic.url}/clock").json()["now"] == "2023-03-15T00:00:00.000000Z"


def test_clock_given_null_is_the_machines(synthetic: SimulatorProcess) -> None:
    before = datetime.now(UTC)
    now = synthetic.set_clock(None, speed=1)["now"]

    assert before <= datetime.fromisoformat(now) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"now": "soon"}, "valid is null or 2023-03-15T00:00:00Z"),
        ({"now": "2023-03-15T00:00:00"}, "has no zone"),
        ({"speed": -1}, "a number from 0"),
        ({"pace": 1}, "now, speed"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ({"now": "0001-01-01T00:00:00+14:00"}, "an instant from 1970-01-01 to 2049-11-08"),
        ({"now": "2049-11-08T00:00:01Z"}, "an instant from 1970-01-01 to 2049-11-08"),
    ],
)
def test_clock_given_a_wrong_body_is_400_and_says_what_is_valid(
    synthetic: SimulatorProcess, body: object, said: str
) -> None:
    reply = ask(f"{synthetic.url}/clock", "POST", body)

    assert reply.status == 400
    assert said in reply.json()["error"]


def test_clock_given_another_method_is_405_and_says_what_is_valid(
    synthetic: SimulatorProcess,
) -> None:
    reply = ask(f"{synthetic.url}/clock", "DELETE")

    assert (reply.status, reply.headers["allow"]) == (405, "GET HEAD POST")
    assert reply.json() == {"error": "/clock does not know DELETE; valid are GET HEAD POST"}


def test_faults_given_too_long_a_body_is_413(synthetic: SimulatorProcess) -> None:
    reply = ask(f"{synthetic.url}/faults", "POST", b" " * (1 << 21))

    assert reply.status == 413
    assert "1048576" in reply.json()["error"]


def test_rules_given_some_change_those_alone(synthetic: SimulatorProcess) -> None:
    before = ask(f"{synthetic.url}/rules").json()

    after = synthetic.set_rules(hurry=60, okx_checksum=True)

    assert before == {"limits": True, "firehose": False, "okx_checksum": False, "hurry": 1.0}
    assert after == {**before, "hurry": 60.0, "okx_checksum": True}


def test_rules_given_options_are_so_from_the_start() -> None:
    with simulator(limits=False, hurry=5, firehose=True) as running:
        rules = ask(f"{running.url}/rules").json()

    assert (rules["limits"], rules["hurry"], rules["firehose"]) == (False, 5.0, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"limits": 1, "hurry": 5}, "true or false"),
        ({"hurry": 0}, "a number from 0.01"),
        ({"hurry": float("nan")}, "a number from 0.01"),
        ({"pace": 1}, "limits, firehose, okx_checksum, hurry"),
    ],
)
def test_rules_given_a_wrong_value_are_400_and_unchanged(
    synthetic: SimulatorProcess, body: object, said: str
) -> None:
    reply = ask(f"{synthetic.url}/rules", "POST", body)

    assert (reply.status, said in reply.json()["error"]) == (400, True)
    assert ask(f"{synthetic.url}/rules").json()["hurry"] == 1.0


def test_faults_given_a_delete_are_none(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "500"}, {"kind": "outage", "exchange": "okx"}])

    assert ask(f"{synthetic.url}/faults", "DELETE").json() == []
    assert synthetic.get("www.okx.com", "/api/v5/public/time").status == 200


def test_restatements_given_a_month_differ_between_day_and_month(
    synthetic: SimulatorProcess,
) -> None:
    found = synthetic.restatements("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z")

    assert found
    assert all(each["daily"] != each["monthly"] for each in found)
    assert {each["exchange"] for each in found} == {"binance"}
    assert {each["open_time"] % 60_000 for each in found} == {0}


def test_restatements_given_their_own_minute_are_half_open(synthetic: SimulatorProcess) -> None:
    first = synthetic.restatements("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z")[0]
    at = datetime.fromtimestamp(first["open_time"] / 1000, UTC)
    later = (at + timedelta(minutes=1)).isoformat()

    assert first in synthetic.restatements(at.isoformat(), later)
    assert synthetic.restatements(at.isoformat(), at.isoformat()) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start=2025-01-01T00:00:00Z", "end is 'nothing'"),
        ("start=soon&end=later", "start is 'soon'"),
        ("start=9999-01-01T00:00:00Z&end=9999-02-01T00:00:00Z", "from 1970-01-01 to 2049-11-08"),
        ("start=2025-01-02T00:00:00Z&end=2025-01-01T00:00:00Z", "not in order"),
        ("start=2000-01-01T00:00:00Z&end=2025-01-01T00:00:00Z", "3660 days apart"),
    ],
)
def test_restatements_given_a_wrong_span_are_400(
    synthetic: SimulatorProcess, query: str, said: str
) -> None:
    reply = ask(f"{synthetic.url}/restatements?{query}")

    assert (reply.status, said in reply.json()["error"]) == (400, True)
