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

from crypto_pipeline.errors import SourceBusyError, UsageError
from crypto_pipeline.lake.origin import REAL
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue

TIMEOUT = 10.0
LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """The exchanges as this process reaches them.

    Attributes:
        origin: `real`, or `simulator:<seed>`; recordings of real data are real.
        endpoints: by exchange.
    """

    origin: str
    endpoints: Mapping[str, Endpoints]

    def venue(self, exchange: str) -> Venue:
        """A fresh client of one exchange.

        Raises:
            UsageError: the exchange is not known or not configured.
        """
        venue = find_venue(exchange)
        return venue(self.endpoints[exchange])


def find_sources(settings: Settings) -> Sources:
    """Read the endpoints of all configured exchanges; under a simulator, ask it for its own.

    Under a simulator every production host is replaced by the simulator's; an address that a person
    set to something else stays.

    Raises:
        SourceBusyError: the simulator cannot be reached.
        UsageError: it does not serve a production host that is configured.
    """
    local: Mapping[str, str] = {}
    origin, hurry = REAL, 1.0
    if settings.simulator_url is not None:
        local = _ask(settings.simulator_url, "endpoints")
        origin = str(_ask(settings.simulator_url, "origin")["origin"])
        hurry = float(_ask(settings.simulator_url, "rules")["hurry"])
    endpoints = {}
    for exchange, venue in settings.venues.items():
        proxy = venue.http_proxy.get_secret_value() if venue.http_proxy else None
        archive = venue.archive_url
        endpoints[exchange] = Endpoints(
            archive=_resolve(archive, local, settings) if archive else None,
            rest={
                api: [_resolve(url, local, settings) for url in urls]
                for api, urls in venue.rest_urls.items()
            },
            proxy=proxy,
            api_key=venue.api_key.get_secret_value() if venue.api_key else None,
            timeout=settings.http_timeout,
            hurry=hurry,
            limits_folder=settings.limits_folder,
        )
    return Sources(origin, endpoints)


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
