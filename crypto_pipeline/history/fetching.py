"""One series over one span: the archive's longest files first, then shorter ones, then REST.

What belongs here: which source is asked for what, and what is left over. What does not: how a
source is asked (`history/archive.py`, `venues/`), where the rows go (`history/landing.py`).

Each source is asked only for what the ones before it did not give, down to the minute: a file that
is missing, refused or has holes hands the rest on. What no source gave is returned, never dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import aiohttp
import numpy as np
import pyarrow as pa

from crypto_pipeline.domain.gaps import Span, merge_spans, missing_spans, subtract_spans
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import day_start, days
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.errors import DecodeError, SourceError, SourceMissingError
from crypto_pipeline.history.archive import download
from crypto_pipeline.history.retrying import Patience
from crypto_pipeline.history.turns import Turns
from crypto_pipeline.logs import get_logger
from crypto_pipeline.venues.venue import ArchiveFile, Cut, Series, Venue

log = get_logger(__name__)

ARCHIVE, REST = "archive", "rest"


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What became of one source, as `market.source_files` keeps it."""

    url: str
    span: Span
    sha256: str | None = None
    size: int | None = None
    rows: int | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some klines of one series from one source, and a note of the source once it is done with."""

    series: Series
    source: str
    note: SourceNote | None
    klines: pa.Table | None = None

    @property
    def rows(self) -> int:
        """How many klines."""
        return 0 if self.klines is None else int(self.klines.num_rows)


@dataclass(slots=True)
class Fetched:
    """What was asked for one series, and what no source gave.

    Attributes:
        closed_until: the end, exclusive, of the open times that could be there: those closed by
            our clock and, where it was asked, by the exchange's.
        missing: runs without a kline in any source that answered.
        refused: archive files that are there and could not be used.
        failures: sources that should have given a missing run and did not, in words; where there
            is one, the run may be there after all.
    """

    series: Series
    span: Span
    closed_until: datetime
    missing: list[Span] = field(default_factory=list)
    refused: list[SourceNote] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Fetcher:
    """Asks one venue's sources, so many at a time, and hands the pieces on as they come."""

    def __init__(
        self,
        venue: Venue,
        session: aiohttp.ClientSession,
        *,
        patience: Patience,
        turns: Turns,
        put: Callable[[Piece], Awaitable[None]],
    ) -> None:
        self._venue, self._session, self._patience = venue, session, patience
        self._turns, self._put = turns, put
        self._server_times: dict[InstrumentType, datetime] = {}
        self._asking_time = asyncio.Lock()

    async def fetch(self, series: Series, span: Span, now: datetime) -> Fetched:
        """Fetch the klines of a series that open in `span` and are closed at `now`."""
        fetched = Fetched(series, span, series.interval.closed_until(now), missing=[span])
        for cut in self._venue.archive_cuts:
            files = self._files(series, cut, fetched.missing, now)
            await self._from_archive(fetched, files)
        if fetched.missing:
            await self._from_rest(fetched)
        for note in fetched.refused:
            if note.refused is not None and _overlaps(fetched.missing, note.span):
                fetched.failures.append(note.refused)
        return fetched

    def _files(
        self, series: Series, cut: Cut, wanted: Sequence[Span], now: datetime
    ) -> list[ArchiveFile]:
        """The files of one cut that are over: months that are wanted whole, any day touched."""
        starts = _months_within(wanted) if cut is Cut.MONTHLY else _days_touched(wanted)
        files = (self._venue.archive_file(series, cut, start) for start in starts)
        return [file for file in files if file.span.end <= now]

    async def _from_archive(self, fetched: Fetched, files: Sequence[ArchiveFile]) -> None:
        """Land what is wanted of each file; what none of them gave stays missing."""
        wanted = fetched.missing
        missing = [gap for span in wanted for gap in subtract_spans(span, [f.span for f in files])]
        for left in await asyncio.gather(*(self._from_file(fetched, file) for file in files)):
            missing += left
        fetched.missing = merge_spans(missing)

    async def _from_file(self, fetched: Fetched, file: ArchiveFile) -> list[Span]:
        """Land what is wanted of one file; returns what of it the file did not give."""
        parts = _overlaps(fetched.missing, file.span)
        async with self._turns.turn((file.span.start, str(file.series))):
            try:
                got = await self._patience.ask(file.url, download, self._session, file)
                klines = await asyncio.to_thread(
                    lambda: _within(self._venue.decode_archive(file, got.content), parts)
                )
            except SourceMissingError:
                return parts
            except (SourceError, DecodeError) as error:
                note = SourceNote(file.url, file.span, refused=str(error))
                fetched.refused.append(note)
                log.warning("source refused", url=file.url, reason=str(error))
                await self._put(Piece(file.series, ARCHIVE, note))
                return parts
            note = SourceNote(file.url, file.span, got.sha256, len(got.content), klines.num_rows)
            await self._put(Piece(file.series, ARCHIVE, note, klines))
        return _missing(file.series, parts, klines)

    async def _from_rest(self, fetched: Fetched) -> None:
        """Land what REST gives of the missing runs; what it does not give stays missing."""
        series, url = fetched.series, self._venue.rest_url(fetched.series)
        fetched.missing = _overlaps(fetched.missing, Span(fetched.span.start, fetched.closed_until))
        try:
            fetched.closed_until = min(fetched.closed_until, await self._closed_until(series))
            closed = Span(fetched.span.start, fetched.closed_until)
            fetched.missing = _overlaps(fetched.missing, closed)
            for span in fetched.missing:
                await self._from_pages(fetched, url, span)
        except (SourceError, DecodeError) as error:
            fetched.failures.append(str(error))
            log.warning("source refused", url=url, reason=str(error))
            await self._put(Piece(series, REST, SourceNote(url, fetched.span, refused=str(error))))

    async def _from_pages(self, fetched: Fetched, url: str, span: Span) -> None:
        """Page through one missing span until it ends or the exchange has no more.

        A page holds at least one kline or ends the loop, so there are never more pages than bars.
        """
        series, cursor, rows = fetched.series, span.start, 0
        while cursor < span.end:
            page = await self._patience.ask(url, self._page, series, Span(cursor, span.end))
            if page.num_rows == 0:
                break
            end = min(page["open_time"][-1].as_py() + series.interval.length, span.end)
            asked = Span(cursor, end)
            left = [part for gap in fetched.missing for part in subtract_spans(gap, [asked])]
            fetched.missing = merge_spans([*left, *_missing(series, [asked], page)])
            await self._put(Piece(series, REST, None, page))
            cursor, rows = end, rows + page.num_rows
        await self._put(Piece(series, REST, SourceNote(url, span, rows=rows)))

    async def _page(self, series: Series, span: Span) -> pa.Table:
        async with self._turns.turn((span.start, str(series))):
            return await self._venue.rest_page(series, span)

    async def _closed_until(self, series: Series) -> datetime:
        """The end of what the exchange itself has closed; asked once a load and instrument type."""
        kind, url = series.instrument.instrument_type, self._venue.rest_url(series)
        async with self._asking_time:
            if kind not in self._server_times:
                asked = await self._patience.ask(url, self._venue.server_time, kind)
                self._server_times[kind] = asked
        return series.interval.closed_until(self._server_times[kind])


