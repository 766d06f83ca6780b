"""One series over one span: the archive's longest files first, then shorter ones, then REST.

What belongs here: which source is asked for what, and what is left over. What does not: how a
source is asked (`history/archive.py`, `history/paging.py`), where the rows go
(`history/landing.py`).

Each source is asked only for what the ones before it did not give, of klines down to the bar: a
file that is missing, refused or has holes hands the rest on. What no source gave is returned, never
dropped. What lies before the listing or after the delisting is not asked for at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from crypto_pipeline.domain.gaps import Span, merge_spans, subtract_spans
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, SourceError, SourceMissingError, UsageError
from crypto_pipeline.history.access import Access
from crypto_pipeline.history.archive import download_file, open_file
from crypto_pipeline.history.kinds import closed_until, in_runs, unanswered, within
from crypto_pipeline.history.paging import Pager
from crypto_pipeline.history.periods import first_days, is_due, overlaps
from crypto_pipeline.history.pieces import ARCHIVE, Fetched, Piece, SourceNote
from crypto_pipeline.logs import get_logger
from crypto_pipeline.venues.capabilities import Archive, Cut, Empty
from crypto_pipeline.venues.records import ArchiveFile

log = get_logger(__name__)

DENSE = frozenset({Kind.TRADES, Kind.AGG_TRADES})
"""Kinds of which one file may hold millions of rows."""

LARGE = 32 << 20
"""Bytes from which on a file is decoded alone: as rows it is some four times that."""

PIECE_ROWS = 500_000
"""Rows of a file that are handed on together, so that no commit grows with a busy day."""


class Fetcher:
    """Asks one exchange's sources, so many at a time, and hands the pieces on as they come."""

    def __init__(self, access: Access, held: Mapping[Series, Sequence[Span]]) -> None:
        """Take the load's access, and what of each series the home holds whole."""
        self._access, self._held = access, held
        self._pager = Pager(access)

    async def fetch(self, series: Series, span: Span) -> Fetched:
        """Fetch the rows of a series whose time is in `span` and that are final by now."""
        listed = self._listed(series, span)
        fetched = Fetched(series, span, listed, closed_until(series, self._access.now))
        fetched.silent = self._leaves_out(series)
        if listed is not None:
            fetched.missing = subtract_spans(listed, self._held.get(series, ()))
            if fetched.missing and self._says_more_over_rest(series):
                await self._from_rest_first(fetched)
            if fetched.missing:
                await self._from_archive(fetched)
            if fetched.missing:
                await self._pager.fill(fetched)
            for note in fetched.refused:
                if note.refused is not None and overlaps(fetched.missing, note.span):
                    fetched.failures.append(note.refused)
            if not fetched.missing:
                fetched.failures.clear()
        return fetched

    def _listed(self, series: Series, span: Span) -> Span | None:
        """The part of a span in which the instrument was listed, as far as that is known."""
        listing = self._access.exchange.venue.listings.get(series.instrument.entity_id)
        start = max(span.start, (listing.listed_at if listing else None) or span.start)
        end = min(span.end, (listing.delisted_at if listing else None) or span.end)
        if series.kind is Kind.KLINES:
            start = max(span.start, series.grid.floor(start))
        return Span(start, end) if start < end else None

    def _leaves_out(self, series: Series) -> bool:
        """Whether the exchange leaves out bars without a trade, whoever is asked for them now."""
        return series.kind is Kind.KLINES and any(
            route.empty is Empty.ABSENT and series.grid in route.intervals
            for route in self._access.offered(series).klines
        )

    def _says_more_over_rest(self, series: Series) -> bool:
        """Whether REST gives columns of settlements that the archive's files lack."""
        offered = self._access.offered(series)
        archive, route = offered.archives.get(series.kind), offered.funding
        if series.kind is not Kind.FUNDING or archive is None or route is None:
            return False
        return route.silent < archive.silent and route.depth is not None

    async def _from_rest_first(self, fetched: Fetched) -> None:
        """Ask REST for the part that it reaches back to; what lies before waits for the archive."""
        route = self._access.offered(fetched.series).funding
        depth = route.depth if route is not None else None
        reached = Span(self._access.now - depth, fetched.span.end) if depth else fetched.span
        earlier = [part for gap in fetched.missing for part in subtract_spans(gap, [reached])]
        fetched.missing = overlaps(fetched.missing, reached)
        await self._pager.fill(fetched)
        fetched.missing = merge_spans([*fetched.missing, *earlier])

    async def _from_archive(self, fetched: Fetched) -> None:
        series = fetched.series
        archive = self._access.offered(series).archives.get(series.kind)
        known = archive is not None and self._access.exchange.venue.endpoints.archive is not None
        if archive is None or not known or not archive.has(series.interval):
            return
        for cut in archive.cuts:
            await self._from_files(fetched, self._files(fetched, archive, cut))

    def _files(self, fetched: Fetched, archive: Archive, cut: Cut) -> list[ArchiveFile]:
        """The files of one cut that may be there and are worth asking for."""
        venue, series = self._access.exchange.venue, fetched.series
        starts = first_days(archive, cut, fetched.missing)
        files = (venue.archive_file(series, cut, start) for start in starts)
        return [file for file in files if is_due(file.span, archive, self._access.now)]

    async def _from_files(self, fetched: Fetched, files: Sequence[ArchiveFile]) -> None:
        """Land what is wanted of each file; what none of them gave stays missing."""
        wanted = fetched.missing
        missing = [gap for span in wanted for gap in subtract_spans(span, [f.span for f in files])]
        for left in await asyncio.gather(*(self._from_file(fetched, file) for file in files)):
            missing += left
        fetched.missing = merge_spans(missing)

    async def _from_file(self, fetched: Fetched, file: ArchiveFile) -> list[Span]:
        """Land what is wanted of one file; returns what of it the file did not give."""
        parts, access = overlaps(fetched.missing, file.span), self._access
        turns = access.dense if file.series.kind in DENSE else access.turns
        async with AsyncExitStack() as held:
            await held.enter_async_context(turns.turn((file.span.start, str(file.series))))
            try:
                content = await download_file(access, file)
                if len(content) >= LARGE:
                    await held.enter_async_context(access.alone)
                opened = await open_file(access, file, content, parts)
                del content  # its rows wait for the lake, its bytes need not
            except SourceMissingError:
                return parts
            except (SourceError, DecodeError, UsageError) as error:
                note = SourceNote(file.url, file.span, refused=str(error))
                fetched.refused.append(note)
                log.warning("source refused", url=file.url, reason=str(error))
                await access.put(Piece(file.series, ARCHIVE, note))
                return parts
            for part in parts:
                rows = within(file.series, opened.rows, [part])
                for run, table in in_runs(file.series, rows, part, PIECE_ROWS):
                    note = SourceNote(file.url, run, opened.kept, table.num_rows)
                    await access.put(Piece(file.series, ARCHIVE, note, table))
        return unanswered(file.series, opened.rows, parts)
