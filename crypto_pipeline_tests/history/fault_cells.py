"""Running the cells of the fault matrix, and judging what each left behind.

A cell is right where the table holds the rows of a load in peace, column by column but for where
they came from and when; a row may be that of the archive or that of REST, which differ in columns
that one of them does not give. A cell that ends in an error is right where the error names a source
and the reason, and what landed is part of the right rows.

What belongs here: both. What does not: the cells (`fault_matrix.py`).
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import CryptoPipelineError
from crypto_pipeline.history.discovery import refresh_instruments
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.order_books import land_snapshots, raise_failed, take_snapshots
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.history.reports import raise_failed as raise_failed_series
from crypto_pipeline.lake.catalogs import Catalog, open_session
from crypto_pipeline.lake.session import prepare_lake, writing
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue, find_venue
from crypto_pipeline_tests.history.fault_kinds import TIMEOUT
from crypto_pipeline_tests.history.fault_matrix import ARCHIVES, CASES, Case, Cell
from crypto_pipeline_tests.history.fault_rows import Rows, read_rows
from crypto_pipeline_tests.history.loads import NOW, quick
from crypto_pipeline_tests.simulated import SimulatorProcess

HURRY = 1000.0
"""A ban of minutes is over in less than a second."""
CELL_SECONDS = 120.0
"""A load that takes longer hangs."""
PATIENT = 30.0
"""Seconds that an answer may take where no delay is tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a cell ended.

    Attributes:
        told: in a few words, the same ones each time.
        wrong: what is not as it must be, None where all is.
        error: the whole text of the error that the load ended in, or None.
    """

    told: str
    wrong: str | None = None
    error: str | None = None


class Ward:
    """A simulator, and the homes of loads against it.

    Args:
        market: a simulator that nobody else uses.
        folder: for homes.
    """

    def __init__(self, market: SimulatorProcess, folder: Path) -> None:
        self._market, self._folder = market, folder
        self._fresh = folder / "fresh"
        prepare_lake(self._fresh)
        (self._fresh / "limits").mkdir()
        self._knowing: dict[str, Path] = {}
        self._session = open_session()
        self._right: dict[Case, Rows] = {}

    def run(self, cell: Cell) -> Outcome:
        """One load with its fault, judged; never raises for what the load does."""
        right = self._right_books(cell) if cell.shifts_book else self._right_rows(cell.case)
        home = self._home(cell.case)
        error = self._load(cell, home)
        left = read_rows(self._session, cell.case, home)
        shutil.rmtree(home.parent)
        return Outcome(_told(cell, error, left), _judged(cell, right, left, error), error)

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def _home(self, case: Case) -> Path:
        """A home that knows the exchange's instruments, unless it is to discover them."""
        fresh = self._fresh if case.what is Kind.INSTRUMENTS else self._known(case.exchange)
        return self._copy_of(fresh)

    def _known(self, exchange: str) -> Path:
        if exchange not in self._knowing:
            home = self._knowing[exchange] = self._copy_of(self._fresh)
            self._prepare([])
            lists = next(c for c in CASES if (c.exchange, c.what) == (exchange, Kind.INSTRUMENTS))
            error = self._told_error(lists, home, self._venue(lists, home))
            if error is not None:
                raise AssertionError(f"{exchange} does not list its instruments: {error}")
        return self._knowing[exchange]

    def _copy_of(self, fresh: Path) -> Path:
        home = Path(tempfile.mkdtemp(dir=self._folder)) / "home"
        shutil.copytree(fresh, home)
        return home

    def _right_rows(self, case: Case) -> Rows:
        """Of a load in peace, and of one without the archive where REST can give all."""
        if case not in self._right:
            right = self._in_peace(case, [])
            archive = ARCHIVES.get(case.exchange)
            if case.has_past and archive is not None:
                missing: dict[str, object] = {"host": archive, "kind": "missing"}
                right = right.with_rows_of(self._in_peace(case, [missing]))
            alike = [other for other in CASES if other.same_rows(case)]
            self._right |= dict.fromkeys(alike, right)
        return self._right[case]

    def _right_books(self, cell: Cell) -> Rows:
        """The book of the time in which the exchange lives."""
        ahead = timedelta(seconds=float(str(cell.fault.rule["seconds"])))
        home = self._home(cell.case)
        self._prepare([], now=NOW + ahead)
        error = self._told_error(cell.case, home, self._venue(cell.case, home))
        if error is not None:
            raise AssertionError(f"{cell.name}: no book without the fault: {error}")
        return read_rows(self._session, cell.case, home)

    def _in_peace(self, case: Case, rules: list[dict[str, object]]) -> Rows:
        home = self._home(case)
        self._prepare(rules)
        error = self._told_error(case, home, self._venue(case, home))
        if error is not None and not rules:
            raise AssertionError(f"{case} does not end well without any fault: {error}")
        return read_rows(self._session, case, home)

    def _prepare(self, rules: list[dict[str, object]], now: datetime = NOW) -> None:
        self._market.post_faults(rules)
        self._market.set_rules(hurry=HURRY)
        self._market.set_clock(now.isoformat())

    def _load(self, cell: Cell, home: Path) -> str | None:
        fault = cell.fault
        venue = self._venue(cell.case, home, timeout=TIMEOUT if fault.hasty else PATIENT)
        if fault.over_tls:
            venue = self._over_tls(venue)
        self._prepare(cell.rules)
        try:
            return self._told_error(cell.case, home, venue)
        finally:
            self._market.post_faults([])

    def _settings(self, home: Path, timeout: float = PATIENT) -> Settings:
        return load_settings(
            home=home,
            simulator_url=self._market.url,
            limits_folder=home / "limits",
            http_timeout=timeout,
        )

    def _venue(self, case: Case, home: Path, *, timeout: float = PATIENT) -> Venue:
        self._market.set_rules(hurry=HURRY)
        return find_sources(self._settings(home, timeout)).venue(case.exchange)

    def _over_tls(self, venue: Venue) -> Venue:
        """The same hosts behind TLS."""
        twins = {self._market.endpoints[host]: url for host, url in self._market.twins().items()}
        given = venue.endpoints
        rest = {api: [twins[url] for url in urls] for api, urls in given.rest.items()}
        archive = twins[given.archive] if given.archive else None
        endpoints: Endpoints = replace(given, rest=rest, archive=archive)
        return find_venue(venue.exchange)(endpoints)

    def _told_error(self, case: Case, home: Path, venue: Venue) -> str | None:
        """Run a load; the text of the error that it ended in."""
        try:
            asyncio.run(asyncio.wait_for(self._loading(case, home, venue), CELL_SECONDS))
        except CryptoPipelineError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 whatever else comes is what the matrix looks for
            return f"not one of ours: {type(error).__name__}: {error}"
        return None

    async def _loading(self, case: Case, home: Path, venue: Venue) -> None:
        if case.has_past:
            reports: list[SeriesReport] = []
            load = Load(home, venue, [case.series], case.span, now=NOW, patience=quick())
            await load.run(reports.append)
            raise_failed_series(reports)
            return
        settings = self._settings(home)
        async with Exchange(venue, patience=quick()) as exchange:
            if case.what is Kind.INSTRUMENTS:
                await refresh_instruments(settings, exchange, NOW)
            else:
                await self._books(case, home, exchange)

    async def _books(self, case: Case, home: Path, exchange: Exchange) -> None:
        clock = clock_from(self._settings(home))
        found = await take_snapshots(exchange, [case.instrument], clock)
        with writing(home, Catalog.MARKET) as session:
            land_snapshots(session, found.taken, NOW)
        raise_failed(found)


def _judged(cell: Cell, right: Rows, got: Rows, error: str | None) -> str | None:
    """What is not as it must be, None where all is."""
    strange = got.rows - right.rows
    if strange or got.doubled:
        return (
            f"{len(strange)} rows are wrong, {got.doubled} doubled: {str(list(strange)[:1])[:300]}"
        )
    if error is None:
        lacking = right.keys - got.keys
        return f"it ends well and lacks {len(lacking)} rows" if lacking else None
    if not any(reason in error for reason in cell.fault.reasons):
        return f"the error names none of {cell.fault.reasons}"
    if cell.case.exchange not in error and "127.0.0.1" not in error:
        return "the error names no source"
    return None


def _told(cell: Cell, error: str | None, left: Rows) -> str:
    if error is not None:
        named = [reason for reason in cell.fault.reasons if reason in error]
        words = named[0] if named else "not named"
        return f"error: {'got …, expected …' if words == ', expected ' else words}"
    return f"right, from {' and '.join(left.sources)}" if left.sources else "right"
