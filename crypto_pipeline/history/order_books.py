"""Snapshots of order books: asked for at one moment, checked, landed.

What belongs here: asking for the books of many instruments at once, and keeping the possible ones.
What does not: how a venue writes one (`venues/`), which instruments are asked for
(`history/universe.py`), books that are kept by a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from crypto_pipeline.clock import Clock
from crypto_pipeline.domain.instruments import Instrument
from crypto_pipeline.domain.order_books import BOOK_COLUMNS, BOOK_SCHEMA, Levels, broken_rule
from crypto_pipeline.errors import DecodeError, LoadError, SourceError, UsageError
from crypto_pipeline.history.pieces import REST
from crypto_pipeline.history.raw.journal import Writes
from crypto_pipeline.lake.tables import ORDER_BOOK_SNAPSHOTS
from crypto_pipeline.lake.writing import Written, replace, total
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.venues.capabilities import Request

SHOWN = 5
"""Failures that an error spells out."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book of one instrument at one moment.

    Attributes:
        instrument: whose.
        received: when the answer was whole.
        book: one row of BOOK_COLUMNS.
        request: what was asked.
        answer: what came.
    """

    instrument: Instrument
    received: datetime
    book: Mapping[str, Any]
    request: Request
    answer: Answer


@dataclass(slots=True)
class Snapshots:
    """The books of some instruments.

    Attributes:
        taken: those that are possible.
        failures: why there is none, in words, by instrument.
    """

    taken: list[Snapshot] = field(default_factory=list)
    failures: dict[Instrument, str] = field(default_factory=dict)


async def take_snapshots(
    exchange: Exchange, instruments: Sequence[Instrument], clock: Clock
) -> Snapshots:
    """Ask for the book of each instrument, all at once as far as the exchange's limits let.

    One that does not come, or that is impossible, fails alone.
    """
    found = Snapshots()

    async def take(instrument: Instrument) -> None:
        try:
            found.taken.append(await _snapshot(exchange, instrument, clock))
        except (SourceError, DecodeError, UsageError) as error:
            found.failures[instrument] = f"{instrument.exchange} {instrument.symbol}: {error}"

    async with asyncio.TaskGroup() as group:
        for instrument in instruments:
            group.create_task(take(instrument))
    found.taken.sort(key=lambda snapshot: snapshot.instrument.entity_id)
    return found


async def _snapshot(exchange: Exchange, instrument: Instrument, clock: Clock) -> Snapshot:
    """One book.

    Raises:
        DecodeError: the answer is not as documented, or the book is impossible.
        SourceError: no answer came.
        UsageError: the contract size of the instrument is not known.
    """
    request = exchange.venue.book_request(instrument)
    answer = await exchange.get(request)
    # A simulated clock is asked over a socket.
    received = await asyncio.to_thread(clock.now)
    book = _only_row(answer.url, exchange.venue.decode_book(answer.url, instrument, answer.body))
    broken = broken_rule(_levels(book["bids"]), _levels(book["asks"]))
    if broken is not None:
        raise DecodeError(answer.url, given="an impossible book", expected=broken)
    return Snapshot(instrument, received, book, request, answer)


def _only_row(where: str, table: pa.Table) -> Mapping[str, Any]:
    if table.num_rows != 1:
        raise DecodeError(where, given=f"{table.num_rows} books", expected="one")
    row: Mapping[str, Any] = table.select(list(BOOK_COLUMNS)).to_pylist()[0]
    return row


def _levels(levels: Sequence[Mapping[str, float]]) -> Levels:
    return [(level["price"], level["amount"]) for level in levels]


def land_snapshots(session: Writes, taken: Sequence[Snapshot], now: datetime) -> Written:
    """Land snapshots in one commit; a second time it changes nothing.

    Raises:
        LakeError: nothing was written.
    """
    rows = [
        {
            **snapshot.book,
            "entity_id": snapshot.instrument.entity_id,
            "exchange": snapshot.instrument.exchange,
            "ts_received": snapshot.received,
            "source": REST,
            "loaded_at": now,
        }
        for snapshot in taken
    ]
    frame = pa.Table.from_pylist(rows, schema=BOOK_SCHEMA)
    return session.write(lambda found: total(replace(found, ORDER_BOOK_SNAPSHOTS, frame)))


def raise_failed(snapshots: Snapshots) -> None:
    """End a round in which a book did not come with one error that names it.

    Raises:
        LoadError: at least one instrument failed; the others have landed.
    """
    failures = [snapshots.failures[one] for one in sorted(snapshots.failures, key=str)]
    if failures:
        more = len(failures) - SHOWN
        counted = f"{len(failures)} of {len(failures) + len(snapshots.taken)} order books failed; "
        lines = [f"{counted}{len(snapshots.taken)} landed:", *failures[:SHOWN]]
        raise LoadError("\n".join([*lines, *([f"{more} more"] if more > 0 else [])]))
