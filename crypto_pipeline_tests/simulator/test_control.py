"""The control API, and a simulator's start and end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.errors import PortBusyError, UsageError
from crypto_pipeline_tests.simulated import SimulatorProcess, ask, simulator

HOSTS = ["api.binance.com", "data-api.binance.vision", "fapi.binance.com", "data.binance.vision"]
SERVE = "from crypto_pipeline.simulator.serve import SimulatorOptions, run; run(SimulatorOptions())"


def test_endpoints_given_each_host_are_ports_of_their_own(synthetic: SimulatorProcess) -> None:
    endpoints = ask(f"{synthetic.url}/endpoints").json()

    assert list(endpoints) == HOSTS
    assert len({urlsplit(url).port for url in endpoints.values()}) == len(HOSTS)


def test_endpoints_given_tls_are_501(synthetic: SimulatorProcess) -> None:
    reply = ask(f"{synthetic.url}/endpoints?tls=1")

    assert reply.status == 501
    assert "TLS twins are not offered" in reply.json()["error"]


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
    now = synthetic.set_clock(None, speed=1)["now"]

    assert datetime.fromisoformat(now).date() >= datetime(2024, 1, 1, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"now": "soon"}, "valid is null or 2023-03-15T00:00:00Z"),
        ({"now": "2023-03-15T00:00:00"}, "has no zone"),
        ({"speed": -1}, "a number from 0"),
        ({"pace": 1}, "now, speed"),
        (b"{", "not JSON"),
    ],
)
def test_clock_given_a_wrong_body_is_400_and_says_what_is_valid(
    synthetic: SimulatorProcess, body: object, said: str
) -> None:
    reply = ask(f"{synthetic.url}/clock", "POST", body)

    assert reply.status == 400
    assert said in reply.json()["error"]


def test_start_given_a_busy_port_is_a_typed_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"port {port} .* --port 0"), simulator(port=port):
            pass


def test_start_given_a_port_takes_the_next_ones_for_the_hosts() -> None:
    port = five_free_ports()
    with simulator(port=port) as running:
        ports = [urlsplit(url).port for url in (running.url, *running.endpoints.values())]

    assert ports == list(range(port, port + 5))


def five_free_ports() -> int:
    """The first of five ports in a row that nobody listens on."""
    for port in range(21_000 + os.getpid() % 5_000, 32_000, 5):
        try:
            for number in range(port, port + 5):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    raise RuntimeError("no five free ports in a row below 32000")


def test_start_given_recordings_without_a_bucket_is_a_usage_error(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"has no data\.binance\.vision"),
        simulator(recordings=tmp_path),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_given_a_signal_ends_with_exit_code_0(number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().decode().strip()
        endpoints = ask(f"{url}/endpoints").json()
        os.kill(process.pid, number)
        out, err = process.stdout.read(), process.stderr.read()

    assert process.returncode == 0
    assert err == b""
    assert all(base.encode() in out for base in endpoints.values())
