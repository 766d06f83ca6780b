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

import pyarrow as pa

from crypto_pipeline.domain.funding import SHORTEST_INTERVAL
from crypto_pipeline.domain.gaps import Span, merge_spans, subtract_spans
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, SourceError
from crypto_pipeline.history.kinds import closed_until, unanswered, within
from crypto_pipeline.history.pages import Page, keep
from crypto_pipeline.history.periods import overlaps, windows
from crypto_pipeline.history.pieces import REST, Fetched, Piece, SourceNote
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.turns import Turns
from crypto_pipeline.history.walking import Walker
from crypto_pipeline.logs import get_logger
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.capabilities import Empty, FundingRoute, KlineRoute, Request

log = get_logger(__name__)

CHUNK = 40
"""Pages of one series that are asked for together, kept together and landed together."""


class Pager:
    """Fills what is missing of a series from the exchange's REST API."""

    def __init__(
        self,
        exchange: Exchange,
        zone: RawZone,
        *,
        turns: Turns,
        put: Callable[[Piece], Awaitable[None]],
        now: datetime,
    ) -> None:
        self._exchange, self._zone, self._turns, self._put = exchange, zone, turns, put
        self._now = now
        self._walker = Walker(exchange, zone, turns=turns, put=put, now=now)
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
        except (SourceError, DecodeError) as error:
            await self._refuse(fetched, str(error))

    def _end_before(self, fetched: Fetched, end: datetime) -> None:
        fetched.closed_until = min(fetched.closed_until, end)
        closed = Span(fetched.span.start, max(fetched.span.start, fetched.closed_until))
        fetched.missing = overlaps(fetched.missing, closed)

    async def _refuse(self, fetched: Fetched, reason: str) -> None:
        url = f"{fetched.series.instrument.exchange} REST"
        fetched.failures.append(reason)
        log.warning("source refused", series=str(fetched.series), reason=reason)
        await self._put(Piece(fetched.series, REST, SourceNote(url, fetched.span, refused=reason)))

    async def _server_time(self, series: Series) -> datetime:
        """The exchange's clock; asked once a load and instrument type."""
        kind, venue = series.instrument.instrument_type, self._exchange.venue
        async with self._asking_time:
            if kind not in self._server_times:
                answer = await self._exchange.get(venue.time_request(kind))
                self._server_times[kind] = venue.decode_time(answer.url, answer.body)
        return self._server_times[kind]

    async def _klines(self, fetched: Fetched) -> None:
        """Ask for each missing run, window by window."""
        for span in fetched.missing:
            route = self._route(fetched, span)
            fetched.silent = route.empty is Empty.ABSENT
            for chunk in _chunks(windows(span, route.rows * fetched.series.grid.length)):
                await self._kline_chunk(fetched, route, chunk)

    def _route(self, fetched: Fetched, span: Span) -> KlineRoute:
        """The first route that has the interval and reaches back to the span's start."""
        series = fetched.series
        offered = self._exchange.venue.capabilities[series.instrument.instrument_type].klines
        for route in offered:
            bars = series.grid.bars_between(span.start, fetched.closed_until)
            reaches = route.newest_bars is None or bars <= route.newest_bars
            if series.grid in route.intervals and reaches:
                return route
        raise SourceError(f"{series.instrument.exchange} REST", f"has no klines of {series}")

    async def _kline_chunk(
        self, fetched: Fetched, route: KlineRoute, chunk: Sequence[Span]
    ) -> None:
        """Land a chunk of windows; those that failed stay missing and are told once."""
        series, venue = fetched.series, self._exchange.venue

        async def ask(window: Span) -> Page:
            page = await self._ask(series, venue.klines_request(route, series, window), window)
            rows = venue.decode_klines(page.url, series, window, page.body)
            return page.read(rows)

        pages, errors = await _together([ask(window) for window in chunk])
        if pages:
            await self._land(fetched, pages, [page.span for page in pages])
        for page in pages:
            left = [] if fetched.silent else unanswered(series, page.table, [page.span])
            _answer(fetched, page.span, left)
        if errors:
            raise errors[0]

    async def _funding(self, fetched: Fetched) -> None:
        """Ask for the settlements of the missing runs, and for those just before them."""
        series, venue = fetched.series, self._exchange.venue
        route = venue.capabilities[series.instrument.instrument_type].funding
        if route is None:
            raise SourceError(f"{venue.exchange} REST", f"has no funding of {series}")
        for span in list(fetched.missing):
            reached = self._reached(fetched, route, span)
            for chunk in _chunks(windows(reached, route.rows * SHORTEST_INTERVAL)):
                await self._funding_chunk(fetched, route, chunk)

    def _reached(self, fetched: Fetched, route: FundingRoute, span: Span) -> Span:
        """The part of a span that the route reaches back to; what lies before it has failed."""
        if route.depth is None or span.start >= self._now - route.depth:
            return span
        first = min(span.end, self._now - route.depth)
        fetched.failures.append(
            f"{fetched.series.instrument.exchange} REST gives settled funding of the last "
            f"{route.depth.days} days only, and no archive file has {Span(span.start, first)}"
        )
        return Span(first, span.end)

    async def _funding_chunk(
        self, fetched: Fetched, route: FundingRoute, chunk: Sequence[Span]
    ) -> None:
        series, venue = fetched.series, self._exchange.venue

        async def ask(window: Span) -> Page:
            page = await self._ask(series, venue.funding_request(route, series, window), window)
            return page.read(venue.decode_funding(page.url, series, page.body))

        pages, errors = await _together([ask(window) for window in chunk])
        if pages:
            await self._land(fetched, pages, [page.span for page in pages])
        for page in pages:
            _answer(fetched, page.span, [])
        if errors:
            raise errors[0]

    async def _ask(self, series: Series, request: Request, window: Span) -> Page:
        async with self._turns.turn((window.start, str(series))):
            answer = await self._exchange.get(request)
        return Page(request, answer.url, answer.body, window)

    async def _land(self, fetched: Fetched, pages: Sequence[Page], parts: Sequence[Span]) -> None:
        """Keep the pages in one pack, and hand on the rows that were wanted of each run."""
        kept = await asyncio.to_thread(keep, self._zone, fetched.series, pages, self._now)
        rows = pa.concat_tables([page.table for page in pages])
        for part in merge_spans(parts):
            table = within(fetched.series, rows, [part])
            note = SourceNote(pages[0].source, part, kept, table.num_rows)
            await self._put(Piece(fetched.series, REST, note, table))


def _answer(fetched: Fetched, answered: Span, left: Sequence[Span]) -> None:
    """A source has answered for a span; `left` of it is missing all the same."""
    open_ = [part for gap in fetched.missing for part in subtract_spans(gap, [answered])]
    fetched.missing = merge_spans([*open_, *left])


def _chunks(spans: Sequence[Span]) -> list[Sequence[Span]]:
    return [spans[at : at + CHUNK] for at in range(0, len(spans), CHUNK)]


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
