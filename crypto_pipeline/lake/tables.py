"""Every table of the lake that Python writes: its columns, its key, its one writer.

What belongs here: definitions. What does not: the DDL that made them over time
(`lake/migrations.py`), the rows (`lake/writing.py`), the tables that dbt makes (`dbt_project/`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from crypto_pipeline.domain.klines import KEY_COLUMNS, KLINE_SCHEMA, TIMESTAMP
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
    """

    catalog: Catalog
    name: str
    writer: str
    schema: pa.Schema
    key: tuple[str, ...]
    provenance: tuple[str, ...]
    bounds: tuple[str, ...]

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
)

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
            ("status", pa.string()),
            ("listed_at", TIMESTAMP),
            ("delisted_at", TIMESTAMP),
            ("valid_from", TIMESTAMP),
            ("valid_to", TIMESTAMP),
        ]
    ),
    key=("entity_id",),
    provenance=("valid_from",),
    bounds=("entity_id",),
)

COVERAGE = Table(
    catalog=Catalog.MARKET,
    name="coverage",
    writer="history",
    schema=pa.schema(
        [
            ("entity_id", pa.string()),
            ("interval", pa.string()),
            ("day", pa.date32()),
            ("expected", pa.int64()),
            ("present", pa.int64()),
            ("missing", pa.int64()),
            ("loaded_at", TIMESTAMP),
        ]
    ),
    key=("entity_id", "interval", "day"),
    provenance=("loaded_at",),
    bounds=("entity_id", "interval", "day"),
)
"""A day that was never loaded has no row; expected counts the bars closed when it was loaded."""

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
    bounds=("entity_id", "interval", "day"),
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
            ("exchange", pa.string()),
            ("entity_id", pa.string()),
            ("kind", pa.string()),
            ("interval", pa.string()),
            ("span_start", TIMESTAMP),
            ("span_end", TIMESTAMP),
            ("loaded_at", TIMESTAMP),
        ]
    ),
    key=("entity_id", "interval", "url", "sha256", "status", "span_start", "span_end"),
    provenance=("loaded_at",),
    bounds=("entity_id", "interval", "span_start"),
)
"""One archive file or REST range: `loaded`, or `refused` with the reason. sha256 is NULL for REST,
where no file is kept, and where none came."""

TABLES = (KLINES, INSTRUMENTS, COVERAGE, VERDICTS, SOURCE_FILES)
