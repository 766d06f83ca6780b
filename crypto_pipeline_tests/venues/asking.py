"""Asking a simulator what a venue says should be asked, and nothing in between.

What belongs here: a venue at a running simulator, and one request's answer. What does not: limits
and retries (`transport/`), what the answer should be (the tests).
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.settings import load_settings
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue
from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, ask

NOW = datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC)
"""What the clock of a simulator of these tests says, standing still."""


def endpoints_at(market: SimulatorProcess, exchange: str) -> Endpoints:
    """Where an exchange is, as the settings find it under this simulator."""
    return find_sources(load_settings(simulator_url=market.url)).endpoints[exchange]


def reply(venue: Venue, request: Request) -> Reply:
    """The answer of the first host of the request's API, whatever it says."""
    host = venue.endpoints.rest[request.api][0]
    return ask(f"{host}{request.path}?{urlencode(request.parameters)}")


def body(venue: Venue, request: Request) -> bytes:
    """The body of a good answer."""
    got = reply(venue, request)
    assert got.status == 200, f"{request}: {got.status} {got.body[:300]!r}"
    assert got.body.startswith(venue.success), f"{request}: {got.body[:300]!r}"
    return got.body
