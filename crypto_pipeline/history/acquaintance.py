"""Knowing an exchange's instruments before their rows are loaded: contract sizes, listing dates.

What belongs here: when a load asks for the list of instruments, and what it does without one. What
does not: asking and storing (`history/instruments.py`).

The lake's own knowledge is enough where it has all instruments of the load. Else the exchange is
asked once. Where it does not answer, the archive alone can still give most series, so the load goes
on with what their symbols say; only rows counted in contracts cannot be read then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError, SourceError, UsageError
from crypto_pipeline.history.instruments import known_listings, land_instruments
from crypto_pipeline.history.raw.journal import noting
from crypto_pipeline.history.raw.moments import discover_kept
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.selection import with_near
from crypto_pipeline.history.whole import whole
from crypto_pipeline.lake.session import WriteSession
from crypto_pipeline.logs import get_logger
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.venue import Venue

log = get_logger(__name__)


async def acquaint(
    exchange: Exchange,
    session: WriteSession,
    zone: RawZone,
    serieses: Sequence[Series],
    now: datetime,
) -> None:
    """Give the venue what is known of the instruments, after asking the exchange if need be.

    Raises:
        LakeError: what the exchange said could not be written.
    """
    name = exchange.venue.exchange
    known = session.write(lambda connection: known_listings(connection, name))
    wanted = {series.instrument.entity_id for series in serieses}
    if not wanted <= known.keys():
        try:
            discovered, commit = await discover_kept(exchange, zone, now)
            await whole(land_instruments, noting(session, zone, commit), discovered, now)
        except (SourceError, DecodeError) as error:
            log.warning("instruments not known", exchange=name, reason=str(error))
        known = session.write(lambda connection: known_listings(connection, name))
    exchange.venue.listings.update(known)


def refuse_unlisted(venue: Venue, serieses: Sequence[Series]) -> None:
    """Refuse symbols that an exchange never listed, as far as it said what it lists.

    Raises:
        UsageError: names each, and the listed ones that are written most alike.
    """
    listed = sorted({listing.instrument.symbol for listing in venue.listings.values()})
    unknown = [
        series.instrument.symbol
        for series in serieses
        if listed and series.instrument.entity_id not in venue.listings
    ]
    if unknown:
        near = "; ".join(with_near(symbol, listed) for symbol in dict.fromkeys(unknown))
        raise UsageError(
            f"{venue.exchange} does not list {near}. One that was delisted before anybody looked "
            f"is loaded with --unlisted: the archive may still have it"
        )
