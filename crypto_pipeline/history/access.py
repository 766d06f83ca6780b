"""What one load asks an exchange through, and where it hands what came.

What belongs here: one request in its turn, and a run of pages kept and handed on. What does not:
which pages are asked for (`history/paging.py`, `history/walking.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span, merge_spans
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.kinds import in_sequence, within
from crypto_pipeline.history.pages import Page, keep
from crypto_pipeline.history.pieces import REST, Piece, SourceNote
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.turns import Turns
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.capabilities import Capabilities, Request

DENSE_AT_ONCE = 2
"""Files of very many rows that are in memory at once: one is read while another lands."""


@dataclass(frozen=True, slots=True)
class Access:
    """One load's way to its exchange.

    Attributes:
        exchange: whom it asks.
        zone: keeps what comes.
        turns: who asks next.
        dense: who opens the next file of very many rows.
        alone: kept while a file is in memory beside which there is no room for another.
        put: takes pieces on their way to the lake, and makes their makers wait if need be.
        now: the load's time.
    """

    exchange: Exchange
    zone: RawZone
    turns: Turns
    dense: Turns
    put: Callable[[Piece], Awaitable[None]]
    now: datetime
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    def offered(self, series: Series) -> Capabilities:
        """What the exchange offers for instruments of this type."""
        return self.exchange.venue.capabilities[series.instrument.instrument_type]

    async def ask(
        self, series: Series, request: Request, span: Span, place: datetime | None = None
    ) -> Page:
        """Make a request in its turn.

        Args:
            series: what of.
            request: the page.
            span: what it is asked for.
            place: its place among the others, the earliest first; else the start of the span.
        """
        async with self.turns.turn((place or span.start, str(series))):
            answer = await self.exchange.get(request)
        return Page(request, answer.url, answer.body, span)

    async def land(self, series: Series, pages: Sequence[Page], parts: Sequence[Span]) -> None:
        """Keep pages in one pack, and hand on the rows that were wanted of each run."""
        kept = await asyncio.to_thread(keep, self.zone, series, pages, self.now)
        rows = in_sequence(series, pa.concat_tables([page.table for page in pages]))
        for part in merge_spans(parts):
            table = within(series, rows, [part])
            note = SourceNote(pages[0].source, part, kept, table.num_rows)
            await self.put(Piece(series, REST, note, table))
