"""Homes to rebuild for these tests, and how two market folders differ."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crypto_pipeline.clock import SystemClock
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.book_rounds import take_round
from crypto_pipeline.history.differences import COMPARED
from crypto_pipeline.history.loads import Pace
from crypto_pipeline.lake.catalogs import Catalog, attach_statement, open_session
from crypto_pipeline.settings import load_settings
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline_tests.history import own
from crypto_pipeline_tests.history.loads import NOW, binance, load, quick, series
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

AGAIN = datetime(2025, 3, 1, tzinfo=UTC)


def of(symbol: str, kind: Kind) -> Series:
    """A series of Binance that has no interval."""
    return Series(parse_symbol("binance", symbol), kind=kind)


def fill(home: Path, simulator: SimulatorProcess) -> None:
    """Land rows of every kind: archive files, REST pages and a person's file, in many commits."""
    simulator.post_faults([])
    simulator.set_clock(NOW.isoformat())
    bars = [series("BTC/USDT", "1m"), series("ETH/USDT:USDT", "1h")]
    trades = [of("SOL/USDT", Kind.TRADES), of("BTC/USDT", Kind.AGG_TRADES)]
    funding = [of("BTC/USDT:USDT", Kind.FUNDING)]
    later = NOW + timedelta(hours=2)
    reports = load(home, simulator, bars, "2025-02-09", "2025-02-11", pace=Pace(4, 1000))
    reports += load(home, simulator, funding, "2025-01-30", "2025-02-11")
    reports += load(home, simulator, trades, "2025-02-10T12:30", "2025-02-10T12:31")
    simulator.set_clock(later.isoformat())
    reports += load(home, simulator, bars, "2025-02-10", "2025-02-11", now=later)
    failed = [report.error for report in reports if report.error is not None]
    assert failed == []
    asyncio.run(take_books(home, simulator))
    own.land(home, own.write(home / "mine.feather", own.bars(range(100), vwap=[None] * 100)))


async def take_books(home: Path, simulator: SimulatorProcess) -> None:
    """A round of order books."""
    instruments = [parse_symbol("binance", "BTC/USDT"), parse_symbol("binance", "BTC/USDT:USDT")]
    settings = load_settings(home=str(home))
    async with Exchange(binance(simulator), patience=quick()) as exchange:
        taken = await take_round(settings, exchange, instruments, SystemClock())
    assert len(taken.taken) == 2, taken.failures


def market(home: Path) -> Path:
    """The folder of a home's market catalog."""
    return home / "market"


def count(home: Path, table: str) -> int:
    """Rows of a table of the market catalog."""
    (found,) = rows(home, f"SELECT count(*) FROM market.{table}")  # noqa: S608 names of tables.py
    return int(str(found[0]))


def surplus(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """By table: rows that the market folder `one` has and `other` has not, and the reverse."""
    with open_session() as session:
        for name, folder in (("one", one), ("other", other)):
            place = folder.parent / f"as-{name}"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place / "market")
            session.execute(attach_statement(place, Catalog.MARKET, read_only=True, name=name))

        def only_in(table: str, left: str, right: str) -> int:
            found = session.execute(
                f"SELECT count(*) FROM (FROM {left}.{table} EXCEPT ALL FROM {right}.{table})"  # noqa: S608 names of tables.py
            ).fetchone()
            return int(found[0]) if found else -1

        counts = {
            table.name: (only_in(table.name, "one", "other"), only_in(table.name, "other", "one"))
            for table in COMPARED
        }
    return {table: both for table, both in counts.items() if both != (0, 0)}