def _within(klines: pa.Table, parts: Sequence[Span]) -> pa.Table:
    """The klines that open in one of the parts."""
    times = klines["open_time"].cast(pa.int64()).to_numpy()
    keep = np.zeros(times.size, dtype=bool)
    for part in parts:
        keep |= (times >= microseconds(part.start)) & (times < microseconds(part.end))
    return klines if keep.all() else klines.filter(pa.array(keep))


def _missing(series: Series, parts: Sequence[Span], klines: pa.Table) -> list[Span]:
    times = klines["open_time"].cast(pa.int64()).to_numpy()
    return [gap for part in parts for gap in missing_spans(series.interval, part, times)]


def _overlaps(spans: Sequence[Span], file: Span) -> list[Span]:
    both = (Span(max(s.start, file.start), min(s.end, file.end)) for s in spans)
    return [span for span in both if span.start < span.end]


def _months_within(spans: Sequence[Span]) -> list[date]:
    """First days of the months that lie whole in one of the spans."""
    months = []
    for span in spans:
        for first in (day for day in days(span.start, span.end) if day.day == 1):
            start = day_start(first)
            if span.start <= start and (start + timedelta(days=31)).replace(day=1) <= span.end:
                months.append(first)
    return months


def _days_touched(spans: Sequence[Span]) -> list[date]:
    return sorted({day for span in spans for day in days(span.start, span.end)})
