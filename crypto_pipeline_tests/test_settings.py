"""Settings: their defaults and layers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.errors import SettingsError
from crypto_pipeline.settings import load_settings, valid_paths
from crypto_pipeline.settings_sources import nested
from crypto_pipeline.settings_values import known_exchanges


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_load_given_nothing_gives_the_packaged_defaults(folder: Path) -> None:
    settings = load_settings()
    assert settings.home == folder / ".crypto_pipeline"
    assert settings.intervals == [Interval.M1]
    assert settings.history_start == date(2017, 8, 17)
    assert settings.venues["binance"].rest_urls["perp"] == ["https://fapi.binance.com"]
    assert settings.venues["binance"].symbols[2] == "BTC/USDT:USDT"


def test_load_given_all_layers_lets_the_stronger_win(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "crypto_pipeline.yaml").write_text("downloads: 2\ncommit_rows: 2000\nhttp_timeout: 2")
    (folder / ".env").write_text("CRYPTO_COMMIT_ROWS=3000\nCRYPTO_HTTP_TIMEOUT=3\n")
    monkeypatch.setenv("CRYPTO_HTTP_TIMEOUT", "4")
    monkeypatch.setenv("CRYPTO_WEBSERVER_PORT", "4")
    settings = load_settings(webserver_port=5)
    assert (settings.downloads, settings.commit_rows) == (2, 3000)
    assert (settings.http_timeout, settings.webserver_port) == (4, 5)


def test_load_given_part_of_a_venue_keeps_its_other_values(folder: Path) -> None:
    (folder / "crypto_pipeline.yaml").write_text(
        "venues: {binance: {rest_urls: {spot: 'http://127.0.0.1:1/'}}}"
    )
    settings = load_settings(venues={"binance": {"archive_url": "http://127.0.0.1:2"}})
    binance = settings.venues["binance"]
    assert binance.rest_urls["spot"] == ["http://127.0.0.1:1"]
    assert binance.rest_urls["perp"] == ["https://fapi.binance.com"]
    assert binance.archive_url == "http://127.0.0.1:2"


@pytest.mark.parametrize("text", ["1m,1h", " 1m , 1h,", '["1m", "1h"]', "1m,1h,1m"])
def test_load_given_a_list_in_the_environment_reads_commas_and_json(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRYPTO_INTERVALS", text)
    assert load_settings().intervals == [Interval.M1, Interval.H1]


def test_load_given_symbols_of_a_venue_reads_them_unified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTO_VENUES__BINANCE__SYMBOLS", "btc/usdt,ETH/USDT:USDT")
    assert load_settings().venues["binance"].symbols == ["BTC/USDT", "ETH/USDT:USDT"]


def test_load_given_a_venue_as_json_merges_it_with_the_nested_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRYPTO_VENUES", '{"binance": {"archive_url": "http://a"}}')
    monkeypatch.setenv("CRYPTO_VENUES__BINANCE__REST_URLS__SPOT", "http://b")
    binance = load_settings().venues["binance"]
    assert (binance.archive_url, binance.rest_urls["spot"]) == ("http://a", ["http://b"])


def test_active_exchanges_given_enabled_false_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().active_exchanges == ["binance", "okx", "bybit", "coinbase"]
    monkeypatch.setenv("CRYPTO_ENABLED", "false")
    assert load_settings().active_exchanges == []


def test_load_given_crypto_config_reads_that_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "other.yaml").write_text("downloads: 3")
    monkeypatch.setenv("CRYPTO_CONFIG", "other.yaml")
    assert load_settings().downloads == 3


def test_load_given_crypto_config_without_a_file_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRYPTO_CONFIG", "absent.yaml")
    with pytest.raises(SettingsError, match=r"CRYPTO_CONFIG = 'absent\.yaml': there is no such"):
        load_settings()


def test_load_given_variables_of_others_ignores_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRYPTO_REAL_DATA", "/data")
    monkeypatch.setenv("CRYPTO_LAKE_TICKS", "x")
    (folder / ".env").write_text("POSTGRES_HOST=db\nCRYPTO_HOME=here\n")
    assert load_settings().home == folder / "here"


def test_load_given_an_empty_variable_counts_it_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTO_DOWNLOADS", "")
    assert load_settings().downloads == 8


def test_nested_given_a_name_through_a_value_keeps_it_apart() -> None:
    variables = {"CRYPTO_A": "1", "CRYPTO_A__B": "2", "CRYPTO_C__D": "{broken"}
    assert nested(variables) == {"a": "1", "a__b": "2", "c": {"d": "{broken"}}


def test_valid_paths_given_the_defaults_all_hold_a_value() -> None:
    values = load_settings().model_dump()
    for path in valid_paths():
        node = values
        for key in path:
            node = node[key]
    assert ("venues", "binance", "rest_urls", "spot") in valid_paths()
    assert known_exchanges() == ("binance", "bybit", "coinbase", "okx")
