"""Keys and proxies: sent where they belong, shown nowhere."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline.errors import SourceBusyError
from crypto_pipeline.logs import LOG_FILE, configure_logs, remove_log_handlers
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.transport.asking import (
    OKX_TIME,
    SPOT,
    TIME,
    answered,
    downloaded,
    refused,
    venue,
)
from crypto_pipeline_tests.transport.listening import listening
from crypto_pipeline_tests.transport.proxies import proxy, socks_proxy

SECRET = "hunter2"  # noqa: S105 # pragma: allowlist secret
"""Made up, and looked for in what is shown."""


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator() as running:
        yield running


def test_get_given_a_key_sends_it_to_rest_alone_and_names_itself(tmp_path: Path) -> None:
    with listening() as listener:
        asked = venue("binance", {SPOT: listener.url}, api_key=SECRET)
        answered(asked, TIME)
        downloaded(asked, f"{listener.url}/file")

    rest, archive = listener.headers
    assert rest["X-MBX-APIKEY"] == SECRET
    assert "X-MBX-APIKEY" not in archive
    assert all(each["User-Agent"].startswith("crypto-pipeline/") for each in listener.headers)


def test_get_given_a_key_for_an_exchange_without_such_a_header_keeps_it() -> None:
    with listening(b'{"code":"0"}') as listener:
        answered(venue("okx", {"www.okx.com": listener.url}, api_key=SECRET), OKX_TIME)

    assert SECRET not in str(listener.headers)


def test_get_given_a_redirect_does_not_follow_it_with_the_key() -> None:
    with listening() as other, listening(status=302, headers={"Location": other.url}) as listener:
        error = refused(venue("binance", {SPOT: listener.url}, api_key=SECRET), TIME)

    assert "HTTP 302" in str(error)
    assert other.headers == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_get_given_a_proxy_that_is_not_there_shows_no_password(
    market: SimulatorProcess, home: Path, scheme: str
) -> None:
    address = f"{scheme}://me:{SECRET}@127.0.0.1:{closed_port()}"
    asked = venue("binance", market.endpoints, proxy=address, api_key=SECRET)
    configure_logs(home, "DEBUG", console=False)
    try:
        error = refused(asked, TIME)
    finally:
        remove_log_handlers()

    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(asked.endpoints)
    logged = (home / "logs" / LOG_FILE).read_text(encoding="utf-8")
    assert isinstance(error, SourceBusyError)
    assert "the proxy refuses or is not there" in str(error)
    assert SECRET not in shown + logged
    assert "tried again" in logged


def test_get_given_a_proxy_that_refuses_shows_no_password(market: SimulatorProcess) -> None:
    with proxy(refusing=True) as refusing:
        address = f"http://me:{SECRET}@127.0.0.1:{refusing.server_port}"
        error = refused(venue("binance", market.endpoints, proxy=address), TIME)

    assert SECRET not in "".join(traceback.format_exception(error))
    assert "407" in str(error)


def test_get_given_a_proxy_goes_through_it_alone(market: SimulatorProcess) -> None:
    with proxy() as passing:
        address = f"http://me:{SECRET}@127.0.0.1:{passing.server_port}"
        asked = venue("binance", market.endpoints, proxy=address)
        before = market.counters()[SPOT]["requests"]
        answered(asked, TIME)

    assert passing.passed == ["/api/v3/time"]
    assert passing.credentials == {"Basic bWU6aHVudGVyMg=="}
    assert market.counters()[SPOT]["requests"] == before + 1


def test_get_given_a_socks_proxy_goes_through_it_alone(market: SimulatorProcess) -> None:
    with socks_proxy() as passing:
        address = f"socks5://me:{SECRET}@127.0.0.1:{passing.server_address[1]}"
        answered(venue("binance", market.endpoints, proxy=address), TIME)

    port = int(market.endpoints[SPOT].rpartition(":")[2])
    assert passing.users == [f"me:{SECRET}".encode()]
    assert passing.targets == [("127.0.0.1", port)]


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
