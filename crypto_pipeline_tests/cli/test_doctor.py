"""`doctor` against exchanges that are well, that refuse, and that are not there."""

from __future__ import annotations

import json
import os
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.cli.doctor_advice import advice_on
from crypto_pipeline.cli.doctor_checks import (
    Finding,
    Level,
    bytes_a_kline,
    check_disk,
    check_home,
    check_lake,
    check_locks,
    check_python,
    check_versions,
)
from crypto_pipeline.cli.doctor_runs import check_runs
from crypto_pipeline.cli.doctor_venues import check_venues
from crypto_pipeline.errors import DecodeError, SourceBusyError
from crypto_pipeline.lake.locks import hold, lock_path
from crypto_pipeline.lake.origin import claim, stamp_path
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ENDPOINTS = {"binance archive", "binance spot REST", "binance perp REST"}


def settings_of(home: Path, market: SimulatorProcess, **more: Any) -> Settings:
    return load_settings(
        home=str(home), simulator_url=market.url, **{"exchanges": ["binance"], **more}
    )


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def closed_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_doctor_given_healthy_exchanges_ends_well(home: Path) -> None:
    with simulator(now=NOON) as market:
        env = environment(home, **pointed_at(market))
        done = crypto_pipeline("doctor", "--format", "json", env=env)
    assert done.returncode == 0, done.stdout
    found = {row["subject"]: row for row in json.loads(done.stdout)}
    assert ENDPOINTS | {"python", "versions", "extensions", "home", "disk", "locks"} <= set(found)
    assert {row["level"] for row in found.values()} == {"ok"}
    assert "load with an empty HOME" in found["extensions"]["found"]
    assert "our clock is 0.0" in found["binance spot REST"]["found"]
    assert not home.exists()


def test_doctor_given_refusals_and_a_held_lock_says_what_to_do(home: Path) -> None:
    with simulator(now=NOON) as market, hold(lock_path(home, "market"), wait=0, purpose="a test"):
        market.post_faults(
            [
                {"kind": "status", "status": 451, "host": "api.binance.com"},
                {"kind": "status", "status": 418, "host": "fapi.binance.com"},
                {"kind": "status", "status": 403, "host": "data.binance.vision"},
            ]
        )
        done = crypto_pipeline("doctor", env=environment(home, **pointed_at(market)))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert f"ok    locks: market is held by process {os.getpid()} (a test)" in done.stdout
    assert sum(line.startswith("fail") for line in lines) == 3
    country, ban, archive = (
        lines[next(n for n, line in enumerate(lines) if subject in line) + 1]
        for subject in ("spot REST", "perp REST", "binance archive")
    )
    assert "does not serve the country of your address" in country
    assert "CRYPTO_VENUES__BINANCE__REST_URLS__SPOT=https://data-api.binance.vision" in country
    assert "CRYPTO_VENUES__BINANCE__HTTP_PROXY" in country
    assert "do without REST" in country
    assert "banned" in ban
    assert "refuses your address" in archive
    assert "do without REST" not in archive


def test_doctor_given_an_unknown_format_says_what_is_valid(home: Path) -> None:
    done = crypto_pipeline("doctor", "--format", "csv", env=environment(home))
    assert done.returncode == 2
    assert "valid are table, json" in done.stderr


@pytest.mark.parametrize(
    ("rule", "level", "said"),
    [
        ({"kind": "429", "retry_after": 7}, Level.WARN, "too many requests"),
        ({"kind": "status", "status": 503}, Level.WARN, "trouble of its own"),
        ({"kind": "drop"}, Level.FAIL, "the connection breaks"),
        ({"kind": "delay", "seconds": 60}, Level.FAIL, "drops the connection without a word"),
    ],
)
def test_check_venues_given_trouble_explains_it(
    home: Path, rule: dict[str, object], level: Level, said: str
) -> None:
    with simulator(now=NOON) as market:
        market.post_faults([rule])
        found = by_subject(check_venues(settings_of(home, market)))
    assert {found[subject].level for subject in ENDPOINTS} == {level}
    assert all(said in found[subject].advice for subject in ENDPOINTS)


def test_check_venues_given_a_proxy_hides_its_password(home: Path) -> None:
    port = closed_port()
    proxy = f"http://someone:hunter2@127.0.0.1:{port}"  # pragma: allowlist secret
    with simulator(now=NOON) as market:
        venues = {"binance": {"http_proxy": proxy}}
        found = check_venues(settings_of(home, market, venues=venues))
    assert {f.level for f in found if "stand-in" not in f.subject} == {Level.FAIL}
    assert {f.level for f in found if "stand-in" in f.subject} == {Level.WARN}
    assert all(f"through 127.0.0.1:{port}" in finding.found for finding in found)
    assert all("nothing listens there" in finding.advice for finding in found)
    assert "hunter2" not in repr(found)


