"""The values that settings are made of: how each is read, and what is valid.

What belongs here: types with their checks. What does not: the settings themselves (`settings.py`),
or wording what is wrong (`settings_problems.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from crypto_pipeline.domain.instruments import InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval, parse_interval
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings_sources import read_base

WEB_SCHEMES = ("http", "https")
PROXY_SCHEMES = (*WEB_SCHEMES, "socks5")
FIRST_DAY = date(2009, 1, 1)


@cache
def known_exchanges() -> tuple[str, ...]:
    """The exchanges that this program speaks to: those of the packaged base.yaml."""
    return tuple(read_base()["venues"])


@cache
def known_apis(
    exchange: str, urls: Literal["rest_urls", "testnet_urls"] = "rest_urls"
) -> tuple[str, ...]:
    """The REST APIs of an exchange, or of its testnet: those of the packaged base.yaml."""
    return tuple(read_base()["venues"][exchange][urls])


def refuse_testnet(testnet: bool, urls: Mapping[str, Sequence[str]]) -> None:
    """Refuse the testnet of an exchange that has no hosts for one.

    Raises:
        ValueError: it has none; names the exchanges that have.
    """
    if testnet and not urls:
        having = [name for name in known_exchanges() if known_apis(name, "testnet_urls")]
        raise ValueError(
            f"this exchange has no public testnet of market data; {', '.join(having)} have one"
        )


def _exchange(name: str) -> str:
    if name not in known_exchanges():
        raise ValueError(f"known exchanges are {', '.join(known_exchanges())}")
    return name


def _api(name: str) -> str:
    known = {api for exchange in known_exchanges() for api in known_apis(exchange)}
    if name not in known:
        raise ValueError(f"known APIs are {', '.join(sorted(known))}")
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


def _collected(kind: Kind) -> Kind:
    if kind is Kind.INSTRUMENTS:
        raise ValueError("instruments are collected of every exchange; they are no kind to choose")
    return kind


CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Of the five fields of a cron schedule: minute, hour, day of month, month, day of week."""


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != len(CRON_RANGES) or not all(map(_is_cron, fields, CRON_RANGES)):
        raise ValueError("valid is a cron schedule of five fields in numbers, such as 0 * * * *")
    return " ".join(fields)


def _is_cron(field: str, valid: tuple[int, int]) -> bool:
    for part in field.split(","):
        matched = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", part, re.ASCII)
        if matched is None:
            return False
        given = [int(number) for number in matched.groups()[:2] if number is not None]
        if given != sorted(given) or not all(valid[0] <= n <= valid[1] for n in given):
            return False
    return True


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
Api = Annotated[str, AfterValidator(_api)]
Symbol = Annotated[str, AfterValidator(_symbol)]
Url = Annotated[str, AfterValidator(_url)]
Proxy = Annotated[SecretStr, AfterValidator(_proxy)]
Urls = Annotated[list[Url], BeforeValidator(_split), Field(min_length=1)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
Symbols = Annotated[list[Symbol], BeforeValidator(_split)]
Coins = Annotated[list[Annotated[str, AfterValidator(str.upper)]], BeforeValidator(_split)]
InstrumentTypes = Annotated[list[InstrumentType], BeforeValidator(_split)]
Kinds = Annotated[list[Annotated[Kind, AfterValidator(_collected)]], BeforeValidator(_split)]
Cron = Annotated[str, AfterValidator(_cron)]
Exchanges = Annotated[list[Exchange], BeforeValidator(_split)]
Intervals = Annotated[
    list[Annotated[Interval, BeforeValidator(_interval)]], BeforeValidator(_split)
]
Day = Annotated[date, BeforeValidator(_day), Field(ge=FIRST_DAY)]
Home = Annotated[Path, AfterValidator(_absolute)]
