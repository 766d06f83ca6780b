"""Trades over REST: pages from one id to the next, between two instants.

What belongs here: walks in either direction, and finding where one starts. What does not: a venue's
parameters and rows (`venues/`), windows of time (`history/paging.py`).

A walk is bounded: each page has to lead further than the one before it. What it has passed is
answered for even if a later page fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.domain.series import Series
from crypto_pipeline.errors import DecodeError, SourceError, UsageError
from crypto_pipeline.history.access import Access
from crypto_pipeline.history.kinds import times
from crypto_pipeline.history.pages import Page
from crypto_pipeline.history.pieces import Fetched
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

    def __init__(self, access: Access) -> None:
        self._access, self._venue = access, access.exchange.venue

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
            step = self._forward if route.walk is Walk.FORWARD else self._backward
            try:
                await step(walk, route)
            except (SourceError, DecodeError, UsageError):
                await self._land(walk)
                raise
            await self._land(walk)

    def _route(self, fetched: Fetched) -> TradeRoute:
        series = fetched.series
        route = self._venue.trade_route(series)
        if route is None:
            what = f"{series.kind.value} of {series.instrument.instrument_type.value} instruments"
            runs = ", ".join(str(span) for span in fetched.missing[:SHOWN_RUNS])
            raise SourceError(
                f"{self._venue.exchange} REST",
                f"has no {what}; they come with the archive's file, and none has {runs}",
            )
        return route

    def _reached(self, fetched: Fetched, route: TradeRoute, span: Span) -> Span | None:
        """The part of a span that the route reaches back to; what lies before it has failed."""
        first = (
            span.start if route.depth is None else max(span.start, self._access.now - route.depth)
        )
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
            _require_start(page, ids, cursor, counted=self._venue.counts(series))
            whole = not ids
            if whole:
                await self._require_last(walk, page, cursor)
            passed = walk.left.end if whole else _instant(int(stamps[-1]))
            await self._take(walk, page, Span(walk.left.start, min(passed, walk.left.end)))
            cursor = None if whole else _further(page, max(ids) + 1, beyond=cursor)
        if cursor is None:
            await self._take(walk, None, walk.left)

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
                self._require_first(walk, page, cursor)
                break
            passed = _instant(int(stamps[0])) + MICROSECOND
            whole = passed <= walk.left.start or min(ids) <= 1
            start = walk.left.start if whole else min(passed, walk.left.end)
            await self._take(walk, page, Span(start, walk.left.end))
            below = cursor.id
            cursor = None if whole else TradeCursor(id=_further(page, min(ids), below=below))
        await self._take(walk, None, walk.left)

    async def _require_last(self, walk: _Walk, page: Page, cursor: int) -> None:
        """A page without a trade is the end where the newest trades show none that it hides.

        Raises:
            DecodeError: they do.
        """
        series, end = walk.fetched.series, walk.left.end
        newest = await self._page(series, TradeCursor(), walk.whole)
        stamps, ids = times(series, newest.table), _ids(newest)
        before = [id_ for id_, at in zip(ids, stamps.tolist(), strict=True) if _instant(at) < end]
        if (before and max(before) >= cursor) or (ids and not before):
            raise DecodeError(page.url, given="no trade", expected=f"those from id {cursor} on")

    def _require_first(self, walk: _Walk, page: Page, cursor: TradeCursor) -> None:
        """A page without a trade is the beginning where ids begin, or the listing does.

        Raises:
            DecodeError: ids say that there are trades before.
        """
        series = walk.fetched.series
        listing = self._venue.listings.get(series.instrument.entity_id)
        listed_at = listing.listed_at if listing else None
        begins = listed_at is not None and walk.whole.start <= listed_at
        if (cursor.id or 0) > 1 and self._venue.counts(series) and not begins:
            expected = f"those before id {cursor.id}"
            raise DecodeError(page.url, given="no trade", expected=expected)

    async def _first_id(self, series: Series, route: TradeRoute, span: Span) -> int | None:
        """The id at which a forward walk starts; None where no trade came since."""
        if route.locate is Locate.BISECT:
            return await self._bisected(series, span.start)
        request = self._venue.locate_request(series, span.start)
        page = await self._access.ask(series, request, span)
        return self._venue.decode_located(page.url, series, page.body)

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
        page = await self._access.ask(series, self._venue.trades_request(series, cursor), span)
        return page.read(self._venue.decode_trades(page.url, series, page.body))

    async def _take(self, walk: _Walk, page: Page | None, answered: Span) -> None:
        """Take a page, and count a run as answered for."""
        if page is not None:
            walk.pages.append(page)
        walk.fetched.answer(answered)
        if walk.left.start == answered.start:
            walk.left = Span(answered.end, walk.left.end)
        else:
            walk.left = Span(walk.left.start, answered.start)
        if len(walk.pages) >= PACKED:
            await self._land(walk)

    async def _land(self, walk: _Walk) -> None:
        """Keep the pages taken so far in one pack, and hand on what was wanted of them."""
        pages, walk.pages = walk.pages, []
        if pages:
            await self._access.land(walk.fetched.series, pages, [walk.whole])


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
