"""The real venues as a simulator plays them, cheap requests of each, and retries that hardly wait.

What belongs here: what several of these tests ask. What does not: what they expect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crypto_pipeline.errors import SourceError
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue

SPOT, SPOT_TWIN = "api.binance.com", "data-api.binance.vision"
HOSTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "binance": {"spot": [SPOT, SPOT_TWIN], "perp": ["fapi.binance.com"]},
    "okx": {"rest": ["www.okx.com", "openapi.okx.com"]},
    "bybit": {"rest": ["api.bybit.com", "api.bytick.com"]},
    "coinbase": {"advanced": ["api.coinbase.com"], "exchange": ["api.exchange.coinbase.com"]},
}
"""By exchange and API: the production hosts."""

TIME = Request("spot", "/api/v3/time", costs={"spot_weight": 1, "spot_raw": 1})
INFO = Request("spot", "/api/v3/exchangeInfo", {"symbol": "BTCUSDT"}, {"spot_weight": 20})
OKX_TIME = Request("rest", "/api/v5/public/time", costs={"time": 1})
BYBIT_TIME = Request("rest", "/v5/market/time", costs={"time": 1, "requests": 1})
COINBASE_TIME = Request("exchange", "/time", costs={"exchange": 1})
ADVANCED_TIME = Request("advanced", "/api/v3/brokerage/time", costs={"advanced": 1})


def quick(given_up: float = 60.0) -> Patience:
    """Retries that hardly wait."""
    return Patience(wait_initial=0.01, wait_max=0.05, given_up=given_up)


def venue(
    exchange: str,
    addresses: Mapping[str, str],
    *,
    hurry: float = 1.0,
    proxy: str | None = None,
    api_key: str | None = None,
    timeout: float = 5.0,
) -> Venue:
    """An exchange, its production hosts replaced by these addresses."""
    rest = {
        api: [addresses[host] for host in hosts if host in addresses]
        for api, hosts in HOSTS[exchange].items()
    }
    given = Endpoints(None, {api: urls for api, urls in rest.items() if urls})
    endpoints = replace(given, proxy=proxy, api_key=api_key, timeout=timeout, hurry=hurry)
    return find_venue(exchange)(endpoints)


def outcomes(
    asked: Venue,
    *requests: Request,
    patience: Patience | None = None,
    folder: Path | None = None,
) -> list[Answer | SourceError]:
    """What each of these requests, one after the other, ends in."""

    async def ask_all() -> list[Answer | SourceError]:
        found: list[Answer | SourceError] = []
        trusted = patience or quick()
        async with Exchange(asked, patience=trusted, limits_folder=folder) as exchange:
            for request in requests:
                try:
                    found.append(await exchange.get(request))
                except SourceError as error:
                    found.append(error)
        return found

    return asyncio.run(ask_all())


def refused(
    asked: Venue, request: Request, *, patience: Patience | None = None, folder: Path | None = None
) -> SourceError:
    """The error that one request ends in."""
    (error,) = outcomes(asked, request, patience=patience, folder=folder)
    assert isinstance(error, SourceError)
    return error


def answered(
    asked: Venue, request: Request, *, patience: Patience | None = None, folder: Path | None = None
) -> Answer:
    """The answer that one request gets."""
    (answer,) = outcomes(asked, request, patience=patience, folder=folder)
    assert isinstance(answer, Answer), answer
    return answer


def downloaded(asked: Venue, url: str) -> bytes:
    """A file."""

    async def download() -> bytes:
        async with Exchange(asked, patience=quick()) as exchange:
            return await exchange.download(url)

    return asyncio.run(download())
