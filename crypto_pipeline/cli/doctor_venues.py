"""What `doctor` finds out about the exchanges: whether each answers, and how our clock stands.

What belongs here: a short request or two to each endpoint, all at once. What does not: what a
refusal means (`cli/doctor_advice.py`), the requests of a load (`history/`), which ask again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import aiohttp

from crypto_pipeline.cli.doctor_advice import advice_on, is_passing, reason_of
from crypto_pipeline.cli.doctor_checks import Finding, Level
from crypto_pipeline.clock import Clock, clock_from
from crypto_pipeline.domain.instruments import InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.errors import (
    CryptoPipelineError,
    SourceBusyError,
    SourceError,
    VenueBlockedError,
)
from crypto_pipeline.history.archive import archive_connections
from crypto_pipeline.history.endpoints import Sources, find_sources
from crypto_pipeline.settings import Settings
from crypto_pipeline.venues.ccxt_rest import BLOCKED
from crypto_pipeline.venues.venue import Cut, Series, Venue, find_venue

SECONDS = 5.0
"""A request's time-out."""

LONGEST = 20.0
"""Seconds within which an endpoint's whole check ends."""

SKEW = timedelta(seconds=1)
"""How far our clock may be off: closed bars are told from the open one by it."""

PROBE = ("BTC/USDT", Interval.M1, date(2023, 3, 1))
"""A series and a month that an archive has."""


def check_venues(settings: Settings) -> list[Finding]:
    """Ask every endpoint of the exchanges that are on, all at once."""
    if not settings.active_exchanges:
        advice = "set CRYPTO_ENABLED=true and CRYPTO_EXCHANGES to collect something"
        return [Finding("exchanges", Level.WARN, "none is on", advice)]
    try:
        sources = find_sources(settings)
    except CryptoPipelineError as error:
        return [Finding("exchanges", Level.FAIL, reason_of(error), "see the message")]
    # ccxt takes seconds to import: within a request it would look like a slow exchange.
    import ccxt.async_support  # noqa: F401 imported for the requests that follow

    return asyncio.run(_ask_all(settings, sources))


@dataclass(frozen=True, slots=True)
class Asked:
    """One endpoint.

    Attributes:
        subject: what the doctor calls it.
        named: its URL as the settings have it.
        url: its URL as it is reached: a simulator's, where there is one.
        proxy: what it is reached through, or None; may carry a password, so it has no repr.
    """

    subject: str
    named: str
    url: str
    proxy: str | None = field(repr=False)

    @property
    def where(self) -> str:
        """Host and way, without anybody's user and password."""
        host, reached = _host(self.named), _host(self.url)
        simulated = f" (at {reached})" if reached != host else ""
        through = f" through {_host(self.proxy)}" if self.proxy else ""
        return host + simulated + through


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


async def _ask_all(settings: Settings, sources: Sources) -> list[Finding]:
    clock, checks = clock_from(settings), []
    for exchange in settings.active_exchanges:
        named = settings.venues[exchange]
        reached = replace(sources.endpoints[exchange], timeout=SECONDS)
        venue = find_venue(exchange)
        if venue.archive_cuts:
            subject = f"{exchange} archive"
            asked = Asked(subject, named.archive_url, reached.archive, reached.proxy)
            checks.append(_bounded(asked, _archive(venue(reached))))
        for kind, url in reached.rest.items():
            subject = f"{exchange} {kind.value} REST"
            asked = Asked(subject, named.rest_urls[kind], url, reached.proxy)
            checks.append(_bounded(asked, _rest(venue(reached), kind, clock)))
    return await asyncio.gather(*checks)


async def _bounded(asked: Asked, check: Awaitable[tuple[Level, str, str]]) -> Finding:
    """One endpoint's finding, whatever happens to its check."""
    try:
        level, found, advice = await asyncio.wait_for(check, LONGEST)
    except TimeoutError:
        error = SourceBusyError(asked.url, f"no answer within {LONGEST:.0f} s")
        level, found = Level.FAIL, error.reason
        advice = advice_on(error, asked.subject, asked.named)
    except CryptoPipelineError as error:
        level = Level.WARN if is_passing(error) else Level.FAIL
        found, advice = reason_of(error), advice_on(error, asked.subject, asked.named)
    return Finding(asked.subject, level, f"{asked.where}: {found}", advice)


async def _archive(venue: Venue) -> tuple[Level, str, str]:
    """Ask for a small file; that there is none is an answer too."""
    symbol, interval, month = PROBE
    series = Series(parse_symbol(venue.exchange, symbol), interval)
    url = venue.archive_file(series, Cut.MONTHLY, month).checksum_url
    started = time.monotonic()
    async with archive_connections(venue.endpoints, 1) as session:
        try:
            async with session.get(url) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SourceBusyError(url, f"no answer ({type(error).__name__}: {error})") from error
    _require_answer(url, response)
    return Level.OK, f"answers in {1000 * (time.monotonic() - started):.0f} ms", ""


def _require_answer(url: str, response: aiohttp.ClientResponse) -> None:
    if response.status in BLOCKED:
        raise VenueBlockedError(url, BLOCKED[response.status])
    if response.status == 429 or response.status >= 500:
        raise SourceBusyError(url, f"HTTP {response.status}")
    if response.status not in (200, 404):
        raise SourceError(url, f"HTTP {response.status}")


async def _rest(venue: Venue, kind: InstrumentType, clock: Clock) -> tuple[Level, str, str]:
    """Ask for the time: once to open the connection, once more to compare."""
    try:
        await venue.server_time(kind)
        before = await asyncio.to_thread(clock.now)
        theirs = await venue.server_time(kind)
        after = await asyncio.to_thread(clock.now)
    finally:
        await venue.close()
    return _compared(before, theirs, after)


def _compared(before: datetime, theirs: datetime, after: datetime) -> tuple[Level, str, str]:
    """Judge our clock: half of the round trip is what the comparison cannot tell."""
    doubt = (after - before) / 2
    skew = before + doubt - theirs
    ahead = "ahead of" if skew > timedelta(0) else "behind"
    off = abs(skew).total_seconds()
    found = f"answers in {2000 * doubt.total_seconds():.0f} ms; our clock is {off:.2f} s {ahead} it"
    if abs(skew) - doubt <= SKEW:
        return Level.OK, found, ""
    return Level.WARN, found, "set the clock by NTP (timedatectl set-ntp true): bars close by it"
