"""Lakes for these tests: homes with minutes in them, and what dbt made of those."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from crypto_pipeline.domain.klines import KLINE_SCHEMA
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only, has_lake
from crypto_pipeline.lake.dbt_runs import dbt_command, dbt_environment
from crypto_pipeline.lake.session import prepare_lake, writing
from crypto_pipeline.lake.tables import KLINES, VERDICTS, Table
from crypto_pipeline.lake.writing import replace
from crypto_pipeline_tests.dbt_project.worker import Worker

PAIR, PERP = "cryptopair_binance_btcusdt", "cryptoperp_binance_btcusdt"
DBT_TIMEOUT = 120.0

_WALK = """
SELECT ? AS entity_id, 'binance' AS exchange, '1m' AS interval, opened AS open_time,
    100 + n % 7 AS open, 108 + n % 5 AS high, 99 - n % 3 AS low, 101 + n % 6 AS close,
    round(n % 977 / 1000 + 0.00001 * (n % 13), 8) AS volume_base,
    round(n % 977 / 7 + 0.00000001 * (n % 11), 8) AS volume_quote,
    CAST(n % 50 AS BIGINT) AS trade_count, n % 401 / 1e4 AS taker_volume_base,
    n % 401 / 1e2 AS taker_volume_quote, NULL AS vwap, 'archive' AS source, now() AS loaded_at
FROM (
    SELECT opened, CAST(epoch(opened) / 60 AS BIGINT) * 7919 % 99991 AS n
    FROM generate_series(?, ?, INTERVAL 1 minute) AS minutes (opened)
)
WHERE opened < ? AND n % 997 <> 0
"""
"""A pattern that follows from the minute alone, with a hole every sixteen hours or so."""


def minutes(entity_id: str, start: datetime, end: datetime) -> pa.Table:
    """Made-up 1m klines of [start, end), a few of them missing."""
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        made = session.execute(_WALK, [entity_id, start, end, end]).to_arrow_table()
    return made.cast(KLINE_SCHEMA)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant in March 2023, where these lakes live."""
    return datetime(2023, 3, day, hour, minute, tzinfo=UTC)


def verdict(entity_id: str, day: int, *, passed: bool) -> pa.Table:
    """One blocking check of one entity's 1m klines of a day in March 2023."""
    row = [entity_id, "klines", "1m", date(2023, 3, day), "sanity", "blocking", passed, 1, "run"]
    columns = [pa.array([value]) for value in [*row, datetime.now(UTC)]]
    return pa.table(columns, names=VERDICTS.schema.names).cast(VERDICTS.schema)


def _land(session: duckdb.DuckDBPyConnection, *, table: Table, rows: pa.Table) -> None:
    replace(session, table, rows)


@dataclass(frozen=True)
class Lake:
    """One home, and dbt on it."""

    home: Path
    worker: Worker | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def load(self, *tables: pa.Table) -> None:
        """Make the lake, and land klines in it."""
        if not has_lake(self.home):
            prepare_lake(self.home)
        with writing(self.home, Catalog.MARKET) as session:
            for rows in tables:
                session.write(partial(_land, table=KLINES, rows=rows))

    def judge(self, rows: pa.Table) -> None:
        """Land verdicts."""
        with writing(self.home, Catalog.MARKET) as session:
            session.write(partial(_land, table=VERDICTS, rows=rows))

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start dbt as a process of its own."""
        target = self.home / "dbt" / f"target-{os.urandom(4).hex()}"
        environment = {**os.environ, **dbt_environment(self.home, target), **self.environment}
        return subprocess.Popen(
            dbt_command(args),
            env=environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *args: str) -> str:
        """Run dbt as a process to its end, which has to be a good one; what it printed."""
        process = self.start(*args)
        printed, _ = process.communicate(timeout=DBT_TIMEOUT)
        assert process.returncode == 0, printed
        return printed

    def attempt(self, *args: str) -> tuple[bool, str]:
        """Run dbt in the process that serves many commands: its success and its messages."""
        assert self.worker is not None
        return self.worker.run(self.home, args)

    def dbt(self, *args: str) -> None:
        """Run dbt there, and insist on its success."""
        success, said = self.attempt(*args)
        assert success, said

    def build(self, start: date | None = None, end: date | None = None) -> None:
        """Make fct_bars: of a range of days, or of what changed."""
        days = f"{{start_day: {start}, end_day: {end}}}" if start else "{}"
        self.dbt("run", "--select", "fct_bars", "--vars", days)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What another session reads."""
        with connect_read_only(self.home) as session:
            return session.execute(query, parameters).fetchall()

    def bars(self) -> list[tuple[Any, ...]]:
        """All bars, apart from when they were built."""
        return self.rows("SELECT * EXCLUDE (built_at) FROM marts.fct_bars ORDER BY ALL")
