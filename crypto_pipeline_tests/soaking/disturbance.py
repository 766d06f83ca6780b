"""Loads that are killed, dbt, compaction and readers at once on one home, then a full account.

What belongs here: the disturbance and the account. What does not: a way into the program other than
its command line. The right rows are those that a second home gets, which is loaded once in peace.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from crypto_pipeline_tests.soaking.homes import FOLDER, WAIT, Soaked, simulating

SYMBOLS = ("BTC/USDT", "ETH/USDT")
DAYS = 20
AGE = timedelta(days=4)
"""How long ago the newest day is: days that the archive has, which land whole."""
KILL_AFTER = (1.0, 15.0)
"""Seconds, from and to, that a load which is to be killed is given."""

ACCOUNTS = {
    "market.klines": "SELECT * EXCLUDE (loaded_at) FROM market.klines "
    "ORDER BY entity_id, interval, open_time",
    "marts.fct_bars": "SELECT entity_id, interval, open_time, open, high, low, close, volume_base, "
    "volume_quote, trade_count FROM marts.fct_bars ORDER BY entity_id, interval, open_time",
}


@dataclass(frozen=True)
class Pair:
    """A home that is disturbed, one that is not, and the first of the DAYS days of both."""

    soaked: Soaked
    peace: Soaked
    first: date


def disturb(minutes: float, draw: random.Random) -> list[str]:
    """Disturb a home for so many minutes; what did not hold, in words."""
    with simulating() as simulator:
        first = (datetime.now(UTC) - AGE).date() - timedelta(days=DAYS)
        soaked = Soaked((FOLDER / "home").absolute(), simulator)
        pair = Pair(soaked, Soaked((FOLDER / "peace").absolute(), simulator), first)
        pair.soaked.command(*backfill(first, first + timedelta(days=2)))
        pair.peace.command(*backfill(first, first + timedelta(days=DAYS)))
        if not soaked.failures:
            _all_at_once(pair, draw, seconds=minutes * 60)
        _account(pair)
    print("; ".join(f"{what}: {count}" for what, count in sorted(soaked.counts.items())))
    return [*soaked.failures, *pair.peace.failures]


def backfill(start: date, end: date) -> list[str]:
    """The command that loads all symbols over the days [start, end)."""
    symbols = [word for symbol in SYMBOLS for word in ("--symbol", symbol)]
    days = ["--start", f"{start}", "--end", f"{end}"]
    return ["backfill", "--exchange", "binance", *symbols, "--interval", "1m", *days]


def _all_at_once(pair: Pair, draw: random.Random, *, seconds: float) -> None:
    """Load, kill, build, compact and read for so many seconds."""
    soaked = pair.soaked
    others = [
        threading.Thread(target=soaked.repeat, args=("dbt", "build")),
        threading.Thread(target=soaked.repeat, args=("lake", "compact")),
    ]
    end = time.monotonic() + seconds
    with _reading(soaked), _reading(soaked):
        for thread in others:
            thread.start()
        try:
            for is_killed in cycle((True, False)):
                if time.monotonic() > end or soaked.failures:
                    break
                _load(pair, draw, is_killed=is_killed)
        finally:
            soaked.ended.set()
            for thread in others:
                thread.join(WAIT)


def _load(pair: Pair, draw: random.Random, *, is_killed: bool) -> None:
    """One load of some days in a row, to its end or to somewhere on its way."""
    offset = draw.randrange(DAYS)
    start = pair.first + timedelta(days=offset)
    arguments = backfill(start, start + timedelta(days=draw.randint(1, DAYS - offset)))
    if is_killed:
        pair.soaked.killed(*arguments, after=draw.uniform(*KILL_AFTER))
    else:
        pair.soaked.command(*arguments)


@contextmanager
def _reading(soaked: Soaked) -> Iterator[None]:
    """A reader beside the block; what it saw is judged when the block ends."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "crypto_pipeline_tests.soak_reader", str(soaked.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=soaked.environment,
    )
    try:
        yield
    finally:
        output, _ = reader.communicate(timeout=60)
        print(f"reader: {output.strip()[-2000:]}")
        if reader.returncode != 0:
            soaked.failures.append(f"a reader ended with {reader.returncode}: {output[-2000:]}")


def _account(pair: Pair) -> None:
    """Load and build both homes to the end, then hold one against the other."""
    soaked, peace = pair.soaked, pair.peace
    for home in (soaked, peace):
        home.command(*backfill(pair.first, pair.first + timedelta(days=DAYS)))
        home.command("dbt", "build")
    if soaked.failures or peace.failures:
        return
    for name, statement in ACCOUNTS.items():
        got, wanted = soaked.rows(statement), peace.rows(statement)
        print(f"{name}: {got.num_rows:,} rows, {wanted.num_rows:,} expected")
        if not got.equals(wanted):
            soaked.failures.append(f"{name} is not what a load in peace gives")
    expected = len(SYMBOLS) * DAYS * 1440
    if soaked.rows(ACCOUNTS["market.klines"]).num_rows != expected:
        soaked.failures.append(f"market.klines does not hold {expected:,} rows")
    soaked.failures += [f"run {run_id} is STARTED still" for run_id in _started_runs(soaked)]


def _started_runs(soaked: Soaked) -> list[str]:
    with DagsterInstance.from_config(str(soaked.home / "dagster")) as instance:
        runs = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    return [run.run_id for run in runs]
