"""What a person may configure, and what is valid.

What belongs here: the settings, their checks, and the order of their layers. What does not: reading
a layer (`settings_sources.py`), wording what is wrong (`settings_problems.py`), defaults
(`base.yaml`, the lowest layer), and whether a venue really offers a symbol (`venues/`).

    packaged base.yaml < crypto_pipeline.yaml (or $CRYPTO_CONFIG) < .env < environment < arguments

A variable is `CRYPTO_` and the key in capitals, nested by `__`: `CRYPTO_VENUES__BINANCE__SYMBOLS`.
A list is comma separated or JSON. An empty variable counts as not set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from crypto_pipeline.domain.instruments import InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval, parse_interval
from crypto_pipeline.errors import SettingsError, UsageError
from crypto_pipeline.settings_problems import explain, without_userinfo
from crypto_pipeline.settings_sources import KeyPath, Layer, read_base, read_layers

WEB_SCHEMES = ("http", "https")
PROXY_SCHEMES = (*WEB_SCHEMES, "socks5")
FIRST_DAY = date(2009, 1, 1)


@cache
def known_exchanges() -> tuple[str, ...]:
    """The exchanges that this program speaks to: those of the packaged base.yaml."""
    return tuple(read_base()["venues"])


def _exchange(name: str) -> str:
    if name not in known_exchanges():
        raise ValueError(f"known exchanges are {', '.join(known_exchanges())}")
    return name


def _split(value: Any) -> Any:
    """A list from `a,b` or from JSON; without doubles, in the order given."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("valid is a comma separated list, or a JSON one") from None
    elif isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return list(dict.fromkeys(value)) if _is_texts(value) else value


def _is_texts(value: Any) -> bool:
    return isinstance(value, Iterable) and all(isinstance(item, str) for item in value)


def _interval(value: Any) -> Any:
    try:
        return parse_interval(value) if isinstance(value, str) else value
    except UsageError as error:
        raise ValueError(str(error)) from None


def _symbol(text: str) -> str:
    try:
        return parse_symbol("", text).symbol
    except UsageError as error:
        raise ValueError(str(error)) from None


def _day(value: Any) -> Any:
    # pydantic would read digits as seconds since 1970.
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        raise ValueError("valid is a day written as 2017-08-17")
    if isinstance(value, int | float):
        raise ValueError("valid is a day written as 2017-08-17")
    return value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _url(text: str) -> str:
    """An http or https URL without query and without a slash at its end."""
    if not _is_url(text, WEB_SCHEMES):
        raise ValueError("valid is a URL that starts with http:// or https:// and names a host")
    return text.strip().rstrip("/")


def _proxy(secret: SecretStr) -> SecretStr:
    """A proxy's URL without a path: one there is a password with a slash that is not encoded."""
    url = secret.get_secret_value().strip().rstrip("/")
    if not _is_url(url, PROXY_SCHEMES) or urlsplit(url).path:
        raise ValueError("valid is http://host:port, https://host:port or socks5://host:port")
    return SecretStr(url)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text.strip())
        return _names_host(parts, schemes) and parts.port != 0
    except ValueError:
        return False


def _names_host(parts: SplitResult, schemes: tuple[str, ...]) -> bool:
    host = parts.hostname or ""
    return (
        parts.scheme in schemes
        and re.fullmatch(r"[\w.:-]+", host) is not None
        and not parts.query
        and not parts.fragment
    )


Exchange = Annotated[str, AfterValidator(_exchange)]
Symbol = Annotated[str, AfterValidator(_symbol)]
Url = Annotated[str, AfterValidator(_url)]
Proxy = Annotated[SecretStr, AfterValidator(_proxy)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class _Discreet(BaseModel):
    """A model whose repr hides userinfo in URLs."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, _discreet(value)


def _discreet(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _discreet(item) for key, item in value.items()}
    return without_userinfo(value) if isinstance(value, str) and "://" in value else value


class VenueSettings(_Discreet):
    """How one exchange is reached, and what is collected there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    archive_url: Url = Field(description="an http:// or https:// URL")
    rest_urls: dict[InstrumentType, Url] = Field(
        description="a mapping of spot and perp to http:// or https:// URLs"
    )
    http_proxy: Proxy | None = Field(
        description="http://host:port, https://host:port or socks5://host:port, or null"
    )
    ws_proxy: Proxy | None = Field(
        description="http://host:port, https://host:port or socks5://host:port, or null"
    )
    symbols: Annotated[list[Symbol], BeforeValidator(_split)] = Field(
        description="a list of symbols such as BTC/USDT or BTC/USDT:USDT"
    )


class Settings(_Discreet, BaseSettings):
    """All that may be configured; immutable. `load_settings` is the way to one."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Annotated[Path, AfterValidator(_absolute)] = Field(description="a folder's path")
    simulator_url: Url | None = Field(description="an http:// or https:// URL, or null")
    clock_url: Url | None = Field(description="an http:// or https:// URL, or null")
    enabled: bool = Field(description="true or false")
    exchanges: Annotated[list[Exchange], BeforeValidator(_split)] = Field(
        description="a list of exchanges, such as binance"
    )
    intervals: Annotated[
        list[Annotated[Interval, BeforeValidator(_interval)]], BeforeValidator(_split)
    ] = Field(min_length=1, description="a list of at least one interval, such as 1m,1h")
    history_start: Annotated[date, BeforeValidator(_day)] = Field(
        ge=FIRST_DAY, description="a day from 2009-01-01 on, written as 2017-08-17"
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        description="one of DEBUG, INFO, WARNING, ERROR"
    )
    commit_rows: int = Field(
        ge=1_000, le=5_000_000, description="a whole number from 1000 to 5000000"
    )
    downloads: int = Field(ge=1, le=64, description="a whole number from 1 to 64")
    http_timeout: float = Field(gt=0, le=600, description="seconds, above 0 and up to 600")
    webserver_port: int = Field(ge=0, le=65535, description="a whole number from 0 to 65535")
    venues: dict[Exchange, VenueSettings] = Field(
        description="a mapping of exchanges to their settings"
    )

    @property
    def active_exchanges(self) -> list[str]:
        """The exchanges that are collected: none where `enabled` is false."""
        return list(self.exchanges) if self.enabled else []

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Our layers instead of the stock ones, which do not remember who wrote what."""
        return tuple(read_layers(settings_cls, init_settings()))


def load_settings(**arguments: Any) -> Settings:
    """Read, merge and check all layers.

    Args:
        arguments: the strongest layer, by key; a nested one is a mapping, and is merged.

    Raises:
        SettingsError: a file cannot be read, a key is unknown, or a value is wrong. All wrong
            values are named at once, a line each, and no secret is.
    """
    try:
        return Settings(**arguments)
    except ValidationError as error:
        found = error
    # Raised outside the handler: a chained validation error would carry the values themselves.
    layers: list[Layer] = read_layers(Settings, arguments)
    raise SettingsError(explain(found, layers, Settings, valid_paths()))


def valid_paths() -> list[KeyPath]:
    """Where every setting stands, for suggestions."""
    top: list[KeyPath] = [(name,) for name in Settings.model_fields if name != "venues"]
    fields = [(name,) for name in VenueSettings.model_fields if name != "rest_urls"]
    types = [("rest_urls", kind.value) for kind in InstrumentType]
    return top + [
        ("venues", venue, *rest) for venue in known_exchanges() for rest in fields + types
    ]
