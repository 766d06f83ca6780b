"""What the archive left open, over REST: pages of a window of time, or a walk by id.

What belongs here: the generic paginator, which reads a venue's capabilities. What does not: what a
venue is asked and answers (`venues/`), limits and asking again (`transport/`), walks by id
(`history/walking.py`).

Pages are kept in the raw zone in packs of CHUNK, and a pack's rows and note land in one commit: a
row is never there without the bytes that it came from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from crypto_pipeline.domain.funding import LONGEST_INTERVAL, SHORTEST_INTERVAL
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, SourceError, UsageError
from crypto_pipeline.history.access import Access
from crypto_pipeline.history.kinds import closed_until, unanswered
from crypto_pipeline.history.pages import Page
from crypto_pipeline.history.periods import overlaps, windows
from crypto_pipeline.history.pieces import REST, Fetched, Piece, SourceNote
from crypto_pipeline.history.walking import Walker
from crypto_pipeline.logs import get_logger
from crypto_pipeline.venues.capabilities import FundingRoute, KlineRoute

log = get_logger(__name__)

CHUNK = 40
"""Pages of one series that are asked for together, kept together and landed together."""

Ask = Callable[[Span, datetime], Awaitable[Page]]
"""Asks for one window, in its place among all."""


class Pager:
    """Fills what is missing of a series from the exchange's REST API."""

    def __init__(self, access: Access) -> None:
        self._access, self._venue = access, access.exchange.venue
        self._walker = Walker(access)
        self._server_times: dict[InstrumentType, datetime] = {}
        self._asking_time = asyncio.Lock()

    async def fill(self, fetched: Fetched) -> None:
        """Land what REST gives of the missing runs; what it does not give stays missing.

        A source that should have answered and did not is entered in `fetched.failures`.
        """
        series = fetched.series
        self._end_before(fetched, fetched.closed_until)
        if not fetched.missing:
            return
        try:
            self._end_before(fetched, closed_until(series, await self._server_time(series)))
            if series.kind is Kind.KLINES:
                await self._klines(fetched)
            elif series.kind is Kind.FUNDING:
                await self._funding(fetched)
            else:
                await self._walker.fill(fetched)
        except (SourceError, DecodeError, UsageError) as error:
            await self._refuse(fetched, str(error))

    def _end_before(self, fetched: Fetched, end: datetime) -> None:
        fetched.closed_until = min(fetched.closed_until, end)
        closed = Span(fetched.span.start, max(fetched.span.start, fetched.closed_until))
        fetched.missing = overlaps(fetched.missing, closed)

    async def _refuse(self, fetched: Fetched, reason: str) -> None:
        url = f"{fetched.series.instrument.exchange} REST"
        fetched.failures.append(reason)
        log.warning("source refused", series=str(fetched.series), reason=reason)
        note = SourceNote(url, fetched.span, refused=reason)
        await self._access.put(Piece(fetched.series, REST, note))

    async def _server_time(self, series: Series) -> datetime:
        """The exchange's clock; asked once a load and instrument type."""
        kind = series.instrument.instrument_type
        async with self._asking_time:
            if kind not in self._server_times:
                answer = await self._access.exchange.get(self._venue.time_request(kind))
                self._server_times[kind] = self._venue.decode_time(answer.url, answer.body)
        return self._server_times[kind]

    async def _klines(self, fetched: Fetched) -> None:
        """Ask for each missing run, window by window."""
        series = fetched.series
        for span in fetched.missing:
            route = self._route(fetched, span)

            async def ask(window: Span, place: datetime, route: KlineRoute = route) -> Page:
                request = self._venue.klines_request(route, series, window)
                page = await self._access.ask(series, request, window, place)
                return page.read(self._venue.decode_klines(page.url, series, window, page.body))

            await self._fill(fetched, span, windows(span, route.rows * series.grid.length), ask)

    def _route(self, fetched: Fetched, span: Span) -> KlineRoute:
        """The first route that has the interval and reaches back to the span's start."""
        series = fetched.series
        for route in self._access.offered(series).klines:
            bars = series.grid.bars_between(span.start, fetched.closed_until)
            reaches = route.newest_bars is None or bars <= route.newest_bars
            if series.grid in route.intervals and reaches:
                return route
        raise SourceError(f"{series.instrument.exchange} REST", f"has no klines of {series}")

    async def _funding(self, fetched: Fetched) -> None:
        """Ask for the settlements of the missing runs, and for the one before each."""
        series = fetched.series
        route = self._access.offered(series).funding
        if route is None:
            raise SourceError(f"{self._venue.exchange} REST", f"has no funding of {series}")

        async def ask(window: Span, place: datetime) -> Page:
            request = self._venue.funding_request(route, series, window)
            page = await self._access.ask(series, request, window, place)
            return page.read(self._venue.decode_funding(page.url, series, page.body))

        for span in list(fetched.missing):
            reached = self._reached(fetched, route, span)
            with_one_before = Span(reached.start - LONGEST_INTERVAL, reached.end)
            asked = windows(with_one_before, route.rows * SHORTEST_INTERVAL)
            await self._fill(fetched, reached, asked if reached.start < reached.end else [], ask)

    def _reached(self, fetched: Fetched, route: FundingRoute, span: Span) -> Span:
        """The part of a span that the route reaches back to; what lies before it has failed."""
        now = self._access.now
        if route.depth is None or span.start >= now - route.depth:
            return span
        first = min(span.end, now - route.depth)
        fetched.failures.append(
            f"{fetched.series.instrument.exchange} REST gives settled funding of the last "
            f"{route.depth.days} days only, and no archive file has {Span(span.start, first)}"
        )
        return Span(first, span.end)

    async def _fill(self, fetched: Fetched, wanted: Span, asked: Sequence[Span], ask: Ask) -> None:
        """Land what is wanted of some windows, chunk by chunk; those that fail stay missing.

        Raises:
            SourceError, DecodeError: of the first window that failed, once its chunk has landed.
        """
        for start in range(0, len(asked), CHUNK):
            chunk = asked[start : start + CHUNK]
            # One place for all: else the chunks of all series would fill side by side, unlanded.
            place = chunk[0].start
            pages, errors = await _together([ask(window, place) for window in chunk])
            if pages:
                parts = overlaps([page.span for page in pages], wanted)
                await self._access.land(fetched.series, pages, parts)
            for page in pages:
                for part in overlaps([page.span], wanted):
                    fetched.answer(part, _left(fetched, page, part))
            if errors:
                raise errors[0]


def _left(fetched: Fetched, page: Page, part: Span) -> list[Span]:
    """The bars that a page answers without, where the exchange writes one for every minute."""
    if fetched.silent or fetched.series.kind is not Kind.KLINES:
        return []
    return unanswered(fetched.series, page.table, [part])


async def _together(
    asked: Sequence[Awaitable[Page]],
) -> tuple[list[Page], list[SourceError | DecodeError]]:
    """Pages that came and errors that came instead, each in the order asked."""
    results = await asyncio.gather(*asked, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, SourceError | DecodeError):
            raise result
    pages = [result for result in results if isinstance(result, Page)]
    return pages, [r for r in results if isinstance(r, SourceError | DecodeError)]
