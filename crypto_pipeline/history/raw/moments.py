"""What an exchange says at the moment it is asked, kept in the raw zone before it is landed.

    discovered, commit = await discover_kept(exchange, zone, now)
    land_instruments(noting(session, zone, commit), discovered, now)

    commit = keep_snapshots(zone, exchange_id, snapshots.taken, now)
    land_snapshots(noting(session, zone, commit), snapshots.taken, now)

What belongs here: the bytes of lists of instruments and of order books, and the notes of their
commits. What does not: asking, reading and landing them (`history/instruments.py`,
`history/order_books.py`), kinds that have a past (`history/landing.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.history.instruments import Discovered, discover
from crypto_pipeline.history.order_books import Snapshot
from crypto_pipeline.history.pieces import REST
from crypto_pipeline.history.raw.notes import Commit, SeriesName, Taken
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.venues.capabilities import Request


async def discover_kept(
    exchange: Exchange, zone: RawZone, now: datetime
) -> tuple[Discovered, Commit]:
    """Ask for everything that an exchange lists, keep the answers, and say what is to be noted.

    Raises:
        DecodeError: an answer is not as documented, lists nothing, or has no end; nothing is kept.
        SourceError: an answer did not come; nothing is kept.
        RawError: the answers cannot be kept.
    """
    name = exchange.venue.exchange
    with zone.pack(name, Kind.INSTRUMENTS) as pack:

        def keep(request: Request, answer: Answer) -> None:
            pack.add(request, answer.url, answer.body, now)

        discovered = await discover(exchange, keep)
        kept = pack.finish()
    listed = SeriesName(name, Kind.INSTRUMENTS)
    rows = len(discovered.listings)
    taken = Taken(listed, REST, f"{name} instruments", Span(now, now), kept, rows)
    return discovered, Commit(name, now, (taken,))


def keep_snapshots(
    zone: RawZone, exchange: str, snapshots: Sequence[Snapshot], now: datetime
) -> Commit:
    """Keep the answers that hold order books in one pack, and say what is to be noted.

    Raises:
        RawError: they cannot be kept.
    """
    with zone.pack(exchange, Kind.ORDER_BOOK) as pack:
        for one in snapshots:
            pack.add(one.request, one.answer.url, one.answer.body, one.received)
        kept = pack.finish()
    taken = (
        Taken(
            SeriesName(exchange, Kind.ORDER_BOOK, one.instrument.symbol),
            REST,
            one.answer.url.partition("?")[0],
            Span(one.received, one.received),
            kept,
            1,
        )
        for one in snapshots
    )
    return Commit(exchange, now, tuple(taken))
