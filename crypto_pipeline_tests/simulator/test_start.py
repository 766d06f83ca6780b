"""A simulator's options, ports, start and end."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline.errors import PortBusyError, SourceBusyError, UsageError
from crypto_pipeline_tests.simulated import ask, simulator
from crypto_pipeline_tests.simulator.conftest import SERVED

SERVE = "from crypto_pipeline.simulator.serve import SimulatorOptions, run; run(SimulatorOptions())"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": -1}, "valid are 0"),
        ({"port": 65_535}, "1024 to 65000"),
        ({"speed": float("nan")}, "a number from 0 to 100000"),
        ({"speed": float("inf")}, "a number from 0 to 100000"),
        ({"hurry": float("nan")}, "a number from 0.01"),
        ({"now": datetime(2049, 11, 9, tzinfo=UTC)}, "an instant from 1970-01-01 to 2049-11-08"),
        ({"replay_speed": "fast"}, "give a folder of them"),
        ({"recordings": Path("nowhere")}, "recordings nowhere is not there"),
    ],
)
def test_start_given_a_wrong_option_says_what_is_valid(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)), simulator(**options):
        pass


def test_start_given_a_busy_port_is_a_typed_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"port {port} .* --port 0"), simulator(port=port):
            pass


def test_start_given_a_port_takes_the_next_ones_for_the_hosts() -> None:
    port = free_ports(len(SERVED) + 1)
    with simulator(port=port) as running:
        ports = [urlsplit(url).port for url in (running.url, *running.endpoints.values())]

    assert ports == list(range(port, port + len(SERVED) + 1))


def test_endpoints_given_a_busy_port_of_a_twin_are_all_after_it() -> None:
    port = free_ports(2 * len(SERVED) + 2)
    busy = port + len(SERVED) + 3
    with socket.create_server(("127.0.0.1", busy)), simulator(port=port) as running:
        refused = ask(f"{running.url}/endpoints?tls=1")
        ports = [urlsplit(url).port or 0 for url in running.twins().values()]

    assert refused.status == 400
    assert f"port {busy} of 127.0.0.1 is taken" in refused.json()["error"]
    assert min(ports) > busy


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for port in range(21_000 + os.getpid() % 5_000, 32_000, count):
        try:
            for number in range(port, port + count):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    raise RuntimeError(f"no {count} free ports in a row below 32000")


def test_start_given_recordings_without_a_bucket_is_a_usage_error(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"neither data\.binance\.vision"),
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


def test_run_given_a_signal_does_not_wait_for_a_slow_answer() -> None:
    command = [sys.executable, "-W", "error", "-c", SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = (process.stdout.readline() if process.stdout else "").strip()
        address = urlsplit(url)
        asking = http.client.HTTPConnection(address.netloc, timeout=30)
        asking.request("GET", "/restatements?start=2017-01-01T00:00:00Z&end=2027-01-01T00:00:00Z")
        ask(f"{url}/clock")
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=10) == 0
        asking.close()


def test_command_given_an_instant_with_its_zone_takes_it() -> None:
    options = ["--now", "2025-02-10T12:00:00Z", "--port", "99999"]
    command = [sys.executable, "-m", "crypto_pipeline.cli", "simulate", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 2
    assert ended.stderr.startswith("error: port is 99999; valid are 0 (any free ports), and 1024")


def test_process_given_much_on_stderr_starts_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONVERBOSE", "1")
    with simulator_process() as address:
        assert ask(f"{address}/origin").json() == {"origin": "simulator:7"}


def test_process_given_no_start_says_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "none")
    with pytest.raises(SourceBusyError, match="PYTHONHASHSEED must be"), simulator_process():
        pass
