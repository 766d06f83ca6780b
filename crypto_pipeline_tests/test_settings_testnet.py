"""The settings of testnets: which exchanges have one, and what is asked there."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import SettingsError
from crypto_pipeline.settings import load_settings, valid_paths


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)


def wrong(**venues: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(venues=venues)
    (line,) = str(caught.value).splitlines()[1:]
    return line.strip()


def test_load_given_nothing_asks_production_everywhere() -> None:
    venues = load_settings().venues
    assert {name: venue.testnet for name, venue in venues.items()} == dict.fromkeys(venues, False)
    assert venues["binance"].asked_rest_urls == venues["binance"].rest_urls
    assert venues["binance"].asked_archive_url == "https://data.binance.vision"


@pytest.mark.parametrize(
    ("exchange", "urls"),
    [
        (
            "binance",
            {"spot": ["https://testnet.binance.vision"], "perp": ["https://demo-fapi.binance.com"]},
        ),
        ("bybit", {"rest": ["https://api-testnet.bybit.com"]}),
    ],
)
def test_load_given_a_testnet_asks_its_hosts_and_no_archive(
    exchange: str, urls: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CRYPTO_VENUES__{exchange.upper()}__TESTNET", "true")
    venue = load_settings().venues[exchange]
    assert venue.asked_rest_urls == urls
    assert venue.asked_archive_url is None


@pytest.mark.parametrize("exchange", ["okx", "coinbase"])
def test_load_given_a_testnet_that_there_is_not_names_those_that_are(
    exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CRYPTO_VENUES__{exchange.upper()}__TESTNET", "true")
    assert wrong() == (
        f"CRYPTO_VENUES__{exchange.upper()}__TESTNET = 'true' (environment): this exchange has no "
        "public testnet of market data; binance, bybit have one"
    )


def test_load_given_hosts_for_a_testnet_of_one_s_own_asks_them() -> None:
    own = {"testnet": True, "testnet_urls": {"rest": "http://127.0.0.1:1/"}}
    assert load_settings(venues={"okx": own}).venues["okx"].asked_rest_urls == {
        "rest": ["http://127.0.0.1:1"]
    }


def test_load_given_hosts_for_part_of_a_testnet_names_the_apis() -> None:
    half = {"testnet_urls": {"exchange": "http://127.0.0.1:1"}}
    assert wrong(coinbase=half).endswith("the REST APIs of coinbase are advanced, exchange")


def test_load_given_a_wrong_host_of_a_testnet_complains_of_it_alone() -> None:
    line = wrong(binance={"testnet": True, "testnet_urls": {"spot": "ftp://a"}})
    assert line.startswith(
        "venues.binance.testnet_urls.spot = 'ftp://a' (argument): valid is a URL"
    )


def test_valid_paths_given_testnets_name_their_apis() -> None:
    named = {path[1:] for path in valid_paths() if "testnet_urls" in path}
    assert named == {
        ("binance", "testnet_urls", "spot"),
        ("binance", "testnet_urls", "perp"),
        ("bybit", "testnet_urls", "rest"),
    }
