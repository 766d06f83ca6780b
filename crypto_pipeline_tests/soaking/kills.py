"""Loads of each kind that are killed at random moments, run again, and held against one in peace.

What belongs here: kills of bars, trades and funding of any exchange, from files and over REST. What
does not: other programs beside the load (`disturbance.py`), kills at named points
(`kill_at.py`).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crypto_pipeline_tests.soaking.homes import FOLDER, Soaked, simulating

KILLS = 3
"""Of each load, before it may end."""
KILL_AFTER = (3.0, 16.0)
"""Seconds, from and to; a command needs some to start."""
AGE = timedelta(days=4)
"""How long ago the newest day is."""


@dataclass(frozen=True)
class Killed:
    """One load that is killed.

    Attributes:
        exchange: whose.
        symbols: which.
        kind: of rows.
        days: how many.
    """

    exchange: str
    symbols: Sequence[str]
    kind: str
    days: int


LOADS = (
    Killed("binance", ("BTC/USDT", "ETH/USDT:USDT"), "klines", 60),
    Killed("okx", ("BTC/USDT", "ETH/USDT:USDT"), "klines", 10),
    Killed("coinbase", ("BTC/USD", "ETH/USD"), "klines", 5),
    Killed("binance", ("SOL/USDT", "XRP/USDT"), "trades", 10),
    Killed("bybit", ("SOL/USDT", "XRP/USDT:USDT"), "trades", 10),
    Killed("coinbase", ("ICP/USD", "OP/USD"), "trades", 3),
    Killed("binance", ("SOL/USDT",), "agg_trades", 10),
    Killed("binance", ("BTC/USDT:USDT", "ETH/USDT:USDT"), "funding", 300),
    Killed("okx", ("BTC/USDT:USDT", "ETH/USDT:USDT"), "funding", 80),
    Killed("bybit", ("BTC/USDT:USDT", "ETH/USDT:USDT"), "funding", 300),
)
TABLES: Mapping[str, str] = {
    "klines": "klines",
    "trades": "trades",
    "agg_trades": "agg_trades",
    "funding": "funding_rates",
}


def kill_loads(draw: random.Random) -> list[str]:
    """Kill, run again and compare each of LOADS; what did not hold, in words."""
    failures = []
    for load in LOADS:
        with simulating() as simulator:
            failures += _kill(load, simulator, draw)
    return failures


def _kill(load: Killed, simulator: str, draw: random.Random) -> list[str]:
    name = f"{load.exchange}-{load.kind}"
    homes = [
        Soaked((FOLDER / f"{name}-{what}").absolute(), simulator) for what in ("killed", "peace")
    ]
    killed, peace = homes
    arguments = backfill(load)
    for _ in range(KILLS):
        killed.killed(*arguments, after=draw.uniform(*KILL_AFTER))
    for home in homes:
        home.command(*arguments)
    failures = [*killed.failures, *peace.failures]
    if not failures:
        failures += _differences(load, killed, peace)
    for home in homes:
        shutil.rmtree(home.home, ignore_errors=True)
    return failures


def backfill(load: Killed) -> list[str]:
    """The command."""
    end = (datetime.now(UTC) - AGE).date()
    days = ["--start", f"{end - timedelta(days=load.days)}", "--end", f"{end}"]
    symbols = [word for symbol in load.symbols for word in ("--symbol", symbol)]
    return ["backfill", "--exchange", load.exchange, "--kind", load.kind, *symbols, *days]


def _differences(load: Killed, killed: Soaked, peace: Soaked) -> list[str]:
    table = TABLES[load.kind]
    statement = f"SELECT * EXCLUDE (loaded_at) FROM market.{table} ORDER BY ALL"  # noqa: S608 ours
    got, wanted = killed.rows(statement), peace.rows(statement)
    name = f"{load.kind} of {load.exchange}"
    print(f"killed {killed.counts.get('kill -9', 0)} times: {name}: {got.num_rows:,} rows")
    if not wanted.num_rows:
        return [f"{name}: the load in peace has no row"]
    return [] if got.equals(wanted) else [f"{name} is not what a load in peace gives"]
