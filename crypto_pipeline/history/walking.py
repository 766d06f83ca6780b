"""Trades over REST: pages from one id to the next, between two instants.

What belongs here: walks in either direction, and finding where one starts. What does not: a venue's
parameters and rows (`venues/`), windows of time (`history/paging.py`).

A walk is bounded: each page has to lead further than the one before it. What it has passed is
answered for even if a later page fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span, merge_spans, subtract_spans
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, SourceError
from crypto_pipeline.history.kinds import times, within
from crypto_pipeline.history.pages import Page, keep
from crypto_pipeline.history.pieces import REST, Fetched, Piece, SourceNote
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.turns import Turns
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.capabilities import Locate, TradeRoute, Walk
from crypto_pipeline.venues.records import TradeCursor

SHOWN_RUNS = 3
PACKED = 40
"""Pages that are kept together and landed together."""

MOST_PROBES = 64
"""Looks at single pages until an instant is found; 2^64 ids are more than any exchange counts."""


@dataclass(slots=True)
class _Walk:
    """One walk through a missing run: all of it, what is not answered yet, pages to be landed."""

    fetched: Fetched
    whole: Span
    left: Span
    pages: list[Page] = field(default_factory=list)


class Walker:
    """Fills what is missing of trades from the exchange's REST API."""

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

    async def fill(self, fetched: Fetched) -> None:
        """Land the trades of the missing runs.

        Raises:
            SourceError: a page could not be had, or the route does not reach back so far; what was
                walked before has landed and is not missing any more.
            DecodeError: a page is not what the exchange documents.
        """
        route = self._route(fetched)
        for span in list(fetched.missing):
            reached = self._reached(fetched, route, span)
            if reached is None:
                continue
            walk = _Walk(fetched, reached, reached)
            forward = route.walk is Walk.FORWARD
            try:
                await (self._forward(walk, route) if forward else self._backward(walk, route))
            finally:
                await self._land(walk)

    def _route(self, fetched: Fetched) -> TradeRoute:
        venue, series = self._exchange.venue, fetched.series
        route = venue.trade_route(series)
        if route is None:
            what = f"{series.kind.value} of {series.instrument.instrument_type.value} instruments"
            runs = ", ".join(str(span) for span in fetched.missing[:SHOWN_RUNS])
            raise SourceError(
                f"{venue.exchange} REST",
                f"has no {what}; they come with the archive's file, and none has {runs}",
            )
        return route

    def _reached(self, fetched: Fetched, route: TradeRoute, span: Span) -> Span | None:
        """The part of a span that the route reaches back to; what lies before it has failed."""
        first = span.start if route.depth is None else max(span.start, self._now - route.depth)
        if first > span.start:
            lost = Span(span.start, min(first, span.end))
            fetched.failures.append(
                f"{fetched.series.instrument.exchange} REST gives {fetched.series.kind.value} of "
                f"the last {route.depth} only, and no archive file has {lost}"
            )
        return Span(first, span.end) if first < span.end else None

    async def _forward(self, walk: _Walk, route: TradeRoute) -> None:
        """From the first id at or after the start on, until a page passes the end."""
        series = walk.fetched.series
        cursor = await self._first_id(series, route, walk.left)
        while cursor is not None and walk.left.start < walk.left.end:
            page = await self._page(series, TradeCursor(id=cursor), walk.whole)
            stamps, ids = times(series, page.table), _ids(page)
            _require_start(page, ids, cursor, counted=self._counted(series))
            whole = len(ids) < route.rows
            passed = walk.left.end if whole else _instant(int(stamps[-1]))
            await self._take(walk, page, Span(walk.left.start, min(passed, walk.left.end)))
            cursor = None if whole else _further(page, max(ids) + 1, beyond=cursor)
        if cursor is None:
            await self._take(walk, None, walk.left)

    def _counted(self, series: Series) -> bool:
        offered = self._exchange.venue.capabilities[series.instrument.instrument_type]
        return offered.counted or series.kind is Kind.AGG_TRADES

    async def _backward(self, walk: _Walk, route: TradeRoute) -> None:
        """From the last id before the end back, until a page passes the start."""
        series = walk.fetched.series
        cursor: TradeCursor | None = TradeCursor(before=walk.left.end)
        if route.locate is Locate.BISECT:
            cursor = TradeCursor(id=await self._bisected(series, walk.left.end))
        while cursor is not None and walk.left.start < walk.left.end:
            page = await self._page(series, cursor, walk.whole)
            stamps, ids = times(series, page.table), _ids(page)
            if not ids:
                break
            passed = _instant(int(stamps[0])) + MICROSECOND
            whole = passed <= walk.left.start or min(ids) <= 1
            start = walk.left.start if whole else min(passed, walk.left.end)
            await self._take(walk, page, Span(start, walk.left.end))
            below = cursor.id
            cursor = None if whole else TradeCursor(id=_further(page, min(ids), below=below))
        await self._take(walk, None, walk.left)

    async def _first_id(self, series: Series, route: TradeRoute, span: Span) -> int | None:
        """The id at which a forward walk starts; None where no trade came since."""
        if route.locate is Locate.BISECT:
            return await self._bisected(series, span.start)
        venue = self._exchange.venue
        async with self._turns.turn((span.start, str(series))):
            answer = await self._exchange.get(venue.locate_request(series, span.start))
        return venue.decode_located(answer.url, series, answer.body)

    async def _bisected(self, series: Series, instant: datetime) -> int:
        """The least id at or after an instant; one more than the newest where there is none."""
        around = Span(instant, instant + MICROSECOND)
        newest = _ids(await self._page(series, TradeCursor(), around))
        low, high = 1, (max(newest) + 1 if newest else 1)
        for _ in range(MOST_PROBES):
            if low >= high:
                break
            middle = (low + high) // 2
            page = await self._page(series, TradeCursor(id=middle + 1), around)
            stamps, ids = times(series, page.table), _ids(page)
            early = [_instant(int(at)) < instant for at in stamps]
            before = [id_ for id_, is_early in zip(ids, early, strict=True) if is_early]
            after = [id_ for id_, is_early in zip(ids, early, strict=True) if not is_early]
            low, high = max([low - 1, *before]) + 1, min([high, *after])
        return low

    async def _page(self, series: Series, cursor: TradeCursor, span: Span) -> Page:
        venue = self._exchange.venue
        request = venue.trades_request(series, cursor)
        async with self._turns.turn((span.start, str(series))):
            answer = await self._exchange.get(request)
        page = Page(request, answer.url, answer.body, span)
        return page.read(venue.decode_trades(answer.url, series, answer.body))

    async def _take(self, walk: _Walk, page: Page | None, answered: Span) -> None:
        """Take a page, and count a run as answered for."""
        if page is not None:
            walk.pages.append(page)
        fetched = walk.fetched
        open_ = [part for gap in fetched.missing for part in subtract_spans(gap, [answered])]
        fetched.missing = merge_spans(open_)
        if walk.left.start == answered.start:
            walk.left = Span(answered.end, walk.left.end)
        else:
            walk.left = Span(walk.left.start, answered.start)
        if len(walk.pages) >= PACKED:
            await self._land(walk)

    async def _land(self, walk: _Walk) -> None:
        """Keep the pages taken so far in one pack, and hand on what was wanted of them."""
        if not walk.pages:
            return
        pages, walk.pages = walk.pages, []
        series = walk.fetched.series
        kept = await asyncio.to_thread(keep, self._zone, series, pages, self._now)
        rows = pa.concat_tables([page.table for page in pages])
        table = within(series, rows, [walk.whole])
        note = SourceNote(pages[0].source, walk.whole, kept, table.num_rows)
        await self._put(Piece(series, REST, note, table))


def _ids(page: Page) -> list[int]:
    """The ids of a page, in its order."""
    column = "trade_seq" if "trade_seq" in page.table.column_names else "agg_id"
    found: list[int] = page.table[column].to_pylist()
    return found


def _require_start(page: Page, ids: list[int], cursor: int, *, counted: bool) -> None:
    """Where ids are counted without holes, a page that begins later than asked hides some."""
    if counted and ids and min(ids) != cursor:
        raise DecodeError(page.url, given=f"trades from id {min(ids)}", expected=f"from {cursor}")


def _further(
    page: Page, cursor: int, *, beyond: int | None = None, below: int | None = None
) -> int:
    """The next cursor, which has to lead further than the one before it."""
    if (beyond is not None and cursor <= beyond) or (below is not None and cursor >= below):
        raise DecodeError(page.url, given=f"ids up to {cursor}", expected="a page that goes on")
    return cursor


def _instant(stamp_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=stamp_us)
