"""What it means that an exchange does not answer as it should, and what a person can do.

What belongs here: reading an error's causes, and the advice. What does not: asking
(`cli/doctor_venues.py`). Nothing here shows a proxy's user or password.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from crypto_pipeline.errors import DecodeError, SourceBusyError, SourceError, VenueBlockedError
from crypto_pipeline.logs import MASK, USERINFO

LONGEST_REASON = 300

MARKET_DATA_ONLY = {"api.binance.com": "https://data-api.binance.vision"}
"""Hosts that serve the same public market data, by the host that may refuse a country."""


def reason_of(error: Exception) -> str:
    """Why, in words, without userinfo."""
    reason = error.reason if isinstance(error, SourceError) else str(error)
    return USERINFO.sub(f"{MASK}@", " ".join(reason.split()))[:LONGEST_REASON]


def is_passing(error: Exception) -> bool:
    """Whether the exchange answered, and only asks to come back later."""
    return isinstance(error, SourceBusyError) and "HTTP" in error.reason


def advice_on(error: Exception, subject: str, url: str) -> str:
    """What a person can do about an endpoint's failure.

    Args:
        error: what asking ended in.
        subject: the endpoint as the doctor calls it, `<exchange> archive` or `<exchange> … REST`.
        url: its base URL.
    """
    proxy = f"CRYPTO_VENUES__{subject.split()[0].upper()}__HTTP_PROXY"
    if isinstance(error, VenueBlockedError):
        return _on_refusal(error, subject, url, proxy)
    if is_passing(error):
        return _on_busy(error)
    if isinstance(error, DecodeError):
        return "something else than the exchange answers: a login page of the network, or a proxy"
    if isinstance(error, SourceBusyError):
        return _on_silence(error, url, proxy)
    return "see the message"


def _on_refusal(error: VenueBlockedError, subject: str, url: str, proxy: str) -> str:
    if "(418)" in error.reason:
        return (
            "this address asked too much and is banned, for minutes up to days: stop everything "
            "that asks, wait, then load with a lower CRYPTO_DOWNLOADS"
        )
    meaning = (
        "by law or by choice it does not serve the country of your address"
        if "(451)" in error.reason
        else "it refuses your address: its country, or too many requests (then it passes)"
    )
    ways = [f"set {proxy} to a proxy in a country it serves, where its terms and your law allow it"]
    if subject.endswith("REST"):
        host = urlsplit(url).hostname or ""
        if host in MARKET_DATA_ONLY:
            name = f"CRYPTO_VENUES__{subject.split()[0].upper()}__REST_URLS__SPOT"
            ways.append(f"set {name}={MARKET_DATA_ONLY[host]}, which serves market data alone")
        ways.append(
            "or do without REST: the archive has everything up to yesterday or the day before"
        )
    return f"{meaning}; {'; '.join(ways)}"


def _on_busy(error: Exception) -> str:
    if "429" in str(error):
        return "too many requests from this address: wait a minute; lower CRYPTO_DOWNLOADS"
    return "the exchange has trouble of its own: try again later, and look at its status page"


def _on_silence(error: Exception, url: str, proxy: str) -> str:
    host = urlsplit(url).hostname
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} is not found: check the network and its DNS, or set {proxy}"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            f"the TLS certificate of {host} is not trusted: something in between reads along (add "
            f"its root certificate with SSL_CERT_FILE), or this machine's clock is wrong"
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"nothing listens there: check the address in the settings, and {proxy}"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return f"a firewall, or a country's, drops the connection without a word: set {proxy}"
    return f"the connection breaks: check the network, or set {proxy}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it; aiohttp keeps the system's own error in an attribute."""
    for _ in range(10):
        if error is None:
            return
        yield error
        for name in ("os_error", "certificate_error"):
            inner = getattr(error, name, None)
            if isinstance(inner, BaseException):
                yield inner
        error = error.__cause__ or error.__context__
