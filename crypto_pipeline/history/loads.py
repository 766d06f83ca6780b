"""Load many series of one exchange: fetch concurrently, land in large commits, report.

What belongs here: the pipeline between fetching and landing. What does not: either end of it, and
knowing an exchange's instruments (`history/acquaintance.py`).
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from types import MappingProxyType

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.access import DENSE_AT_ONCE, Access
from crypto_pipeline.history.acquaintance import acquaint
from crypto_pipeline.history.fetching import Fetcher
from crypto_pipeline.history.landing import Batch, Landed, Landing
from crypto_pipeline.history.pieces import Fetched, Piece
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.history.reports import SeriesReport, told
from crypto_pipeline.history.turns import Turns
from crypto_pipeline.history.whole import whole
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import WriteSession, writing
from crypto_pipeline.logs import get_logger, log_retries
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.venue import Venue

log = get_logger(__name__)

QUEUED_PIECES = 4
"""Pieces that may wait for the writer before the downloads do."""

GARBAGE_OBJECTS = 100_000
"""Objects made before the garbage collector looks at them."""

PROGRESS_SECONDS = 1.0
"""How often a load says how far it is between two commits."""

STOP_SECONDS = 0.2
"""How often a load looks whether it was told to stop."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done at a time.

    Attributes:
        downloads: requests under way at once.
        commit_rows: rows after which a commit is made.
    """

    downloads: int = 8
    commit_rows: int = 250_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is.

    Attributes:
        rows: that have come so far.
        finished: series that are done.
        total: series of the load.
        limit_use: how much of what the exchange allows is in use, 0 to 1.
    """

    rows: int
    finished: int
    total: int
    limit_use: float = 0.0