def test_check_venues_given_a_testnet_says_so_and_asks_no_archive(home: Path) -> None:
    with simulator(now=NOON) as market:
        hosts = {"spot": market.endpoints["api.binance.com"], "perp": "http://127.0.0.1:9"}
        binance = {"testnet": True, "testnet_urls": hosts}
        own = {"exchanges": ["binance"], "clock_url": market.url, "venues": {"binance": binance}}
        found = by_subject(check_venues(load_settings(home=str(home), **own)))
    assert set(found) == {"binance spot REST", "binance perp REST"}
    spot, perp = found["binance spot REST"], found["binance perp REST"]
    assert spot.level is Level.OK
    assert spot.found.startswith(f"{hosts['spot'].removeprefix('http://')} (testnet): answers in")
    assert perp.level is Level.FAIL
    assert perp.found.startswith("127.0.0.1:9 (testnet): ")


def test_check_venues_given_our_clock_is_late_warns(home: Path) -> None:
    late = NOON - timedelta(seconds=90)
    with simulator(now=NOON, speed=0.0) as market, simulator(now=late, speed=0.0) as ours:
        found = by_subject(check_venues(settings_of(home, market, clock_url=ours.url)))
    rest = found["binance spot REST"]
    assert rest.level is Level.WARN
    assert "our clock is 90.00 s behind it" in rest.found
    assert "NTP" in rest.advice
    assert found["binance archive"].level is Level.OK


def test_check_venues_given_a_simulator_that_is_gone_says_so(home: Path) -> None:
    settings = load_settings(home=str(home), simulator_url=f"http://127.0.0.1:{closed_port()}")
    (finding,) = check_venues(settings)
    assert finding.level is Level.FAIL
    assert "the simulator does not answer" in finding.found


def test_check_venues_given_nothing_enabled_asks_nobody(home: Path) -> None:
    (finding,) = check_venues(load_settings(home=str(home), enabled=False))
    assert finding.level is Level.WARN
    assert "CRYPTO_ENABLED" in finding.advice


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "is not found: check the network"),
        (ssl.SSLCertVerificationError("self-signed"), "SSL_CERT_FILE"),
    ],
)
def test_advice_on_given_a_cause_explains_it(cause: Exception, said: str) -> None:
    error = SourceBusyError("https://api.binance.com", "no answer")
    error.__cause__ = cause
    assert said in advice_on(error, "binance spot REST", "https://api.binance.com")


def test_advice_on_given_another_program_behind_the_address_names_a_login_page() -> None:
    error = DecodeError("time", given="<html>", expected='{"serverTime": <ms>}')
    assert "login page" in advice_on(error, "binance spot REST", "https://api.binance.com")


def test_check_python_and_versions_given_this_environment_are_well() -> None:
    findings = [check_python(), *check_versions()]
    assert {finding.level for finding in findings} == {Level.OK}
    assert "duckdb" in findings[-1].found


def test_check_home_given_a_stamp_shows_the_origin(home: Path) -> None:
    claim(home, "simulator:7")
    assert check_home(home).found == f"{home}, origin simulator:7"


def test_check_home_given_an_unreadable_stamp_fails(home: Path) -> None:
    home.mkdir()
    stamp_path(home).write_text("{")
    assert check_home(home).level is Level.FAIL


def test_check_home_given_a_file_above_it_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = check_home(tmp_path / "file" / "home")
    assert finding.level is Level.FAIL
    assert "cannot be written" in finding.found


def test_check_lake_given_a_lake_shows_its_schemas(home: Path) -> None:
    prepare_lake(home)
    finding = check_lake(home)
    assert finding.level is Level.OK
    assert finding.found.startswith("schemas ticks 0, market ")


def test_check_disk_given_a_young_home_forecasts_from_the_configured_series(home: Path) -> None:
    finding = check_disk(load_settings(home=str(home), exchanges=["binance"]))
    assert bytes_a_kline(home) == (80.0, False)
    assert "5,760 bars a day at 80 bytes (assumed) make 0.00046 GB a day" in finding.found


def test_check_locks_given_none_held_says_so(home: Path) -> None:
    assert [finding.found for finding in check_locks(home)] == ["none is held"]


def test_check_runs_given_a_dagster_home_that_is_not_there_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/no/such/folder")
    (finding,) = check_runs(load_settings(home=str(home)))
    assert finding.level is Level.FAIL
    assert "/no/such/folder" in finding.found
