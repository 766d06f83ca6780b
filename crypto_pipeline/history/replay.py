"""The raw zone read again: each noted commit landed once more, as it was landed the first time.

What belongs here: from a note and the bytes that it names to the same rows. What does not: where
the rows go and what becomes of the lake before (`history/rebuild.py`). It reads with the decoders
of `venues/` and lands with the same code as a load, and asks no exchange anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.intervals import days
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import DecodeError, RawError, UsageError
from crypto_pipeline.history.access import DENSE_AT_ONCE
from crypto_pipeline.history.instruments import discover, known_listings, land_instruments
from crypto_pipeline.history.kinds import in_sequence, within
from crypto_pipeline.history.landing import Batch, Landing
from crypto_pipeline.history.order_books import Snapshot, land_snapshots
from crypto_pipeline.history.own.replay import OwnReplay
from crypto_pipeline.history.pieces import ARCHIVE, IMPORT, Fetched, Piece, SourceNote
from crypto_pipeline.history.raw.notes import Commit, Finished, SeriesName, Taken
from crypto_pipeline.history.raw.pages import RawPage
from crypto_pipeline.history.raw.zone import Kept, RawZone
from crypto_pipeline.lake.session import WriteSession
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.venues.capabilities import Cut, Request
from crypto_pipeline.venues.records import ArchiveFile, Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue

NOWHERE = Endpoints("http://archive.invalid", {})
"""Replaying asks nobody; archives have a base URL so that the names of their files can be made."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What could not be made again.

    Attributes:
        what: a series, an exchange's list of instruments, or a note of the journal.
        span: the times, or None where they are not known.
        url: where it came from once.
        reason: why not, in words.
    """

    what: str
    span: Span | None
    url: str
    reason: str


class PackedExchange(Exchange):
    """An exchange that answers what it answered once."""

    def __init__(self, venue: Venue, pages: Sequence[RawPage]) -> None:
        super().__init__(venue)
        self._pages = {_asked(page.request): page for page in pages}

    async def get(self, request: Request) -> Answer:
        """The answer that was kept.

        Raises:
            RawError: this was not asked then.
        """
        page = self._pages.get(_asked(request))
        if page is None:
            raise RawError(self.venue.exchange, f"has no answer to {request}")
        return Answer(page.body, page.where)


class Replay:
    """Lands the commits of a journal, in their order, into a fresh lake.

    Attributes:
        rows: landed so far.
        lost: what could not be read again.
    """

    def __init__(self, zone: RawZone, session: WriteSession) -> None:
        self._zone, self._session = zone, session
        self._silent = RawZone(session.home, keep=False)
        self._venues: dict[str, Venue] = {}
        self._read: dict[object, pa.Table] = {}
        self._pack: tuple[Kept, list[RawPage]] | None = None
        self._own = OwnReplay(session, zone)
        self.rows, self.lost = 0, list[Lost]()

    def close(self) -> None:
        """Let go of what was read last."""
        self._own.close()

    def land(self, commit: Commit) -> None:
        """Land a commit again; what of it cannot be read goes to `lost`.

        Raises:
            LakeError: the rows cannot be written.
        """
        kinds = {taken.name.kind for taken in commit.taken}
        if any(taken.source == IMPORT for taken in commit.taken):
            self._land_own(commit)
        elif Kind.INSTRUMENTS in kinds:
            self._land_instruments(commit)
        elif Kind.ORDER_BOOK in kinds:
            self._land_books(commit)
        else:
            self._land_rows(commit)

    def lose_note(self, error: RawError) -> None:
        """Enter a commit of which it is not known what it took."""
        self.lost.append(Lost("a whole commit", None, error.path, str(error)))

    def _land_rows(self, commit: Commit) -> None:
        landing = Landing(self._session, self._venue(commit.exchange), self._silent)
        if commit.introduced:
            names = [SeriesName(commit.exchange, Kind.KLINES, one) for one in commit.introduced]
            landing.introduce([name.series for name in names], commit.loaded_at)
            return
        batch = Batch([self._piece(taken) for taken in commit.taken])
        batch.finished = [_fetched(finished) for finished in commit.finished]
        landing.land(batch, commit.loaded_at)
        self.rows += batch.rows

    def _piece(self, taken: Taken) -> Piece:
        """A source with the rows that were taken of it, or refused where they are lost."""
        series = taken.name.series
        note = SourceNote(
            taken.url, taken.span, taken.kept, taken.rows, taken.refused, dict(taken.reading)
        )
        if taken.refused is not None or (taken.kept is None and not taken.rows):
            return Piece(series, taken.source, note)
        try:
            rows = within(series, in_sequence(series, self._rows(taken)), [taken.span])
        except (RawError, DecodeError, UsageError) as error:
            self._lose(taken, str(error))
            refused = SourceNote(taken.url, taken.span, refused=str(error))
            return Piece(series, taken.source, refused)
        if taken.rows is not None and rows.num_rows != taken.rows:
            self._lose(taken, f"{taken.rows} rows were read of it once, and {rows.num_rows} now")
        return Piece(series, taken.source, note, rows)

    def _rows(self, taken: Taken) -> pa.Table:
        """All rows of a source; one that several spans were taken of is read once."""
        if taken.kept is None:
            raise RawError(taken.url, "was not kept when it was loaded")
        source = (taken.kept.path, taken.name, taken.source)
        if source not in self._read:
            while len(self._read) >= DENSE_AT_ONCE:
                self._read.pop(next(iter(self._read)))
            self._read[source] = self._decoded(taken, taken.kept.path)
        return self._read[source]

    def _decoded(self, taken: Taken, path: str) -> pa.Table:
        venue, series = self._venue(taken.name.exchange), taken.name.series
        if taken.source == ARCHIVE:
            return venue.decode_archive(_file_of(venue, taken), self._zone.read_file(path))
        pages = self._zone.read_pages(path)
        return pa.concat_tables([_page_rows(venue, series, page) for page in pages])

    def _land_own(self, commit: Commit) -> None:
        for taken in commit.taken:
            try:
                self._own.land(taken, commit.loaded_at)
                self.rows += taken.rows or 0
            except (RawError, DecodeError, UsageError) as error:
                self._lose(taken, str(error))

    def _land_instruments(self, commit: Commit) -> None:
        (taken,) = commit.taken
        try:
            pages = self._pages(taken)
            asked = PackedExchange(self._venue(commit.exchange), pages)
            land_instruments(self._session, asyncio.run(discover(asked)), commit.loaded_at)
        except (RawError, DecodeError) as error:
            self._lose(taken, str(error))
        self._venues.pop(commit.exchange, None)

    def _land_books(self, commit: Commit) -> None:
        """Land the books of one round; each page of the pack holds one, in the order noted."""
        found = []
        for number, taken in enumerate(commit.taken):
            try:
                found.append(self._snapshot(taken, self._pages(taken)[number]))
            except (RawError, DecodeError, UsageError) as error:
                self._lose(taken, str(error))
        land_snapshots(self._session, found, commit.loaded_at)
        self.rows += len(found)

    def _snapshot(self, taken: Taken, page: RawPage) -> Snapshot:
        instrument = taken.name.series.instrument
        book = self._venue(instrument.exchange).decode_book(page.where, instrument, page.body)
        row = book.to_pylist()[0]
        return Snapshot(
            instrument, page.received_at, row, page.request, Answer(page.body, page.where)
        )

    def _pages(self, taken: Taken) -> list[RawPage]:
        if taken.kept is None:
            raise RawError(taken.url, "was not kept when it was loaded")
        if self._pack is None or self._pack[0] != taken.kept:
            self._pack = (taken.kept, list(self._zone.read_pages(taken.kept.path)))
        return self._pack[1]

    def _lose(self, taken: Taken, reason: str) -> None:
        self.lost.append(Lost(str(taken.name), taken.span, taken.url, reason))

    def _venue(self, exchange: str) -> Venue:
        """The exchange, knowing the instruments that the fresh lake knows by now."""
        if exchange not in self._venues:
            known = self._session.write(lambda connection: known_listings(connection, exchange))
            self._venues[exchange] = find_venue(exchange)(NOWHERE, known)
        return self._venues[exchange]


def _page_rows(venue: Venue, series: Series, page: RawPage) -> pa.Table:
    if series.kind is Kind.KLINES:
        if page.asked is None:
            raise RawError(page.where, "does not say which times it was asked for")
        return venue.decode_klines(page.where, series, page.asked, page.body)
    if series.kind is Kind.FUNDING:
        return venue.decode_funding(page.where, series, page.body)
    return venue.decode_trades(page.where, series, page.body)


def _file_of(venue: Venue, taken: Taken) -> ArchiveFile:
    """The archive's file of that name among those that may hold the times taken.

    Raises:
        RawError: the exchange's archive has none of that name any more.
    """
    series = taken.name.series
    archive = venue.capabilities[series.instrument.instrument_type].archives[series.kind]
    shift = archive.day_starts
    touched = days(taken.span.start - shift, taken.span.end - shift)
    for cut in archive.cuts:
        for first in _first_days(cut, touched):
            file = venue.archive_file(series, cut, first)
            if file.name == taken.url.rpartition("/")[2]:
                return file
    raise RawError(taken.url, f"is none of the archive's files of {taken.span}")


def _first_days(cut: Cut, touched: Sequence[date]) -> Sequence[date]:
    if cut is Cut.DAILY:
        return touched
    return sorted({day.replace(day=1) for day in touched})


def _fetched(finished: Finished) -> Fetched:
    return Fetched(
        finished.name.series,
        finished.span,
        finished.listed,
        finished.closed_until,
        list(finished.missing),
        finished.silent,
        failures=list(finished.failures),
    )


def _asked(request: Request) -> tuple[object, ...]:
    query = tuple(sorted((name, str(value)) for name, value in request.parameters.items()))
    return (request.api, request.path, query)
