"""Every table of the lake that Python writes: its columns, its key, its one writer.

What belongs here: definitions. What does not: the DDL that made them over time
(`lake/migrations.py`), the rows (`lake/writing.py`), the tables that dbt makes (`dbt_project/`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from crypto_pipeline.domain.funding import FUNDING_SCHEMA
from crypto_pipeline.domain.klines import KEY_COLUMNS, KLINE_SCHEMA, TIMESTAMP
from crypto_pipeline.domain.order_books import BOOK_SCHEMA
from crypto_pipeline.domain.trades import AGG_TRADE_SCHEMA, TRADE_SCHEMA
from crypto_pipeline.lake.catalogs import Catalog

DECIMAL = pa.decimal128(38, 18)


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        catalog: where it lies.
        name: its name there.
        writer: the one part of the program that writes it.
        schema: its columns, in the order of the table.
        key: the columns that name a row; no two rows share them.
        provenance: columns that say how a row came here, not what it says: a row that differs in
            them alone is unchanged.
        bounds: columns whose least and greatest value prune the files that a write must read.
        time: the column whose reach, group by group, tells whether a write may meet rows that are
            there; the groups are the key without its last column.
        keeps: columns in which NULL says nothing: a source that is silent there leaves the value
            of another one as it is.
        by_year: whether its partitions are exchange and year of its time.
    """

    catalog: Catalog
    name: str
    writer: str
    schema: pa.Schema
    key: tuple[str, ...]
    provenance: tuple[str, ...]
    bounds: tuple[str, ...]
    time: str
    keeps: tuple[str, ...] = ()
    by_year: bool = False

    @property
    def qualified(self) -> str:
        """`market.klines`."""
        return f"{self.catalog.value}.{self.name}"

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns whose values decide whether a row has changed."""
        return tuple(c for c in self.schema.names if c not in (*self.key, *self.provenance))


KLINES = Table(
    catalog=Catalog.MARKET,
    name="klines",
    writer="history",
    schema=KLINE_SCHEMA,
    key=KEY_COLUMNS,
    provenance=("source", "loaded_at"),
    bounds=("exchange", "interval", "entity_id", "open_time"),
    time="open_time",
)

TRADES = Table(
    catalog=Catalog.MARKET,
    name="trades",
    writer="history",
    schema=TRADE_SCHEMA,
    key=("entity_id", "trade_id"),
    provenance=("source", "loaded_at"),
    bounds=("exchange", "entity_id", "ts_event"),
    time="ts_event",
    by_year=True,
)
"""A trade's id names it, yet rows are found by their time: a day is a small part of the table, and
no exchange moves a trade to another day."""

AGG_TRADES = Table(
    catalog=Catalog.MARKET,
    name="agg_trades",
    writer="history",
    schema=AGG_TRADE_SCHEMA,
    key=("entity_id", "agg_id"),
    provenance=("source", "loaded_at"),
    bounds=("exchange", "entity_id", "ts_event"),
    time="ts_event",
    by_year=True,
)

FUNDING_RATES = Table(
    catalog=Catalog.MARKET,
    name="funding_rates",
    writer="history",
    schema=FUNDING_SCHEMA,
    key=("entity_id", "funding_time"),
    provenance=("source", "loaded_at"),
    bounds=("exchange", "entity_id", "funding_time"),
    time="funding_time",
    keeps=("rate_predicted", "interval_hours", "mark_price"),
)

ORDER_BOOK_SNAPSHOTS = Table(
    catalog=Catalog.MARKET,
    name="order_book_snapshots",
    writer="history",
    schema=BOOK_SCHEMA,
    key=("entity_id", "ts_received"),
    provenance=("source", "loaded_at"),
    bounds=("exchange", "entity_id", "ts_received"),
    time="ts_received",
)

ASSETS = Table(
    catalog=Catalog.MARKET,
    name="assets",
    writer="history",
    schema=pa.schema(
        [
            ("asset_id", pa.string()),
            ("exchange", pa.string()),
            ("asset", pa.string()),
            ("active", pa.bool_()),
            ("first_seen_at", TIMESTAMP),
        ]
    ),
    key=("asset_id",),
    provenance=("first_seen_at",),
    bounds=("asset_id",),
    time="asset_id",
)
"""One coin that is base or quote of an instrument; active while one of those trades."""

INSTRUMENTS = Table(
    catalog=Catalog.MARKET,
    name="instruments",
    writer="history",
    schema=pa.schema(
        [
            ("entity_id", pa.string()),
            ("exchange", pa.string()),
            ("instrument_type", pa.string()),
            ("symbol", pa.string()),
            ("base", pa.string()),
            ("quote", pa.string()),
            ("native_symbol", pa.string()),
            ("tick_size", DECIMAL),
            ("lot_size", DECIMAL),
            ("contract_size", DECIMAL),
            ("min_notional", DECIMAL),
            ("funding_interval_hours", pa.int64()),
            ("status", pa.string()),
            ("listed_at", TIMESTAMP),
            ("delisted_at", TIMESTAMP),
            ("valid_from", TIMESTAMP),
            ("valid_to", TIMESTAMP),
        ]
    ),
    key=("entity_id", "valid_from"),
    provenance=(),
    bounds=("entity_id",),
    time="valid_from",
)
"""What an exchange said of an instrument, from `valid_from` (inclusive) to `valid_to` (exclusive,
NULL for what it says now). A change of any other column closes the row and opens the next."""

COVERAGE = Table(
    catalog=Catalog.MARKET,
    name="coverage",
    writer="history",
    schema=pa.schema(
        [
            ("entity_id", pa.string()),
            ("kind", pa.string()),
            ("interval", pa.string()),
            ("day", pa.date32()),
            ("expected", pa.int64()),
            ("present", pa.int64()),
            ("flat", pa.int64()),
            ("no_trade", pa.int64()),
            ("not_listed", pa.int64()),
            ("delisted", pa.int64()),
            ("missing", pa.int64()),
            ("proven", pa.bool_()),
            ("ended", pa.bool_()),
            ("loaded_at", TIMESTAMP),
        ]
    ),
    key=("entity_id", "kind", "interval", "day"),
    provenance=("loaded_at",),
    bounds=("entity_id", "day"),
    time="day",
)
"""A day that was never loaded has no row. expected = present + no_trade + not_listed + delisted +
missing. Of klines, expected counts the bars closed when the day was loaded, and of the present ones
`flat` has no trade behind it; of trades, the ids from the day's first to its last; of funding, the
settlements that its intervals allow. interval is NULL but for klines. `proven` says whether the
exchange's own ids show that nothing is missing, NULL where it does not count; it is false where a
source did not answer. `ended` says whether the day was over when it was counted."""

VERDICTS = Table(
    catalog=Catalog.MARKET,
    name="verdicts",
    writer="history",
    schema=pa.schema(
        [
            ("entity_id", pa.string()),
            ("kind", pa.string()),
            ("interval", pa.string()),
            ("day", pa.date32()),
            ("check_name", pa.string()),
            ("severity", pa.string()),
            ("passed", pa.bool_()),
            ("rows_failed", pa.int64()),
            ("run_id", pa.string()),
            ("judged_at", TIMESTAMP),
        ]
    ),
    key=("entity_id", "kind", "interval", "day", "check_name"),
    provenance=("run_id", "judged_at"),
    bounds=("entity_id", "day"),
    time="day",
)

SOURCE_FILES = Table(
    catalog=Catalog.MARKET,
    name="source_files",
    writer="history",
    schema=pa.schema(
        [
            ("url", pa.string()),
            ("sha256", pa.string()),
            ("bytes", pa.int64()),
            ("rows", pa.int64()),
            ("status", pa.string()),
            ("reason", pa.string()),
            ("raw", pa.string()),
            ("exchange", pa.string()),
            ("entity_id", pa.string()),
            ("kind", pa.string()),
            ("interval", pa.string()),
            ("span_start", TIMESTAMP),
            ("span_end", TIMESTAMP),
            ("loaded_at", TIMESTAMP),
        ]
    ),
    key=("entity_id", "kind", "interval", "url", "sha256", "status", "span_start", "span_end"),
    provenance=("loaded_at",),
    bounds=("entity_id", "span_start"),
    time="span_start",
)
"""One archive file or run of REST pages and the span that was taken from it: `loaded`, or `refused`
with the reason. sha256 is of what is kept under `raw`, a path within the raw zone; both are NULL
where nothing came or nothing is kept."""

TABLES = (
    KLINES,
    TRADES,
    AGG_TRADES,
    FUNDING_RATES,
    ORDER_BOOK_SNAPSHOTS,
    ASSETS,
    INSTRUMENTS,
    COVERAGE,
    VERDICTS,
    SOURCE_FILES,
)
