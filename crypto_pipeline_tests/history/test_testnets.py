"""Testnets: what origin their data has, what is refused beside them, and a load from one."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.errors import OriginError, SettingsError, UsageError
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.lake.origin import REAL, claim
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.history.loads import (
    ARCHIVE,
    BTC_ID,
    FUTURES,
    NOW,
    PACE,
    SPOT,
    at,
    quick,
    series,
    sources,
)
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)


def settings(*testnets: str, on: tuple[str, ...] | None = None, **more: object) -> Settings:
    """Settings with these exchanges at their testnets, and only they on unless told."""
    venues = {exchange: {"testnet": True} for exchange in testnets}
    return load_settings(venues=venues, exchanges=list(on or testnets), **more)


def played(market: SimulatorProcess) -> Settings:
    """Settings whose testnet of Binance is the simulator's."""
    hosts = {"spot": market.endpoints[SPOT], "perp": market.endpoints[FUTURES]}
    binance = {"testnet": True, "testnet_urls": hosts}
    return load_settings(exchanges=["binance"], venues={"binance": binance})


def test_find_sources_given_testnets_are_of_one_origin_without_archives() -> None:
    found = find_sources(settings("binance", "bybit"))

    assert found.origin == "testnet"
    assert {name: ends.archive for name, ends in found.endpoints.items()} == {
        "binance": None,
        "bybit": None,
    }
    assert found.venue("bybit").endpoints.rest == {"rest": ["https://api-testnet.bybit.com"]}


def test_find_sources_given_testnets_and_production_refuses_to_mix_them() -> None:
    with pytest.raises(
        SettingsError, match=r"testnets are asked of binance, and production of okx: .*S=binance"
    ):
        find_sources(settings("binance", on=("okx", "binance")))


def test_find_sources_given_a_testnet_and_a_simulator_refuses_to_mix_them(
    synthetic: SimulatorProcess,
) -> None:
    with pytest.raises(SettingsError, match=r"no testnets: unset CRYPTO_VENUES__BYBIT__TESTNET or"):
        find_sources(settings("bybit", simulator_url=synthetic.url))


@pytest.mark.parametrize(
    ("on", "other", "said"),
    [("binance", "okx", "OKX__TESTNET is false"), ("okx", "binance", "BINANCE__TESTNET is true")],
)
def test_venue_given_an_exchange_that_is_off_and_of_another_origin_is_refused(
    on: str, other: str, said: str
) -> None:
    found = find_sources(settings("binance", on=(on,)))

    assert found.venue(on).exchange == on
    with pytest.raises(UsageError, match=said):
        found.venue(other)


@pytest.mark.parametrize("exchange", ["bybit", "coinbase", "okx"])
def test_find_sources_given_a_key_that_nobody_takes_names_who_does(exchange: str) -> None:
    key = "read-only-1"
    with pytest.raises(
        SettingsError, match=f"{exchange} takes no key .* take one: binance"
    ) as said:
        find_sources(load_settings(venues={exchange: {"api_key": key}}))
    assert key not in str(said.value)


def test_find_sources_given_a_key_of_binance_takes_it() -> None:
    key = "read-only-1"
    found = find_sources(load_settings(venues={"binance": {"api_key": key}}))
    assert found.endpoints["binance"].api_key == key


def test_load_given_a_testnet_lands_a_day_of_its_rest_alone(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    found = find_sources(played(synthetic))
    before = synthetic.counters()[ARCHIVE]["requests"]
    claim(lake, found.origin)
    day, wanted = Span(at("2025-02-08"), at("2025-02-09")), [series("BTC/USDT", "1m")]

    run = Load(lake, found.venue("binance"), wanted, day, now=NOW, pace=PACE, patience=quick())
    (report,) = run.reports()

    assert report.error is None
    assert sources(lake) == {"rest": 1440}
    assert rows(lake, "SELECT DISTINCT entity_id FROM market.klines") == [(BTC_ID,)]
    assert synthetic.counters()[ARCHIVE]["requests"] == before
    with pytest.raises(OriginError, match="of origin 'testnet' and refuses 'real'"):
        claim(lake, REAL)
