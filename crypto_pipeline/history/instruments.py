"""What an exchange lists: asked for whole, and kept with ranges of validity.

What belongs here: walking an exchange's list, and what an answer changes in `market.instruments`
and `market.assets`. What does not: reading the answers (`venues/`), which of the instruments a home
collects (`history/selection.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.listing_rows import (
    Row,
    coin_rows,
    current_rows,
    first_seen,
    frame_of,
    listing_of,
    row_of,
    statement_of,
)
from crypto_pipeline.history.raw.journal import Writes
from crypto_pipeline.lake.tables import ASSETS, INSTRUMENTS
from crypto_pipeline.lake.writing import replace
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.venues.capabilities import Request

OnPage = Callable[[Request, Answer], None]

MOST_PAGES = 200
"""Pages of one list; the longest is under ten, so one that goes on for so long never ends."""

FEWEST_JUDGED = 10
"""Instruments that must have traded before it is judged how many of them vanished."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """All that an exchange lists at one moment.

    Attributes:
        exchange: its id.
        listings: by entity_id.
        volumes: of the last 24 hours, in quote, by entity_id; an instrument may be absent.
        left_out: native symbols whose entity_id another instrument has already.
    """

    exchange: str
    listings: Mapping[str, Listing]
    volumes: Mapping[str, float]
    left_out: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an answer changed, in instruments, of all that the exchange ever listed.

    Attributes:
        new: those that no earlier answer listed.
        changed: those of which it says something else now.
        delisted: those that it no longer lists, or calls delisted from now on.
        unchanged: the others.
    """

    new: int
    changed: int
    delisted: int
    unchanged: int


async def discover(
    exchange: Exchange, on_page: OnPage = lambda _request, _answer: None
) -> Discovered:
    """Ask for everything that an exchange lists, all pages of all instrument types, and volumes.

    Args:
        exchange: whom to ask.
        on_page: is told each request and its raw answer, before the answer is read.

    Raises:
        DecodeError: an answer is not as documented, lists nothing, or has no end.
        SourceError: an answer did not come.
    """
    listings: dict[str, Listing] = {}
    volumes: dict[str, float] = {}
    left_out: list[str] = []
    for instrument_type in exchange.venue.capabilities:
        ids: dict[str, str] = {}
        for listing in await _listed(exchange, instrument_type, on_page):
            entity_id = listing.instrument.entity_id
            if listings.setdefault(entity_id, listing) is listing:
                ids[listing.native_symbol] = entity_id
            else:
                left_out.append(listing.native_symbol)
        traded = await _volumes(exchange, instrument_type, on_page)
        volumes |= {ids[native]: volume for native, volume in traded.items() if native in ids}
    return Discovered(exchange.venue.exchange, listings, volumes, left_out)


async def _listed(
    exchange: Exchange, instrument_type: InstrumentType, on_page: OnPage
) -> list[Listing]:
    """All pages of one list; those that trade first, so that they keep their id in a clash."""
    venue, cursor = exchange.venue, None
    found: list[Listing] = []
    for _ in range(MOST_PAGES):
        request = venue.instruments_request(instrument_type, cursor)
        answer = await exchange.get(request)
        on_page(request, answer)
        page = venue.decode_instruments(answer.url, instrument_type, answer.body)
        found.extend(page.listings)
        cursor = page.cursor
        if cursor is None:
            break
    if cursor is not None or not found:
        given = f"a list of {len(found)} that goes on" if cursor is not None else "an empty list"
        expected = f"some {instrument_type.value} instruments in at most {MOST_PAGES} pages"
        raise DecodeError(answer.url, given=given, expected=expected)
    return sorted(found, key=lambda one: (one.status is Status.DELISTED, one.native_symbol))


async def _volumes(
    exchange: Exchange, instrument_type: InstrumentType, on_page: OnPage
) -> Mapping[str, float]:
    request = exchange.venue.volumes_request(instrument_type)
    answer = await exchange.get(request)
    on_page(request, answer)
    return exchange.venue.decode_volumes(answer.url, instrument_type, answer.body)


