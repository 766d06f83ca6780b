"""Where each exchange is spoken to in this process, and what origin its data has.

What belongs here: turning settings into endpoints, through a simulator's list where one is named.
What does not: the settings themselves, or the simulator (`simulator/`), which is asked over HTTP
like any other program.
"""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from crypto_pipeline.errors import SettingsError, SourceBusyError, UsageError
from crypto_pipeline.lake.origin import REAL, TESTNET
from crypto_pipeline.settings import Settings, VenueSettings
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue

TIMEOUT = 10.0
LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """The exchanges as this process reaches them.

    Attributes:
        origin: `real`, `testnet`, or `simulator:<seed>`; recordings of real data are real.
        endpoints: by exchange; those that have data of another origin are left out.
    """

    origin: str
    endpoints: Mapping[str, Endpoints]

    def venue(self, exchange: str) -> Venue:
        """A fresh client of one exchange.

        Raises:
            UsageError: the exchange is not known, or has data of another origin.
        """
        venue = find_venue(exchange)
        if exchange not in self.endpoints:
            raise UsageError(
                f"{exchange} is not asked: {_testnet_name(exchange)} is "
                f"{'false' if self.origin == TESTNET else 'true'}, and data of origin "
                f"'{self.origin}' is collected here. Give it a CRYPTO_HOME of its own."
            )
        return venue(self.endpoints[exchange])


@dataclass(frozen=True, slots=True)
class _Simulator:
    """What a simulator says of itself; without one there are no hosts of its own.

    Attributes:
        hosts: its addresses by production host.
        origin: of its data.
        hurry: how much faster than a real one's its limits pass.
    """

    hosts: Mapping[str, str]
    origin: str = REAL
    hurry: float = 1.0


def find_sources(settings: Settings) -> Sources:
    """Read the endpoints of all configured exchanges; under a simulator, ask it for its own.

    Under a simulator every production host is replaced by the simulator's; an address that a person
    set to something else stays. The exchanges that are on say whether testnets are asked.

    Raises:
        SourceBusyError: the simulator cannot be reached.
        SettingsError: a key is set that nobody takes, or testnets are mixed with something else.
        UsageError: the simulator does not serve a production host that is configured.
    """
    _refuse_vain_keys(settings)
    testnet = _asks_testnets(settings)
    simulator = _meet(settings.simulator_url)
    endpoints = {
        exchange: _endpoints(venue, simulator, settings)
        for exchange, venue in settings.venues.items()
        if venue.testnet is testnet
    }
    return Sources(TESTNET if testnet else simulator.origin, endpoints)


def _refuse_vain_keys(settings: Settings) -> None:
    """Refuse a key for an exchange that takes none: it would be ignored."""
    takers = [name for name in settings.venues if find_venue(name).key_header is not None]
    for exchange, venue in settings.venues.items():
        if venue.api_key is not None and exchange not in takers:
            raise SettingsError(
                f"CRYPTO_VENUES__{exchange.upper()}__API_KEY is set, and {exchange} takes no key "
                f"for market data: unset it. Exchanges that take one: {', '.join(takers)}."
            )


def _asks_testnets(settings: Settings) -> bool:
    """Whether the exchanges that are on are asked at their testnets: all of them, or none."""
    tested = [name for name in settings.exchanges if settings.venues[name].testnet]
    others = [name for name in settings.exchanges if name not in tested]
    if tested and others:
        raise SettingsError(
            f"testnets are asked of {', '.join(tested)}, and production of {', '.join(others)}: a "
            f"home holds data of one origin. Set CRYPTO_EXCHANGES={','.join(tested)} and a "
            f"CRYPTO_HOME of its own, or unset {_testnet_name(tested[0])}."
        )
    if tested and settings.simulator_url is not None:
        raise SettingsError(
            f"the simulator has no testnets: unset {_testnet_name(tested[0])} or "
            f"CRYPTO_SIMULATOR_URL"
        )
    return bool(tested)


def _testnet_name(exchange: str) -> str:
    return f"CRYPTO_VENUES__{exchange.upper()}__TESTNET"


def _meet(simulator_url: str | None) -> _Simulator:
    if simulator_url is None:
        return _Simulator({})
    return _Simulator(
        hosts=_ask(simulator_url, "endpoints"),
        origin=str(_ask(simulator_url, "origin")["origin"]),
        hurry=float(_ask(simulator_url, "rules")["hurry"]),
    )


def _endpoints(venue: VenueSettings, simulator: _Simulator, settings: Settings) -> Endpoints:
    archive = venue.asked_archive_url
    return Endpoints(
        archive=_resolve(archive, simulator.hosts, settings) if archive else None,
        rest={
            api: [_resolve(url, simulator.hosts, settings) for url in urls]
            for api, urls in venue.asked_rest_urls.items()
        },
        proxy=venue.http_proxy.get_secret_value() if venue.http_proxy else None,
        api_key=venue.api_key.get_secret_value() if venue.api_key else None,
        timeout=settings.http_timeout,
        hurry=simulator.hurry,
        limits_folder=settings.limits_folder,
    )


def _resolve(url: str, local: Mapping[str, str], settings: Settings) -> str:
    """The simulator's address for a production host; any other address as it is."""
    parts = urlsplit(url)
    if parts.netloc in local:
        return local[parts.netloc].rstrip("/") + parts.path
    if settings.simulator_url is not None and parts.scheme == "https":
        raise UsageError(
            f"the simulator at {settings.simulator_url} does not serve {parts.netloc}; it serves "
            f"{', '.join(sorted(local))}. Unset CRYPTO_SIMULATOR_URL to speak to {parts.netloc}."
        )
    return url


def _ask(simulator: str, path: str) -> dict[str, Any]:
    """One answer of the simulator's control API; no proxy is used for it."""
    url = f"{simulator}/{path}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            found = json.loads(answer.read(LONGEST_ANSWER))
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        raise SourceBusyError(
            url,
            f"the simulator does not answer ({error}). Start it with 'crypto-pipeline simulate' "
            f"and set CRYPTO_SIMULATOR_URL to the address that it prints, or unset it",
        ) from error
    if not isinstance(found, dict):
        raise SourceBusyError(url, "the simulator's answer is not a JSON object")
    return found
