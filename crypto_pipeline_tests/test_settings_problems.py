"""What a wrong setting says, and that no secret is shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from crypto_pipeline.errors import SettingsError
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline.settings_problems import shown, without_userinfo
from crypto_pipeline.settings_sources import parse_yaml

LOGIN = "someone:pass-1@"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(**arguments: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(**arguments)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("CRYPTO_DOWNLOADS", "many", "valid is a whole number from 1 to 64"),
        ("CRYPTO_DOWNLOADS", "0", "valid is a whole number from 1 to 64"),
        ("CRYPTO_ENABLED", "perhaps", "valid is true or false"),
        ("CRYPTO_EXCHANGES", "kraken", "known exchanges are binance"),
        ("CRYPTO_INTERVALS", "7m", "valid are 1m 3m 5m 15m 30m 1h 2h 4h 6h 12h 1d"),
        ("CRYPTO_HISTORY_START", "2008-12-31", "valid is a day from 2009-01-01 on"),
        ("CRYPTO_HISTORY_START", "1500000000", "valid is a day written as 2017-08-17"),
        ("CRYPTO_LOG_LEVEL", "loud", "valid is one of DEBUG, INFO, WARNING, ERROR"),
        ("CRYPTO_CLOCK_URL", "localhost:80", "valid is a URL that starts with http://"),
        ("CRYPTO_SIMULATOR_URL", "http://h:99999", "valid is a URL that starts with http://"),
        ("CRYPTO_VENUES__BINANCE__ARCHIVE_URL", "ftp://a", "valid is a URL that starts with"),
        ("CRYPTO_VENUES__BINANCE__SYMBOLS", "BTCUSDT", "write BASE/QUOTE for a spot pair"),
        ("CRYPTO_VENUES__BINANCE__WS_PROXY", "ftp://h:1", "valid is http://host:port, https://"),
    ],
)
def test_load_given_a_wrong_variable_names_key_value_source_and_valid(
    name: str, value: str, valid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    (line,) = refused()
    assert line.startswith(f"{name} = '{value}' (environment): ")
    assert valid in line


def test_load_given_an_empty_list_of_intervals_is_refused() -> None:
    (line,) = refused(intervals=[])
    assert line.startswith("intervals = a list (argument): valid is a list of at least one")


def test_load_given_broken_json_for_a_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTO_EXCHANGES", '["binance"')
    (line,) = refused()
    assert line.endswith("valid is a comma separated list, or a JSON one")


def test_load_given_wrong_values_in_each_layer_names_each_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "crypto_pipeline.yaml").write_text("venues: {binance: {archive_url: 'ftp://a'}}")
    (folder / ".env").write_text("CRYPTO_DOWNLOADS=many\n")
    monkeypatch.setenv("CRYPTO_ENABLED", "perhaps")
    places = [line.split(": ")[0] for line in refused(log_level="loud")]
    assert places == [
        f"CRYPTO_DOWNLOADS = 'many' ({folder / '.env'})",
        "CRYPTO_ENABLED = 'perhaps' (environment)",
        "log_level = 'loud' (argument)",
        f"venues.binance.archive_url = 'ftp://a' ({folder / 'crypto_pipeline.yaml'})",
    ]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CRYPTO_HOEM", "CRYPTO_HOME"),
        ("CRYPTO_HOME__X", "CRYPTO_HOME"),
        ("CRYPTO_VENUES__BINANCE__ARCHIV_URL", "CRYPTO_VENUES__BINANCE__ARCHIVE_URL"),
        ("CRYPTO_VENUES__BINANC__WS_PROXY", "CRYPTO_VENUES__BINANCE__WS_PROXY"),
        ("CRYPTO_VENUES__BINANCE__REST_URLS__SPOTS", "CRYPTO_VENUES__BINANCE__REST_URLS__SPOT"),
    ],
)
def test_load_given_an_unknown_variable_suggests_the_nearest(
    name: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRYPTO_HOME", "here")
    monkeypatch.setenv(name, "hidden-value")
    assert refused() == [
        f"{name} (environment): there is no such setting; the nearest is {nearest}"
    ]


def test_load_given_unknown_keys_in_files_suggests_the_nearest(folder: Path) -> None:
    (folder / "crypto_pipeline.yaml").write_text("venues: {binance: {symbol: BTC/USDT}}")
    (folder / ".env").write_text("CRYPTO_HOEM=here\n")
    assert refused() == [
        f"CRYPTO_HOEM ({folder / '.env'}): there is no such setting; the nearest is CRYPTO_HOME",
        f"venues.binance.symbol ({folder / 'crypto_pipeline.yaml'}): there is no such setting; "
        "the nearest is venues.binance.symbols",
    ]


def test_load_given_a_scalar_for_a_venue_names_the_venue() -> None:
    (line,) = refused(venues={"binance": "http://a"})
    assert line.startswith("venues.binance = 'http://a' (argument): valid is a mapping")


def test_load_given_broken_yaml_names_file_and_line_and_quotes_nothing(folder: Path) -> None:
    (folder / "crypto_pipeline.yaml").write_text(f"home: a\nx: http://{LOGIN}h: 1\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{folder / 'crypto_pipeline.yaml'}, line 2, column ")
    assert "pass-1" not in str(caught.value)


@pytest.mark.parametrize("text", ["- a", "just words", "a: \x07"])
def test_parse_yaml_given_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^here"):
        parse_yaml(text, "here")


def test_load_given_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read: it is not UTF-8 text"):
        load_settings()


def test_repr_given_passwords_shows_none() -> None:
    settings = load_settings(
        clock_url=f"http://{LOGIN}h",
        venues={
            "binance": {
                "http_proxy": f"socks5://{LOGIN}h:1",
                "rest_urls": {"spot": f"http://{LOGIN}a"},
            }
        },
    )
    proxy = settings.venues["binance"].http_proxy
    assert "pass-1" not in f"{settings!r} {settings} {settings.venues}"
    assert proxy is not None
    assert proxy.get_secret_value() == f"socks5://{LOGIN}h:1"


@pytest.mark.parametrize(
    "value", [f"ftp://{LOGIN}h:1", f"{LOGIN}h", "pass-1", "http://pa/pass-1@h"]
)
def test_error_given_a_wrong_proxy_shows_no_password(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRYPTO_VENUES__BINANCE__HTTP_PROXY", value)
    monkeypatch.setenv("CRYPTO_API_SECRET", "pass-1")
    monkeypatch.setenv("CRYPTO_CLOCK_URL", f"ftp://{LOGIN}h")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    text = "".join(traceback.format_exception(caught.value))
    assert "CRYPTO_VENUES__BINANCE__HTTP_PROXY = " in text
    assert "pass-1" not in text
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://a:b@h:1", "http://***@h:1"),
        ("http://a:b@c@h", "http://***@h"),
        ("a:b@h", "***@h"),
        ("http://h:1", "http://h:1"),
    ],
)
def test_without_userinfo_given_a_url_keeps_what_is_public(text: str, masked: str) -> None:
    assert without_userinfo(text) == masked


def test_shown_given_a_long_value_shortens_it() -> None:
    assert len(shown("x" * 1000)) == 202


def test_every_field_given_an_error_has_words_for_what_is_valid() -> None:
    assert all(field.description for field in Settings.model_fields.values())
