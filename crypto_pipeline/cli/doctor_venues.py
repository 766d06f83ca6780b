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
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import CryptoPipelineError, SourceBusyError
from crypto_pipeline.history.endpoints import Sources, find_sources
from crypto_pipeline.settings import Settings
from crypto_pipeline.transport.connections import fetch, open_session
from crypto_pipeline.transport.refusals import archive_refusal, by_status
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.venue import Venue, find_venue

SECONDS = 5.0
"""A request's time-out."""

LONGEST = 20.0
"""Seconds within which an endpoint's whole check ends."""

SKEW = timedelta(seconds=1)
"""How far our clock may be off: closed bars are told from the open one by it."""

BEFORE_ALL = date(2000, 1, 1)
"""A day of which no exchange has a file."""


def check_venues(settings: Settings) -> list[Finding]:
    """Ask every endpoint of the exchanges that are on, all at once."""
    if not settings.active_exchanges:
        advice = "set CRYPTO_ENABLED=true and CRYPTO_EXCHANGES to collect something"
        return [Finding("exchanges", Level.WARN, "none is on", advice)]
    try:
        sources = find_sources(settings)
    except CryptoPipelineError as error:
        return [Finding("exchanges", Level.FAIL, reason_of(error), "see the message")]
    return asyncio.run(_ask_all(settings, sources))


@dataclass(frozen=True, slots=True)
class Asked:
    """One endpoint.

    Attributes:
        subject: what the doctor calls it.
        named: its URL as the settings have it.
        url: its URL as it is reached: a simulator's, where there is one.
        proxy: what it is reached through, or None; may carry a password, so it has no repr.
        stands_in: whether another address of the same API is asked before it.
        testnet: whether it is the exchange's testnet.
    """

    subject: str
    named: str
    url: str
    proxy: str | None = field(repr=False)
    stands_in: bool = False
    testnet: bool = False

    @property
    def where(self) -> str:
        """Host and way, without anybody's user and password."""
        host, reached = _host(self.named), _host(self.url)
        simulated = f" (at {reached})" if reached != host else ""
        through = f" through {_host(self.proxy)}" if self.proxy else ""
        return host + (" (testnet)" if self.testnet else "") + simulated + through


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


async def _ask_all(settings: Settings, sources: Sources) -> list[Finding]:
    clock, checks = clock_from(settings), []
    for exchange in settings.active_exchanges:
        named = settings.venues[exchange]
        reached = replace(sources.endpoints[exchange], timeout=SECONDS)
        venue = find_venue(exchange)(reached)
        if named.asked_archive_url is not None and reached.archive is not None:
            subject = f"{exchange} archive"
            asked = Asked(subject, named.asked_archive_url, reached.archive, reached.proxy)
            checks.append(_bounded(asked, _archive(venue)))
        for api, urls in reached.rest.items():
            for place, url in enumerate(urls):
                stand_in = f"stand-in {place} " if place else ""
                subject = f"{exchange} {api} {stand_in}REST"
                name = named.asked_rest_urls[api][place]
                asked = Asked(subject, name, url, reached.proxy, place > 0, named.testnet)
                checks.append(_bounded(asked, _rest(venue, api, url, clock)))
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
        level = Level.WARN if is_passing(error) or asked.stands_in else Level.FAIL
        found, advice = reason_of(error), advice_on(error, asked.subject, asked.named)
    return Finding(asked.subject, level, f"{asked.where}: {found}", advice)


async def _archive(venue: Venue) -> tuple[Level, str, str]:
    """Ask for a file that is not there: that it is not is an answer too."""
    url = _absent_file(venue)
    started = time.monotonic()
    async with open_session(venue.endpoints) as session:
        reply = await fetch(session, url)
    if reply.status not in (200, 404):
        raise archive_refusal(reply, venue.exchange)
    return Level.OK, f"answers in {1000 * (time.monotonic() - started):.0f} ms", ""


def _absent_file(venue: Venue) -> str:
    """The address of a file of a day before the exchange."""
    capabilities = venue.capabilities[InstrumentType.SPOT]
    kind, archive = next(iter(capabilities.archives.items()))
    interval = Interval.M1 if kind is Kind.KLINES else None
    series = Series(parse_symbol(venue.exchange, "BTC/USDT"), interval, kind)
    return venue.archive_file(series, archive.cuts[-1], BEFORE_ALL).url


async def _rest(venue: Venue, api: str, url: str, clock: Clock) -> tuple[Level, str, str]:
    """Ask for the time: once to open the connection, once more to compare."""
    clocks = {asked.api: asked for asked in map(venue.time_request, venue.capabilities)}
    request = clocks.get(api)
    if request is None:
        return await _answers(venue, url)
    async with open_session(venue.endpoints) as session:
        await _time(session, venue, url, request)
        before = await asyncio.to_thread(clock.now)
        theirs = await _time(session, venue, url, request)
        after = await asyncio.to_thread(clock.now)
    return _compared(before, theirs, after)


async def _answers(venue: Venue, url: str) -> tuple[Level, str, str]:
    """Ask an API that has no time of its own for anything: a refusal by name is an answer too."""
    started = time.monotonic()
    async with open_session(venue.endpoints) as session:
        refusal = by_status(await fetch(session, f"{url}/"), venue.exchange)
    if refusal is not None:
        raise refusal.error
    return Level.OK, f"answers in {1000 * (time.monotonic() - started):.0f} ms", ""


async def _time(
    session: aiohttp.ClientSession, venue: Venue, url: str, request: Request
) -> datetime:
    reply = await fetch(session, f"{url}{request.path}")
    refusal = by_status(reply, venue.exchange)
    if refusal is not None:
        raise refusal.error
    return venue.decode_time(reply.url, reply.body)


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
