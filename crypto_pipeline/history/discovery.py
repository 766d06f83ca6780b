"""One look at what an exchange lists: its instruments are landed, the universe follows.

What belongs here: the order of these steps. What does not: any of them (`history/instruments.py`,
`history/selection.py`, `history/universe.py`), and when it is done (`defs/instruments.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crypto_pipeline.history.instruments import Changes, known_listings, land_instruments
from crypto_pipeline.history.raw.journal import noting
from crypto_pipeline.history.raw.moments import discover_kept
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.selection import resolve
from crypto_pipeline.history.universe import Member, refresh_universe
from crypto_pipeline.history.whole import whole
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.settings import Settings
from crypto_pipeline.transport.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a look at an exchange found.

    Attributes:
        listed: how many instruments it lists.
        changes: of them, against the look before.
        left_out: native symbols that are not kept, because another has their entity_id.
        members: the home's series of this exchange, inactive ones too.
    """

    listed: int
    changes: Changes
    left_out: Sequence[str]
    members: Sequence[Member]

    @property
    def active(self) -> int:
        """How many members are collected."""
        return sum(member.active for member in self.members)


async def refresh_instruments(settings: Settings, exchange: Exchange, now: datetime) -> Refreshed:
    """Ask an exchange for all that it lists, land it, and bring the universe up to date.

    Args:
        settings: of the home, whose lake has been prepared.
        exchange: whom to ask.
        now: from when what it says is valid.

    Raises:
        DecodeError: an answer is not as documented, or was cut short; nothing was written.
        SourceError: an answer did not come; nothing was written.
        UsageError: a symbol of the settings is not known to the exchange; its instruments have
            landed, the universe is as it was.
    """
    name = exchange.venue.exchange
    zone = RawZone(settings.home, keep=settings.raw_retention_days != 0)
    discovered, commit = await discover_kept(exchange, zone, now)
    with writing(settings.home, Catalog.MARKET) as session:
        changes = await whole(land_instruments, noting(session, zone, commit), discovered, now)
        known = session.write(lambda connection: known_listings(connection, name))
    selection = resolve(name, settings, known, discovered.volumes)
    members = refresh_universe(settings.home, name, selection, known, now)
    return Refreshed(len(discovered.listings), changes, discovered.left_out, members)
