"""What an answer that is not good means: the status says it, or ccxt's reading of the body.

| answer | error | and |
|---|---|---|
| 2xx that is JSON and says no error | none | |
| 2xx that is not whole JSON: a maintenance page, a body that was cut | `SourceBusyError` | asked again |
| 404 | `SourceMissingError`, `SymbolRefusedError` where the body means the symbol | |
| 418 | `VenueBlockedError` | a ban; the host is left alone for Retry-After, else 2 minutes |
| 403 | `VenueBlockedError` | a ban or a country; the host is left alone for 10 minutes |
| 451 | `VenueBlockedError` | a country; the next host is asked |
| 429, or a code that means a rate limit | `SourceBusyError` | the exchange is left alone for Retry-After, else for its shortest limit's window |
| 5xx, 408, or a code that means trouble on their side | `SourceBusyError` | asked again |
| a code that means an unknown symbol | `SymbolRefusedError` | the other symbols go on |
| a code that means permission or country | `VenueBlockedError` | the next host is asked |
| 401, or a code that means the key | `SourceError` that names the setting | |
| any other | `SourceError` | the next source is asked |

Codes are judged by `handle_errors` of ccxt, which knows hundreds; `OURS` holds those that ccxt does
not know or reads as something else. What belongs here: the meaning. What does not: what is done
about it (`retrying.py`, `exchange.py`).
"""  # noqa: E501 a table's row is one line

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from http import HTTPStatus
from typing import Any

from crypto_pipeline.errors import (
    SourceBusyError,
    SourceError,
    SourceMissingError,
    SymbolRefusedError,
    VenueBlockedError,
)
from crypto_pipeline.transport.replies import Reply, is_whole, plain_words_of, retry_after, words_of

BANS = {403: 600.0, 418: 120.0}
"""Seconds for which a host is left alone after that status, where it does not say itself: Binance's
first ban is 2 minutes, Bybit asks for 10."""

STAND_INS = {
    "binance": ", such as https://data-api.binance.vision for spot,",
    "bybit": ", such as https://api.bytick.com,",
    "okx": ", such as https://openapi.okx.com,",
}
"""Other hosts of the exchanges, as they document them."""
WAY_OUT = (
    "Another host of the exchange{other} in CRYPTO_VENUES__{name}__REST_URLS, or a proxy in "
    "CRYPTO_VENUES__{name}__HTTP_PROXY, may reach it; what is in an archive is loaded from there"
)
BLOCKED = {
    403: "refuses this address (403): too many requests, or a country that it does not serve",
    418: "has banned this address for a while (418), because it was asked too often",
    451: "does not serve this country (451)",
}
"""What a refusal that no second request cures means."""


class Meaning(Enum):
    """What a coded refusal is."""

    LIMIT = "limit"
    BUSY = "busy"
    SYMBOL = "symbol"
    BLOCKED = "blocked"
    KEY = "key"
    REFUSED = "refused"


_BINANCE = (
    ('"code":-1122', Meaning.SYMBOL),
    ('"code":-4108', Meaning.SYMBOL),
    ('"code":-1008', Meaning.BUSY),
    ('"code":-1000', Meaning.BUSY),
)
OURS: Mapping[str, tuple[tuple[str, Meaning], ...]] = {
    "binance": _BINANCE,
    "binanceusdm": _BINANCE,
    "bybit": (
        ("symbol invalid", Meaning.SYMBOL),
        ('"retCode":10000', Meaning.BUSY),
        ('"retCode":10016', Meaning.BUSY),
        ('"retCode":10429', Meaning.LIMIT),
    ),
    "coinbase": (
        ('"error":"NOT_FOUND"', Meaning.SYMBOL),
        ('"error":"unauthenticated"', Meaning.KEY),
    ),
    "coinbaseexchange": (('"message":"NotFound"', Meaning.SYMBOL),),
}
"""By ccxt id, what a body without blanks holds: Binance's invalid symbol status, delivered
perpetual and overload; Bybit's wrong symbol, time-out, server error and system protection; the
unknown product and missing key of Coinbase. ccxt has no class of its own for these."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an answer that is not good means.

    Attributes:
        error: to raise.
        limited: whether a rate limit was broken, so that nothing more should be asked for a while.
        ban: seconds for which this host should be left alone, 0 where it was no ban.
    """

    error: SourceError
    limited: bool = False
    ban: float = 0.0


def is_good(reply: Reply, success: bytes) -> bool:
    """Whether the answer is good without a closer look: a 2xx, and how good bodies begin."""
    return reply.status == HTTPStatus.OK and reply.body.startswith(success) and is_whole(reply)


