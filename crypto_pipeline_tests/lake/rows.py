"""Rows and processes for these tests: made-up klines, and programs that write or read beside us."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from crypto_pipeline.domain.klines import KLINE_SCHEMA
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import KLINES, Table
from crypto_pipeline.lake.writing import Written, replace, total

BTC, ETH = "cryptopair_binance_btcusdt", "cryptopair_binance_ethusdt"
START = datetime(2023, 3, 1, tzinfo=UTC)
PROGRAM_WAIT = 60.0
"""Seconds that a program beside us may take."""


def klines(
    minutes: Sequence[int],
    *,
    entity_id: str = BTC,
    close: float = 10.0,
    volume: float | None = 1.0,
    source: str = "archive",
) -> pa.Table:
    """A 1m kline for each of these minutes after START."""
    constants = {
        "entity_id": entity_id,
        "exchange": "binance",
        "interval": "1m",
        "source": source,
        **dict.fromkeys(("open", "high", "low", "vwap"), 10.0),
        **dict.fromkeys(("volume_base", "volume_quote"), volume),
        "close": close,
        "trade_count": 1,
        "loaded_at": datetime.now(UTC),
        **dict.fromkeys(("taker_volume_base", "taker_volume_quote"), 0.5),
    }
    rows = [{**constants, "open_time": START + m * timedelta(minutes=1)} for m in minutes]
    return pa.Table.from_pylist(rows, schema=KLINE_SCHEMA)


def land(home: Path, frame: pa.Table, table: Table = KLINES) -> Written:
    """Replace rows in one transaction of a session of its own."""
    with writing(home, table.catalog) as session:
        return session.write(lambda connection: total(replace(connection, table, frame)))


def rows(home: Path, statement: str) -> list[tuple[object, ...]]:
    """What a reader is answered."""
    with connect_read_only(home) as session:
        return session.execute(statement).fetchall()


def snapshot(home: Path, catalog: Catalog = Catalog.MARKET) -> int:
    """The number of a catalog's newest snapshot."""
    with connect_read_only(home) as session:
        statement = "SELECT max(snapshot_id) FROM ducklake_snapshots(?)"
        found = session.execute(statement, [catalog.value]).fetchone()
    return int(found[0]) if found else 0


def python(program: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start a Python program with our interpreter."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def printed(process: subprocess.Popen[str]) -> str:
    """Wait for a program to end well; what it printed."""
    out, err = process.communicate(timeout=PROGRAM_WAIT)
    assert process.returncode == 0, err
    return out


READER = """
import sys
from pathlib import Path
from select import select
from crypto_pipeline.lake.catalogs import connect_read_only

home, statement = Path(sys.argv[1]), sys.argv[2]
seen = set()
with connect_read_only(home) as session:
    print("reads", flush=True)
    while not select([sys.stdin], [], [], 0)[0]:
        seen |= set(session.execute(statement).fetchall())
        with connect_read_only(home) as fresh:
            seen |= set(fresh.execute(statement).fetchall())
print(sorted(seen))
"""
"""Asks the same again and again until its input closes, in an open session and in fresh ones."""


@contextmanager
def reading(home: Path, statement: str) -> Iterator[list[str]]:
    """Read in another process while the context is open; the list holds what it saw at the end."""
    seen: list[str] = []
    process = python(READER, home, statement)
    assert process.stdout is not None
    assert process.stdout.readline() == "reads\n"
    try:
        yield seen
    finally:
        seen.append(printed(process).strip())
