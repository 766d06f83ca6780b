"""How each catalog's tables came to be: numbered steps, each applied once, in order.

What belongs here: DDL. A step that has been released is never edited; a change is a new step. What
does not: what a table means (`lake/tables.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import duckdb

from crypto_pipeline.errors import LakeVersionError
from crypto_pipeline.lake.catalogs import Catalog


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of one catalog.

    Attributes:
        number: from 1, without holes.
        name: what it does, for a person.
        statements: run in one transaction, with the catalog as the session's default.
    """

    number: int
    name: str
    statements: tuple[str, ...]


_KLINES = (
    """
    CREATE TABLE klines (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, interval VARCHAR NOT NULL,
        open_time TIMESTAMPTZ NOT NULL,
        open DOUBLE NOT NULL, high DOUBLE NOT NULL, low DOUBLE NOT NULL, close DOUBLE NOT NULL,
        volume_base DOUBLE, volume_quote DOUBLE, trade_count BIGINT,
        taker_volume_base DOUBLE, taker_volume_quote DOUBLE, vwap DOUBLE,
        source VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
    "ALTER TABLE klines SET PARTITIONED BY (exchange, interval, year(open_time), month(open_time))",
    "ALTER TABLE klines SET SORTED BY (entity_id ASC, open_time ASC)",
)

_INSTRUMENTS = (
    """
    CREATE TABLE instruments (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, instrument_type VARCHAR NOT NULL,
        symbol VARCHAR NOT NULL, base VARCHAR NOT NULL, quote VARCHAR NOT NULL,
        native_symbol VARCHAR NOT NULL, tick_size DECIMAL(38, 18), lot_size DECIMAL(38, 18),
        contract_size DECIMAL(38, 18), status VARCHAR, listed_at TIMESTAMPTZ,
        delisted_at TIMESTAMPTZ, valid_from TIMESTAMPTZ NOT NULL, valid_to TIMESTAMPTZ
    )
    """,
)

_COVERAGE = (
    """
    CREATE TABLE coverage (
        entity_id VARCHAR NOT NULL, interval VARCHAR NOT NULL, day DATE NOT NULL,
        expected BIGINT NOT NULL, present BIGINT NOT NULL, missing BIGINT NOT NULL,
        loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
)

_VERDICTS = (
    """
    CREATE TABLE verdicts (
        entity_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, interval VARCHAR NOT NULL,
        day DATE NOT NULL, check_name VARCHAR NOT NULL, severity VARCHAR NOT NULL,
        passed BOOLEAN NOT NULL, rows_failed BIGINT NOT NULL, run_id VARCHAR,
        judged_at TIMESTAMPTZ NOT NULL
    )
    """,
)

_SOURCE_FILES = (
    """
    CREATE TABLE source_files (
        url VARCHAR NOT NULL, sha256 VARCHAR, bytes BIGINT, rows BIGINT, status VARCHAR NOT NULL,
        reason VARCHAR, exchange VARCHAR NOT NULL, entity_id VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, interval VARCHAR NOT NULL, span_start TIMESTAMPTZ NOT NULL,
        span_end TIMESTAMPTZ NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
)

_TRADES = (
    """
    CREATE TABLE trades (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, trade_id VARCHAR NOT NULL,
        trade_seq BIGINT, ts_event TIMESTAMPTZ NOT NULL, price DOUBLE NOT NULL,
        amount DOUBLE NOT NULL, side VARCHAR NOT NULL, trade_type VARCHAR,
        source VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
    "ALTER TABLE trades SET PARTITIONED BY (exchange, year(ts_event), month(ts_event))",
    """
    CREATE TABLE agg_trades (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, agg_id BIGINT NOT NULL,
        first_trade_seq BIGINT, last_trade_seq BIGINT, ts_event TIMESTAMPTZ NOT NULL,
        price DOUBLE NOT NULL, amount DOUBLE NOT NULL, side VARCHAR NOT NULL,
        source VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
    "ALTER TABLE agg_trades SET PARTITIONED BY (exchange, year(ts_event), month(ts_event))",
)

_FUNDING = (
    """
    CREATE TABLE funding_rates (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, funding_time TIMESTAMPTZ NOT NULL,
        rate DOUBLE NOT NULL, rate_predicted DOUBLE, interval_hours BIGINT, mark_price DOUBLE,
        source VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
)

_ORDER_BOOKS = (
    """
    CREATE TABLE order_book_snapshots (
        entity_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, ts_received TIMESTAMPTZ NOT NULL,
        ts_event TIMESTAMPTZ, sequence_id BIGINT,
        bids STRUCT(price DOUBLE, amount DOUBLE)[] NOT NULL,
        asks STRUCT(price DOUBLE, amount DOUBLE)[] NOT NULL,
        source VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
    )
    """,
)

_DISCOVERED = (
    """
    CREATE TABLE assets (
        asset_id VARCHAR NOT NULL, exchange VARCHAR NOT NULL, asset VARCHAR NOT NULL,
        active BOOLEAN NOT NULL, first_seen_at TIMESTAMPTZ NOT NULL
    )
    """,
    "ALTER TABLE instruments ADD COLUMN min_notional DECIMAL(38, 18)",
    "ALTER TABLE instruments ADD COLUMN funding_interval_hours BIGINT",
)

_EXPLAINED = (
    "ALTER TABLE coverage ALTER COLUMN interval DROP NOT NULL",
    "ALTER TABLE coverage ADD COLUMN kind VARCHAR DEFAULT 'klines'",
    "ALTER TABLE coverage ADD COLUMN flat BIGINT DEFAULT 0",
    "ALTER TABLE coverage ADD COLUMN no_trade BIGINT DEFAULT 0",
    "ALTER TABLE coverage ADD COLUMN not_listed BIGINT DEFAULT 0",
    "ALTER TABLE coverage ADD COLUMN delisted BIGINT DEFAULT 0",
    "ALTER TABLE coverage ADD COLUMN proven BOOLEAN",
    "ALTER TABLE verdicts ALTER COLUMN interval DROP NOT NULL",
    "ALTER TABLE source_files ALTER COLUMN interval DROP NOT NULL",
    "ALTER TABLE source_files ADD COLUMN raw VARCHAR",
)

_QUICKER = ("CALL set_option('parquet_compression_level', '1')",)
"""Half the time of a write for files that are a twentieth larger."""

_ENDED = ("ALTER TABLE coverage ADD COLUMN ended BOOLEAN",)
"""NULL, as of days counted before, is taken for not ended: such a day is counted again."""

_BY_YEAR = (
    "ALTER TABLE trades SET PARTITIONED BY (exchange, year(ts_event))",
    "ALTER TABLE agg_trades SET PARTITIONED BY (exchange, year(ts_event))",
)
"""Files of trades are large, and their reach in time is known of each: months are not needed. Files
that are there stay as they are."""

MIGRATIONS: dict[Catalog, tuple[Migration, ...]] = {
    Catalog.TICKS: (),
    Catalog.MARKET: (
        Migration(1, "klines", _KLINES),
        Migration(2, "instruments", _INSTRUMENTS),
        Migration(3, "coverage and verdicts", (*_COVERAGE, *_VERDICTS)),
        Migration(4, "source files", _SOURCE_FILES),
        Migration(5, "trades", _TRADES),
        Migration(6, "funding", _FUNDING),
        Migration(7, "order books", _ORDER_BOOKS),
        Migration(8, "assets and discovered instruments", _DISCOVERED),
        Migration(9, "coverage of every kind", _EXPLAINED),
        Migration(10, "quicker compression", _QUICKER),
        Migration(11, "coverage of ended days", _ENDED),
        Migration(12, "trades by year", _BY_YEAR),
    ),
    Catalog.MARTS: (),
}

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL, name VARCHAR NOT NULL, program_version VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
)
"""


def migrate(session: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[Migration]:
    """Apply the steps that this catalog lacks, each in its own transaction.

    The caller holds the catalog's write lock and has attached it for writing.

    Returns:
        The steps that were applied; empty where the catalog was up to date.

    Raises:
        LakeVersionError: the catalog was written by a newer version; nothing was changed.
    """
    session.execute(f"USE {catalog.value}")
    if not _has_ledger(session, catalog):
        session.execute("CALL set_option('parquet_compression', 'zstd')")
        session.execute(_LEDGER)
    found = refuse_newer(session, catalog)
    pending = [step for step in MIGRATIONS[catalog] if step.number > found]
    for step in pending:
        _apply(session, step)
    return pending


def is_current(session: duckdb.DuckDBPyConnection, catalog: Catalog) -> bool:
    """Whether an attached catalog has every step that this program knows.

    Raises:
        LakeVersionError: it has one that this program does not know.
    """
    known = len(MIGRATIONS[catalog])
    return _has_ledger(session, catalog) and refuse_newer(session, catalog) == known


def refuse_newer(session: duckdb.DuckDBPyConnection, catalog: Catalog) -> int:
    """The number of the newest step in an attached catalog; 0 where there is none.

    Raises:
        LakeVersionError: this program does not know that step.
    """
    if not _has_ledger(session, catalog):
        return 0
    newest = session.execute(
        f"SELECT number, program_version FROM {catalog.value}.schema_migrations "  # noqa: S608 an enum's value
        "ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if newest is None:
        return 0
    known = len(MIGRATIONS[catalog])
    if newest[0] > known:
        raise LakeVersionError(catalog.value, found=newest[0], known=known, written_by=newest[1])
    return int(newest[0])


def _has_ledger(session: duckdb.DuckDBPyConnection, catalog: Catalog) -> bool:
    found = session.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [catalog.value, "schema_migrations"],
    ).fetchone()
    return found is not None


def _apply(session: duckdb.DuckDBPyConnection, step: Migration) -> None:
    session.execute("BEGIN")
    try:
        for statement in step.statements:
            session.execute(statement)
        session.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, ?, now())",
            [step.number, step.name, version("crypto-pipeline")],
        )
        session.execute("COMMIT")
    except duckdb.Error:
        session.execute("ROLLBACK")
        raise
