"""Listings as rows of `market.instruments`, and the coins in them as rows of `market.assets`.

What belongs here: the two forms and the way between them. What does not: which rows a new answer of
an exchange closes and opens (`history/instruments.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from crypto_pipeline.domain.instruments import (
    Instrument,
    InstrumentType,
    Listing,
    Status,
    asset_id,
)
from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.tables import Table

Row = Mapping[str, Any]

VALIDITY = ("valid_from", "valid_to")


def current_rows(connection: duckdb.DuckDBPyConnection, exchange: str) -> dict[str, Row]:
    """The rows of one exchange that are valid now, by entity_id."""
    rows = connection.execute(
        "SELECT * FROM market.instruments WHERE exchange = ? AND valid_to IS NULL "
        "ORDER BY entity_id",
        [exchange],
    ).to_arrow_table()
    return {row["entity_id"]: row for row in rows.to_pylist()}


def statement_of(row: Row) -> dict[str, Any]:
    """What a row says of its instrument: all columns but the range of validity."""
    return {name: value for name, value in row.items() if name not in VALIDITY}


def row_of(listing: Listing) -> dict[str, Any]:
    """A listing in the columns of the table but the range of validity."""
    instrument = listing.instrument
    return {
        "entity_id": instrument.entity_id,
        "exchange": instrument.exchange,
        "instrument_type": instrument.instrument_type.value,
        "symbol": instrument.symbol,
        "base": instrument.base,
        "quote": instrument.quote,
        "native_symbol": listing.native_symbol,
        "tick_size": listing.tick_size,
        "lot_size": listing.lot_size,
        "contract_size": listing.contract_size,
        "min_notional": listing.min_notional,
        "funding_interval_hours": listing.funding_interval_hours,
        "status": listing.status.value,
        "listed_at": listing.listed_at,
        "delisted_at": listing.delisted_at,
    }


def listing_of(row: Row) -> Listing:
    """The listing of a row that an exchange's answer made; one made from a symbol has none."""
    kind = InstrumentType(row["instrument_type"])
    return Listing(
        Instrument(row["exchange"], kind, row["base"], row["quote"]),
        native_symbol=row["native_symbol"],
        status=Status(row["status"]),
        tick_size=row["tick_size"],
        lot_size=row["lot_size"],
        contract_size=row["contract_size"],
        min_notional=row["min_notional"],
        funding_interval_hours=row["funding_interval_hours"],
        listed_at=row["listed_at"],
        delisted_at=row["delisted_at"],
    )


def first_seen(connection: duckdb.DuckDBPyConnection, exchange: str) -> dict[str, datetime]:
    """When each coin of an exchange was first seen, by asset_id."""
    return dict(
        connection.execute(
            "SELECT asset_id, first_seen_at FROM market.assets WHERE exchange = ?", [exchange]
        ).fetchall()
    )


def coin_rows(rows: Iterable[Row], seen: Mapping[str, datetime], now: datetime) -> list[Row]:
    """A row for each base and quote of an exchange's instruments.

    Args:
        rows: all its instruments as they are now, delisted ones too.
        seen: when each coin was first seen, by asset_id.
        now: when the others are.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for coin in (row["base"], row["quote"]):
            id_ = asset_id(row["exchange"], coin)
            entered = {
                "asset_id": id_,
                "exchange": row["exchange"],
                "asset": coin,
                "active": False,
                "first_seen_at": seen.get(id_, now),
            }
            kept = found.setdefault(id_, entered)
            kept["active"] |= row["status"] == Status.TRADING.value
    return [found[id_] for id_ in sorted(found)]


def frame_of(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Rows in the columns of a table.

    Raises:
        LakeError: a step or a size has more digits than the table keeps.
    """
    try:
        return pa.Table.from_pylist(list(rows), schema=table.schema)
    except pa.ArrowInvalid as error:
        raise LakeError(f"a row for {table.qualified} does not fit its columns: {error}") from error
