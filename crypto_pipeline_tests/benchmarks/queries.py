"""Two questions to a compacted lake: one symbol-day, and a million rows aggregated.

What belongs here: the questions and their percentiles, in an open connection and in a new one.
What does not: building the lake (`loading.py`).
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.maintenance import compact
from crypto_pipeline_tests.benchmarks.figures import Figure
from crypto_pipeline_tests.benchmarks.loading import load_in_process
from crypto_pipeline_tests.benchmarks.make_archive import MINUTES, Archive
from crypto_pipeline_tests.benchmarks.mirror import serving

REPETITIONS = 21
SYMBOL_DAY_GOAL = 40
MILLION_GOAL = 60
MILLION = 1_000_000

SYMBOL_DAY = (
    "SELECT * FROM market.klines WHERE exchange = 'binance' AND interval = '1m' "
    "AND entity_id = ? AND open_time >= ? AND open_time < ?"
)
FORTNIGHT = (
    " FROM market.klines WHERE exchange = 'binance' AND interval = '1m' "
    "AND open_time >= ? AND open_time < ? GROUP BY entity_id"
)
AGGREGATE = "SELECT entity_id, count(*), avg(close)" + FORTNIGHT
"""What the goal is about: the shape that the storage was chosen by."""
WIDE_AGGREGATE = (
    "SELECT entity_id, min(low), max(high), sum(volume_quote), sum(trade_count)" + FORTNIGHT
)
"""The same rows through five columns; no goal."""


def run(archive: Archive, folder: Path, *, repetitions: int = REPETITIONS) -> list[Figure]:
    """Build a compacted lake of the archive, once, then time the questions.

    Raises:
        RuntimeError: the lake could not be built, or an answer has other rows than the archive.
    """
    home = _lake(archive, folder / f"lake-{archive.root.name}")
    draw = random.Random(0)  # noqa: S311 which days are asked for is no secret
    with connect_read_only(home) as session:
        day = _times(repetitions, lambda: _symbol_day(session, archive, draw))
        million = _times(repetitions, lambda: _million(session, archive, draw))
        wide = _times(repetitions, lambda: _million(session, archive, draw, WIDE_AGGREGATE))
    new_day = _times(repetitions, lambda: _in_new(home, _symbol_day, archive, draw))
    new_million = _times(repetitions, lambda: _in_new(home, _million, archive, draw))
    rows = f"{len(archive.coins) * _million_days(archive) * MINUTES:,}"
    goal = MILLION_GOAL if archive.rows >= MILLION else None
    return [
        _figure("one symbol-day, open connection, p50", day, SYMBOL_DAY_GOAL),
        _figure(f"{rows} rows aggregated, open connection, p50", million, goal),
        _figure(f"{rows} rows through five columns, open connection, p50", wide, None),
        _figure("one symbol-day, new connection, p50", new_day, None),
        _figure(f"{rows} rows aggregated, new connection, p50", new_million, None),
    ]


def _lake(archive: Archive, home: Path) -> Path:
    """A compacted lake of the whole archive; one that was finished before is used again."""
    done = home / "compacted"
    if done.exists():
        print(f"lake of {archive.rows:,} bars: cached in {home}")
        return home
    shutil.rmtree(home, ignore_errors=True)
    print(f"building a lake of {archive.rows:,} bars in {home} (untimed, kept)", flush=True)
    with serving(archive.root) as mirror:
        load_in_process(mirror, home, archive)
    compact(home, Catalog.MARKET, on_step=lambda step: print(f"  {step}", flush=True))
    done.touch()
    return home


def _symbol_day(session: duckdb.DuckDBPyConnection, archive: Archive, draw: random.Random) -> None:
    entity_id = parse_symbol("binance", draw.choice(archive.symbols)).entity_id
    start = _instant(archive, draw.randrange(archive.days))
    rows = session.execute(SYMBOL_DAY, [entity_id, start, start + timedelta(days=1)])
    _require(rows.to_arrow_table().num_rows, MINUTES)


def _million(
    session: duckdb.DuckDBPyConnection,
    archive: Archive,
    draw: random.Random,
    statement: str = AGGREGATE,
) -> None:
    """All symbols over as many days as make a million rows, or over all days if they are fewer."""
    days = _million_days(archive)
    start = _instant(archive, draw.randrange(archive.days - days + 1))
    rows = session.execute(statement, [start, start + timedelta(days=days)])
    _require(len(rows.fetchall()), len(archive.coins))


def _million_days(archive: Archive) -> int:
    return min(archive.days, round(MILLION / len(archive.coins) / MINUTES))


Question = Callable[[duckdb.DuckDBPyConnection, Archive, random.Random], None]


def _in_new(home: Path, question: Question, archive: Archive, draw: random.Random) -> None:
    with connect_read_only(home) as session:
        question(session, archive, draw)


def _times(repetitions: int, ask: Callable[[], None]) -> list[float]:
    """Milliseconds of each repetition, after one that does not count."""
    ask()
    taken = []
    for _ in range(repetitions):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _instant(archive: Archive, day: int) -> datetime:
    start = datetime(archive.start.year, archive.start.month, archive.start.day, tzinfo=UTC)
    return start + timedelta(days=day)


def _require(rows: int, expected: int) -> None:
    if rows != expected:
        raise RuntimeError(f"a query gave {rows:,} rows; the archive says {expected:,}")


def _figure(name: str, taken: list[float], goal: float | None) -> Figure:
    return Figure("queries", name, median(taken), "ms", goal, at_most=True)