def land_instruments(session: Writes, discovered: Discovered, now: datetime) -> Changes:
    """Bring `market.instruments` and `market.assets` to what an exchange says, in one commit.

    A row is closed and the next one opened where anything that the exchange says of an instrument
    has changed; the same answer a second time writes nothing. An instrument that is no longer
    listed is delisted: since `now` where it was listed by the answer before, else at an unknown
    time. A row that was entered from a symbol alone is closed by the first answer.

    Raises:
        DecodeError: most of what traded is gone; such a list was cut short. Nothing was written.
        LakeError: nothing was written.
    """
    exchange = discovered.exchange

    def commit(connection: duckdb.DuckDBPyConnection) -> Changes:
        current = current_rows(connection, exchange)
        _refuse_cut_list(discovered, current)
        stated = _stated(discovered, current, now)
        rows, changes = _differences(stated, current, now)
        replace(connection, INSTRUMENTS, frame_of(INSTRUMENTS, rows))
        coins = coin_rows(stated.values(), first_seen(connection, exchange), now)
        replace(connection, ASSETS, frame_of(ASSETS, coins))
        return changes

    return session.write(commit)


def known_listings(connection: duckdb.DuckDBPyConnection, exchange: str) -> dict[str, Listing]:
    """What an exchange said last of each instrument, delisted ones included, by entity_id.

    Instruments of which only the symbol is known are absent: empty means never discovered.
    """
    rows = current_rows(connection, exchange)
    return {id_: listing_of(row) for id_, row in rows.items() if row["status"] is not None}


def _refuse_cut_list(discovered: Discovered, current: Mapping[str, Row]) -> None:
    """Each instrument type has a list of its own, which may be cut alone."""
    trading = {id_: row for id_, row in current.items() if row["status"] == Status.TRADING.value}
    for kind in InstrumentType:
        traded = [id_ for id_, row in trading.items() if row["instrument_type"] == kind.value]
        listed = sum(id_ in discovered.listings for id_ in traded)
        if len(traded) >= FEWEST_JUDGED and listed * 2 < len(traded):
            raise DecodeError(
                f"the {kind.value} instruments of {discovered.exchange}",
                given=f"{listed} of the {len(traded)} that traded when it was asked before",
                expected="at least half of them: so many do not vanish at once",
            )


def _stated(
    discovered: Discovered, current: Mapping[str, Row], now: datetime
) -> dict[str, dict[str, Any]]:
    """What is known of each instrument now, in all columns but the range of validity."""
    said = {id_: row_of(listing) for id_, listing in discovered.listings.items()}
    gone = {
        id_: {**statement_of(row), "status": Status.DELISTED.value}
        for id_, row in current.items()
        if id_ not in said
    }
    for id_, row in (whole := {**said, **gone}).items():
        if row["status"] == Status.DELISTED.value and row["delisted_at"] is None:
            row["delisted_at"] = _unsaid_end(current.get(id_), now)
    return whole


def _unsaid_end(before: Row | None, now: datetime) -> datetime | None:
    """Since when an instrument is delisted of which the exchange does not say it."""
    if before is None or before["status"] is None:
        return None
    known: datetime | None = before["delisted_at"]
    return known if before["status"] == Status.DELISTED.value else now


def _differences(
    stated: Mapping[str, Row], current: Mapping[str, Row], now: datetime
) -> tuple[list[Row], Changes]:
    """The rows that are closed or opened, and how many instruments are new, changed and so on."""
    rows: list[Row] = []
    kinds: Counter[str] = Counter()
    for id_, row in stated.items():
        before = current.get(id_)
        if before is None or statement_of(before) != row:
            kinds[_kind_of_change(before, row)] += 1
            rows.extend(_closed_and_opened(before, row, now))
    unchanged = len(stated) - kinds.total()
    return rows, Changes(kinds["new"], kinds["changed"], kinds["delisted"], unchanged)


def _kind_of_change(before: Row | None, after: Row) -> str:
    if before is not None and after["status"] == Status.DELISTED.value != before["status"]:
        return "delisted"
    return "new" if before is None or before["status"] is None else "changed"


def _closed_and_opened(before: Row | None, after: Row, now: datetime) -> list[Row]:
    if before is None:
        return [{**after, "valid_from": now, "valid_to": None}]
    # A clock may stand still or go back; a range of validity does not.
    at = max(now, before["valid_from"])
    opened = {**after, "valid_from": at, "valid_to": None}
    return [opened] if at == before["valid_from"] else [{**before, "valid_to": at}, opened]
