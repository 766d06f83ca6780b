"""What a person may configure, and what is valid.

What belongs here: the settings and the order of their layers. What does not: how a value is checked
(`settings_values.py`), reading a layer (`settings_sources.py`), wording what is wrong
(`settings_problems.py`), defaults (`base.yaml`, the lowest layer), and whether a venue really
offers a symbol (`venues/`).

    packaged base.yaml < crypto_pipeline.yaml (or $CRYPTO_CONFIG) < .env < environment < arguments

A variable is `CRYPTO_` and the key in capitals, nested by `__`: `CRYPTO_VENUES__BINANCE__SYMBOLS`.
A list is comma separated or JSON. An empty variable counts as not set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from crypto_pipeline.errors import SettingsError
from crypto_pipeline.settings_problems import explain, without_userinfo
from crypto_pipeline.settings_sources import KeyPath, Layer, read_layers
from crypto_pipeline.settings_values import (
    Api,
    Coins,
    Cron,
    Day,
    Exchange,
    Exchanges,
    Home,
    InstrumentTypes,
    Intervals,
    Kinds,
    LogLevel,
    Proxy,
    Symbols,
    Url,
    Urls,
    known_apis,
    known_exchanges,
    refuse_testnet,
)


class _Discreet(BaseModel):
    """A model whose repr hides userinfo in URLs."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, _discreet(value)


def _discreet(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _discreet(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_discreet(item) for item in value]
    return without_userinfo(value) if isinstance(value, str) and "://" in value else value


class UniverseSettings(BaseModel):
    """Which instruments of an exchange are collected by rule, beside those listed by symbol."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    instrument_types: InstrumentTypes = Field(description="a list of spot, perp")
    quote: Coins = Field(description="a list of coins such as USDT")
    top: int = Field(ge=0, le=5000, description="a whole number from 0 to 5000")
    by: Literal["volume"] = Field(description="volume")
    include: Symbols = Field(description="a list of symbols such as BTC/USDT or BTC/USDT:USDT")
    exclude: Symbols = Field(description="a list of symbols such as BTC/USDT or BTC/USDT:USDT")


class VenueSettings(_Discreet):
    """How one exchange is reached, and what is collected there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    archive_url: Url | None = Field(description="an http:// or https:// URL, or null")
    rest_urls: dict[Api, Urls] = Field(
        description="a mapping of the exchange's APIs to http:// or https:// URLs"
    )
    testnet_urls: dict[Api, Urls] = Field(
        description="a mapping of the exchange's APIs to http:// or https:// URLs, or {}"
    )
    testnet: bool = Field(description="true or false")
    api_key: SecretStr | None = Field(description="a read-only key, or null")
    http_proxy: Proxy | None = Field(
        description="http://host:port, https://host:port or socks5://host:port, or null"
    )
    ws_proxy: Proxy | None = Field(
        description="http://host:port, https://host:port or socks5://host:port, or null"
    )
    symbols: Symbols = Field(description="a list of symbols such as BTC/USDT or BTC/USDT:USDT")
    kinds: Kinds = Field(description="a list of klines, trades, agg_trades, funding, order_book")
    universe: UniverseSettings = Field(
        description="a mapping of instrument_types, quote, top, by, include, exclude"
    )

    @field_validator("testnet")
    @classmethod
    def _has_testnet(cls, testnet: bool, info: ValidationInfo) -> bool:
        if "testnet_urls" in info.data:
            refuse_testnet(testnet, info.data["testnet_urls"])
        return testnet

    @property
    def asked_archive_url(self) -> str | None:
        """The archive that is asked: none beside a testnet, for it is production's."""
        return None if self.testnet else self.archive_url

    @property
    def asked_rest_urls(self) -> Mapping[str, Sequence[str]]:
        """The REST APIs that are asked: the testnet's or production's."""
        return self.testnet_urls if self.testnet else self.rest_urls


def _known_urls(venues: dict[str, VenueSettings]) -> dict[str, VenueSettings]:
    for exchange, venue in venues.items():
        known = known_apis(exchange)
        if not set(venue.rest_urls) == set(venue.testnet_urls or known) == set(known):
            raise ValueError(f"the REST APIs of {exchange} are {', '.join(known)}")
    return venues


class Settings(_Discreet, BaseSettings):
    """All that may be configured; immutable. `load_settings` is the way to one."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Home = Field(description="a folder's path")
    simulator_url: Url | None = Field(description="an http:// or https:// URL, or null")
    clock_url: Url | None = Field(description="an http:// or https:// URL, or null")
    enabled: bool = Field(description="true or false")
    exchanges: Exchanges = Field(description="a list of exchanges, such as binance")
    intervals: Intervals = Field(
        min_length=1, description="a list of at least one interval, such as 1m,1h"
    )
    history_start: Day = Field(description="a day from 2009-01-01 on, written as 2017-08-17")
    order_book_schedule: Cron = Field(
        description="a cron schedule of five fields in numbers, such as 0 * * * *"
    )
    log_level: LogLevel = Field(description="one of DEBUG, INFO, WARNING, ERROR")
    commit_rows: int = Field(
        ge=1_000, le=5_000_000, description="a whole number from 1000 to 5000000"
    )
    downloads: int = Field(ge=1, le=64, description="a whole number from 1 to 64")
    http_timeout: float = Field(gt=0, le=600, description="seconds, above 0 and up to 600")
    raw_retention_days: int | None = Field(
        ge=0, le=36_500, description="a whole number of days from 0 to 36500, or null"
    )
    limits_folder: Home | None = Field(description="a folder's path, or null")
    webserver_port: int = Field(ge=0, le=65535, description="a whole number from 0 to 65535")
    venues: Annotated[dict[Exchange, VenueSettings], AfterValidator(_known_urls)] = Field(
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
    nested = ("rest_urls", "testnet_urls", "universe")
    fields: list[KeyPath] = [(name,) for name in VenueSettings.model_fields if name not in nested]
    fields += [("universe", name) for name in UniverseSettings.model_fields]
    return top + [
        ("venues", venue, *rest)
        for venue in known_exchanges()
        for rest in [
            *fields,
            *(("rest_urls", api) for api in known_apis(venue)),
            *(("testnet_urls", api) for api in known_apis(venue, "testnet_urls")),
        ]
    ]