class Load:
    """One load of some series of one exchange over one span."""

    def __init__(
        self,
        home: Path,
        venue: Venue,
        serieses: Sequence[Series],
        span: Span,
        *,
        now: datetime,
        keep_raw: bool = True,
        held: Mapping[Series, Sequence[Span]] = MappingProxyType({}),
        pace: Pace = Pace(),
        patience: Patience | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._home, self._venue, self._span, self._now = home, venue, span, now
        self._pace, self._patience, self._on_progress = pace, patience or Patience(), on_progress
        self._zone, self._held = RawZone(home, keep=keep_raw), held
        self._exchange = Exchange(venue, patience=self._patience, connections=pace.downloads)
        self._reports = {series: SeriesReport(series, span) for series in serieses}
        self._queue: asyncio.Queue[Piece | Fetched] = asyncio.Queue(QUEUED_PIECES)
        self._rows = self._finished = 0
        self._told = time.monotonic()
        self._stop = Event()

    async def run(self, on_report: Callable[[SeriesReport], None]) -> None:
        """Run the load; hands over each series' report once all its rows are committed.

        Raises:
            LakeError: a commit failed; those before it hold.
        """
        log_retries()
        serieses = list(self._reports)
        async with self._exchange:
            with writing(self._home, Catalog.MARKET, cancelled=self._stop.is_set) as session:
                await self._run_in(session, serieses, on_report)

    async def _run_in(
        self,
        session: WriteSession,
        serieses: Sequence[Series],
        on_report: Callable[[SeriesReport], None],
    ) -> None:
        landing = Landing(session, self._venue, self._zone)
        await acquaint(self._exchange, session, self._zone, serieses, self._now)
        await whole(landing.introduce, serieses, self._now)
        producer = asyncio.create_task(self._produce(serieses))
        try:
            while self._finished < len(serieses):
                batch = await self._collect(producer)
                landed = await whole(landing.land, batch, self._now)
                for report in self._account(batch, landed):
                    on_report(report)
        finally:
            producer.cancel()
            await asyncio.wait([producer])

    def reports(self) -> Generator[SeriesReport, None, None]:
        """Run the load in a thread of its own and yield its reports as they come.

        The caller's thread keeps its signals; leaving the iteration early ends the load after the
        commit that is under way.

        Raises:
            LakeError: a commit failed; those before it hold.
        """
        ready: SimpleQueue[SeriesReport | BaseException | None] = SimpleQueue()
        # A thread starts with an empty context, and the run's id is in ours.
        target, args = copy_context().run, (self._run_until, ready)
        thread = Thread(target=target, args=args, name="load")
        thread.start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self._stop.set()
            thread.join()

    def _run_until(self, ready: SimpleQueue[SeriesReport | BaseException | None]) -> None:
        """Run the load to its end, in this thread."""

        async def stoppable() -> None:
            load = asyncio.create_task(self.run(ready.put))
            while not load.done():
                await asyncio.wait([load], timeout=STOP_SECONDS)
                if self._stop.is_set() and not load.cancelling():
                    load.cancel()
            if not load.cancelled():
                load.result()

        try:
            with collecting_seldom():
                asyncio.run(stoppable())
        except BaseException as error:  # noqa: BLE001 it is raised again in the caller's thread
            ready.put(error)
        ready.put(None)

    async def _produce(self, serieses: Sequence[Series]) -> None:
        """Fetch all series concurrently into the queue."""
        turns, dense = Turns(self._pace.downloads), Turns(DENSE_AT_ONCE)
        access = Access(self._exchange, self._zone, turns, dense, self._queue.put, self._now)
        fetcher = Fetcher(access, self._held)

        async def fetch(series: Series) -> None:
            await self._queue.put(await fetcher.fetch(series, self._span))

        async with asyncio.TaskGroup() as group:
            for series in serieses:
                group.create_task(fetch(series))

    async def _collect(self, producer: asyncio.Task[None]) -> Batch:
        """Pieces for one commit: until it is large enough, or every series is finished."""
        batch = Batch()
        left = len(self._reports) - self._finished
        while batch.rows < self._pace.commit_rows and len(batch.finished) < left:
            item = await self._next(producer)
            if isinstance(item, Fetched):
                batch.finished.append(item)
            else:
                batch.pieces.append(item)
            if time.monotonic() - self._told >= PROGRESS_SECONDS:
                self._tell(batch.rows)
        return batch

    def _tell(self, collected: int = 0) -> None:
        """Say how far the load is, with so many rows that are not committed yet."""
        self._told, rows, total = time.monotonic(), self._rows + collected, len(self._reports)
        self._on_progress(Progress(rows, self._finished, total, self._exchange.limit_use()))

    async def _next(self, producer: asyncio.Task[None]) -> Piece | Fetched:
        """The next item of the queue, or the error that keeps the producer from giving one."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        item = asyncio.create_task(self._queue.get())
        await asyncio.wait([item, producer], return_when=asyncio.FIRST_COMPLETED)
        if not item.done() and self._queue.empty():
            item.cancel()
            _raise_first(producer)
        return await item

    def _account(self, batch: Batch, landed: Landed) -> list[SeriesReport]:
        """Add a commit's counts to the reports; returns those that are now complete."""
        for series, written in landed.written.items():
            self._reports[series].written += written
        done = []
        for fetched in batch.finished:
            report = self._reports[fetched.series]
            report.days = landed.coverage[fetched.series]
            report.missing, report.failures = fetched.missing, fetched.failures
            report.unlisted = fetched.listed is None
            done.append(report)
            log.info("series done", **told(report))
        log.info("committed", rows=batch.rows, sources=len(batch.pieces))
        self._rows += batch.rows
        self._finished += len(done)
        self._tell()
        return done


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the garbage collector look less often for the length of the block.

    Answers of thousands of small values make it look for cycles all the time, and have none: it
    took an eighth of a load.
    """
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _raise_first(producer: asyncio.Task[None]) -> None:
    """Raise what ended the producer: of the errors that came together the first."""
    error = producer.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error
