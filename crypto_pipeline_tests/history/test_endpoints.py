"""Where an exchange is spoken to: production, a simulator, or what a person set."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import SourceBusyError, UsageError
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.history.loads import ARCHIVE, FUTURES, SPOT
from crypto_pipeline_tests.simulated import SimulatorProcess


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)


def settings(simulator_url: str | None = None, **binance: object) -> Settings:
    return load_settings(simulator_url=simulator_url, venues={"binance": binance})


def test_find_sources_given_no_simulator_speaks_to_production() -> None:
    found = find_sources(settings())

    endpoints = found.endpoints["binance"]
    assert found.origin == "real"
    assert endpoints.archive == "https://data.binance.vision"
    assert endpoints.rest["perp"] == ["https://fapi.binance.com"]


def test_find_sources_given_a_simulator_speaks_to_its_hosts(synthetic: SimulatorProcess) -> None:
    found = find_sources(settings(synthetic.url))

    endpoints = found.endpoints["binance"]
    assert found.origin == "simulator:7"
    assert endpoints.archive == synthetic.endpoints[ARCHIVE]
    assert dict(endpoints.rest) == {
        "spot": [
            synthetic.endpoints[host]
            for host in (SPOT, "api1.binance.com", "data-api.binance.vision")
        ],
        "perp": [synthetic.endpoints[FUTURES]],
    }
    assert found.venue("binance").exchange == "binance"


@pytest.mark.real_data
def test_find_sources_given_recordings_is_of_real_origin(recorded: SimulatorProcess) -> None:
    assert find_sources(settings(recorded.url)).origin == "real"


def test_find_sources_given_an_address_of_one_s_own_keeps_it(synthetic: SimulatorProcess) -> None:
    found = find_sources(settings(synthetic.url, archive_url="http://127.0.0.1:8080/mirror"))

    assert found.endpoints["binance"].archive == "http://127.0.0.1:8080/mirror"
    assert found.endpoints["binance"].rest["spot"][0] == synthetic.endpoints[SPOT]


def test_find_sources_given_a_host_that_is_not_simulated_never_goes_out(
    synthetic: SimulatorProcess,
) -> None:
    with pytest.raises(
        UsageError, match=r"does not serve mirror\.example\.com; it serves .*vision"
    ):
        find_sources(settings(synthetic.url, archive_url="https://mirror.example.com"))


def test_find_sources_given_an_unreachable_simulator_says_how_to_start_it() -> None:
    with pytest.raises(SourceBusyError, match=r"127\.0\.0\.1:9.*crypto-pipeline simulate"):
        find_sources(settings("http://127.0.0.1:9"))


def test_find_sources_given_something_else_at_the_address_says_so(
    synthetic: SimulatorProcess,
) -> None:
    with pytest.raises(SourceBusyError, match="the simulator does not answer"):
        find_sources(settings(synthetic.endpoints[ARCHIVE]))


def test_find_sources_given_a_proxy_hides_its_password(synthetic: SimulatorProcess) -> None:
    proxy = "http://me:hunter2@127.0.0.1:3128"  # pragma: allowlist secret
    found = find_sources(settings(synthetic.url, http_proxy=proxy))

    assert found.endpoints["binance"].proxy == proxy
    assert "hunter2" not in repr(found)
