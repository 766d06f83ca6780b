"""Whether the symbols that a person typed are listed at all, before a home takes them in.

What belongs here: asking the lake, and the exchange where the lake does not know. What does not:
what is refused (`history/acquaintance.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from crypto_pipeline.cli.asked import leave_out
from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.acquaintance import acquaint, refuse_unlisted
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.lake.session import WriteSession, prepare_lake, writing
from crypto_pipeline.settings import Settings
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.venue import Venue


def listed(settings: Settings, serieses: Sequence[Series], *, named: bool) -> list[Series]:
    """The series whose instrument its exchange lists or listed.

    An exchange that does not answer refuses nothing here: the load will say what it cannot have.

    Args:
        settings: of the home.
        serieses: that were asked for.
        named: whether their exchanges were named: else those that do not list a symbol are told and
            left out.

    Raises:
        UsageError: an exchange that was named, or every exchange, lists a symbol not; near matches
            are named.
        OriginError: the home holds data of another origin than these sources have.
    """
    sources = find_sources(settings)
    claim(settings.home, sources.origin)
    prepare_lake(settings.home)
    refusals: dict[Series, UsageError | None] = {}
    for exchange in dict.fromkeys(series.instrument.exchange for series in serieses):
        mine = [series for series in serieses if series.instrument.exchange == exchange]
        venue = _acquainted(settings, sources.venue(exchange), mine)
        refusals |= {series: _refusal(venue, series) for series in mine}
    if named:
        for error in (error for error in refusals.values() if error is not None):
            raise error
    return leave_out(list(serieses), lambda series: refusals[series])


def _acquainted(settings: Settings, venue: Venue, serieses: Sequence[Series]) -> Venue:
    """The venue with what is known of its instruments."""
    zone = RawZone(settings.home, keep=settings.raw_retention_days != 0)
    now = clock_from(settings).now()

    async def ask(session: WriteSession) -> None:
        async with Exchange(venue) as exchange:
            await acquaint(exchange, session, zone, serieses, now)

    # The lock is waited for out here: within the event loop Ctrl-C would wait as well.
    with writing(settings.home, Catalog.MARKET) as session:
        asyncio.run(ask(session))
    return venue


def _refusal(venue: Venue, series: Series) -> UsageError | None:
    try:
        refuse_unlisted(venue, [series])
    except UsageError as error:
        return error
    return None
