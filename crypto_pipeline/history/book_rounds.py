"""One round of order books: asked for, kept as they came, landed.

What belongs here: the order of these steps. What does not: any of them (`history/order_books.py`,
`history/raw/moments.py`), and when it is done (`defs/order_books.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto_pipeline.clock import Clock
from crypto_pipeline.domain.instruments import Instrument
from crypto_pipeline.history.instruments import known_listings
from crypto_pipeline.history.order_books import Snapshots, land_snapshots, take_snapshots
from crypto_pipeline.history.raw.journal import noting
from crypto_pipeline.history.raw.moments import keep_snapshots
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.whole import whole
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.settings import Settings
from crypto_pipeline.transport.exchange import Exchange


async def take_round(
    settings: Settings, exchange: Exchange, instruments: Sequence[Instrument], clock: Clock
) -> Snapshots:
    """Take a snapshot of each instrument's book and land those that are possible, in one commit.

    Args:
        settings: of the home, whose lake has been prepared.
        exchange: whom to ask.
        instruments: of that exchange.
        clock: says when an answer was whole.

    Returns:
        What was taken, and why the others were not.

    Raises:
        LakeError: nothing was written.
    """
    name = exchange.venue.exchange
    zone = RawZone(settings.home, keep=settings.raw_retention_days != 0)
    with writing(settings.home, Catalog.MARKET) as session:
        known = session.write(lambda connection: known_listings(connection, name))
        exchange.venue.listings.update(known)
        found = await take_snapshots(exchange, instruments, clock)
        if found.taken:
            now = clock.now()
            commit = keep_snapshots(zone, name, found.taken, now)
            await whole(land_snapshots, noting(session, zone, commit), found.taken, now)
    return found