def by_status(reply: Reply, exchange: str) -> Refusal | None:
    """What the status alone says, or None where it does not suffice."""
    status, asked = reply.status, retry_after(reply.headers)
    if status in BLOCKED:
        ban = BANS.get(status, 0.0) if asked is None else asked
        return Refusal(
            blocked(reply.url, status, exchange, ban, said=plain_words_of(reply)), ban=ban
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        error = SourceBusyError(reply.url, f"HTTP 429{words_of(reply)}", retry_after=asked)
        return Refusal(error, limited=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        reason = f"HTTP {status}{words_of(reply)}"
        return Refusal(SourceBusyError(reply.url, reason, retry_after=asked))
    if status == HTTPStatus.OK and not is_whole(reply):
        return Refusal(SourceBusyError(reply.url, f"no whole JSON answer{words_of(reply)}"))
    return None


def by_body(reply: Reply, exchange: str, ccxt_id: str) -> Refusal | None:
    """What a coded body says, or None where it is no error after all; takes ccxt's import, once."""
    meaning = _meaning(reply, ccxt_id)
    if meaning is None and reply.status == HTTPStatus.OK:
        return None
    reason = f"HTTP {reply.status}{words_of(reply)}"
    if reply.status == HTTPStatus.NOT_FOUND and meaning is not Meaning.SYMBOL:
        return Refusal(SourceMissingError(reply.url, f"the exchange does not have it ({reason})"))
    if meaning is None and reply.status in (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    ):
        meaning = Meaning.KEY
    return _refusal(reply, exchange, meaning or Meaning.REFUSED, reason)


def archive_refusal(reply: Reply, exchange: str) -> SourceError:
    """What an archive's answer that is not 200 means.

    Never a ban: object stores answer 403 for a file that is not there, too.
    """
    if reply.status == HTTPStatus.NOT_FOUND:
        return SourceMissingError(reply.url, "the archive does not have it (404)")
    if reply.status in BLOCKED:
        return blocked(reply.url, reply.status, exchange, said=plain_words_of(reply))
    found = by_status(reply, exchange)
    return found.error if found else SourceError(reply.url, f"HTTP {reply.status}{words_of(reply)}")


def blocked(
    url: str,
    status: int,
    exchange: str,
    wait: float | None = None,
    *,
    said: str = "",
    asked: bool = True,
) -> VenueBlockedError:
    """The error of a refused address: what it is, and what can be done.

    Args:
        url: what was to be asked.
        status: 403, 418 or 451.
        exchange: its id.
        wait: seconds until it may be asked again, None where that is not known.
        said: the exchange's own words.
        asked: whether it was; else it is left alone since an answer before.
    """
    begun = BLOCKED[status] if asked else f"not asked: the host {BLOCKED[status]}"
    until = f"; it is left alone for {wait:.0f} s" if wait else ""
    return VenueBlockedError(url, f"{begun}{said}{until}. {_way_out(exchange)}")


def _way_out(exchange: str) -> str:
    return WAY_OUT.format(name=exchange.upper(), other=STAND_INS.get(exchange, ""))


def _refusal(reply: Reply, exchange: str, meaning: Meaning, reason: str) -> Refusal:
    url, asked = reply.url, retry_after(reply.headers)
    match meaning:
        case Meaning.LIMIT:
            return Refusal(SourceBusyError(url, reason, retry_after=asked), limited=True)
        case Meaning.BUSY:
            return Refusal(SourceBusyError(url, reason, retry_after=asked))
        case Meaning.SYMBOL:
            return Refusal(SymbolRefusedError(url, f"the exchange refuses this symbol: {reason}"))
        case Meaning.BLOCKED:
            said = f"the exchange refuses this address: {reason}. {_way_out(exchange)}"
            return Refusal(VenueBlockedError(url, said))
        case Meaning.KEY:
            setting = f"CRYPTO_VENUES__{exchange.upper()}__API_KEY"
            return Refusal(
                SourceError(url, f"{reason}. Mend or unset the read-only key in {setting}")
            )
        case Meaning.REFUSED:
            return Refusal(SourceError(url, reason))


def _meaning(reply: Reply, ccxt_id: str) -> Meaning | None:
    text = reply.body.decode("utf-8", "replace")
    dense = "".join(text.split(" "))
    for words, meaning in OURS.get(ccxt_id, ()):
        if words in dense or words in text:
            return meaning
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return _asked_of_ccxt(reply, ccxt_id, text, document)


def _asked_of_ccxt(reply: Reply, ccxt_id: str, text: str, document: object) -> Meaning | None:
    # ccxt is large, and a load whose answers are all good never needs it.
    import ccxt

    meanings: tuple[tuple[tuple[type[Exception], ...], Meaning], ...] = (
        ((ccxt.BadSymbol,), Meaning.SYMBOL),
        ((ccxt.RateLimitExceeded, ccxt.DDoSProtection), Meaning.LIMIT),
        ((ccxt.PermissionDenied, ccxt.AccountSuspended), Meaning.BLOCKED),
        ((ccxt.AuthenticationError,), Meaning.KEY),
        ((ccxt.NetworkError,), Meaning.BUSY),
    )
    try:
        _client(ccxt_id).handle_errors(
            reply.status, "", reply.url, "GET", dict(reply.headers), text, document, {}, None
        )
    except Exception as error:  # noqa: BLE001 ccxt stumbles over bodies of another form
        return next((m for classes, m in meanings if isinstance(error, classes)), Meaning.REFUSED)
    return None


@cache
def _client(ccxt_id: str) -> Any:
    import ccxt

    return getattr(ccxt, ccxt_id)()
