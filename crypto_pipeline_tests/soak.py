"""The long test: loads that are killed, dbt, compaction and readers at once, then a full account.

    python -m crypto_pipeline_tests.soak --minutes 5

What belongs here: the disturbance and the account. What does not: a way into the program other than
its command line. The exchange is the simulator, so the right rows are known: those that a second
home gets, which is loaded once in peace.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pyarrow as pa
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from crypto_pipeline.lake.catalogs import connect_read_only

CLI = [sys.executable, "-m", "crypto_pipeline.cli"]
FOLDER = Path(".bench") / "soak"
SYMBOLS = ("BTC/USDT", "ETH/USDT")
DAYS = 20
AGE = timedelta(days=4)
"""How long ago the newest day is: days that the archive has, which land whole."""

WAIT = 900.0
"""Seconds that one command may take."""
KILL_AFTER = (1.0, 15.0)
"""Seconds, from and to, that a load which is to be killed is given."""
PAUSE = 1.0

ACCOUNTS = {
    "market.klines": "SELECT * EXCLUDE (loaded_at) FROM market.klines "
    "ORDER BY entity_id, interval, open_time",
    "marts.fct_bars": "SELECT entity_id, interval, open_time, open, high, low, close, volume_base, "
    "volume_quote, trade_count FROM marts.fct_bars ORDER BY entity_id, interval, open_time",
}


@dataclass
class Soak:
    """One run of the test.

    Attributes:
        home: what is disturbed.
        simulator: the control address.
        first: the first day; DAYS of them are loaded.
        failures: what did not hold, in words.
    """

    home: Path
    simulator: str
    first: date
    ended: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What every command of this home is started with."""
        return environment(self.home, self.simulator)

    def command(self, *arguments: str) -> None:
        """Run a command to its end; a code other than 0 is a failure."""
        done = subprocess.run(
            [*CLI, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT,
            check=False,
        )
        self.count(arguments[0])
        if done.returncode != 0:
            tail = f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
            self.failures.append(f"{' '.join(arguments)} ended with {done.returncode}:\n{tail}")

    def count(self, what: str) -> None:
        """Remember that something was done once more."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def repeat(self, *arguments: str) -> None:
        """Run a command again and again until the test ends."""
        while not self.ended.wait(PAUSE):
            self.command(*arguments)


def environment(home: Path, simulator: str) -> dict[str, str]:
    """This process's environment with one home and the simulator for everything outside."""
    names = {key: value for key, value in os.environ.items() if not key.startswith("CRYPTO_")}
    own = {
        "CRYPTO_HOME": str(home),
        "CRYPTO_SIMULATOR_URL": simulator,
        "CRYPTO_CLOCK_URL": simulator,
        "CRYPTO_CONFIG": "",
        "DAGSTER_HOME": "",
    }
    return names | own


def main() -> int:
    """Disturb, account, report; 0 where everything held."""
    options = _options()
    draw = random.Random(options.seed)  # noqa: S311 a seed makes the disturbance repeatable
    shutil.rmtree(FOLDER, ignore_errors=True)
    with simulating() as simulator:
        first = (datetime.now(UTC) - AGE).date() - timedelta(days=DAYS)
        soak = Soak((FOLDER / "home").absolute(), simulator, first)
        peace = Soak((FOLDER / "peace").absolute(), simulator, first)
        for quiet in (soak, peace):
            quiet.command(*backfill(first, first + timedelta(days=2 if quiet is soak else DAYS)))
        if not soak.failures:
            _disturb(soak, draw, seconds=options.minutes * 60)
        _account(soak, peace)
    return _report([*soak.failures, *peace.failures], soak.counts)


def backfill(start: date, end: date) -> list[str]:
    """The command that loads all symbols over the days [start, end)."""
    symbols = [word for symbol in SYMBOLS for word in ("--symbol", symbol)]
    days = ["--start", f"{start}", "--end", f"{end}"]
    return ["backfill", "--exchange", "binance", *symbols, "--interval", "1m", *days]


def _disturb(soak: Soak, draw: random.Random, *, seconds: float) -> None:
    """Load, kill, build, compact and read, all at once, for so many seconds."""
    others = [
        threading.Thread(target=soak.repeat, args=("dbt", "build")),
        threading.Thread(target=soak.repeat, args=("lake", "compact")),
    ]
    end = time.monotonic() + seconds
    with reading(soak), reading(soak):
        for thread in others:
            thread.start()
        try:
            for is_killed in cycle((True, False)):
                if time.monotonic() > end or soak.failures:
                    break
                _load(soak, draw, is_killed=is_killed)
        finally:
            soak.ended.set()
            for thread in others:
                thread.join(WAIT)


def _load(soak: Soak, draw: random.Random, *, is_killed: bool) -> None:
    """One load of some days in a row, to its end or to somewhere on its way."""
    offset = draw.randrange(DAYS)
    start = soak.first + timedelta(days=offset)
    arguments = backfill(start, start + timedelta(days=draw.randint(1, DAYS - offset)))
    if not is_killed:
        soak.command(*arguments)
        return
    process = subprocess.Popen(
        [*CLI, *arguments],
        env=soak.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(draw.uniform(*KILL_AFTER))
        soak.count("ended before its kill")
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        soak.count("kill -9")


@contextmanager
def reading(soak: Soak) -> Iterator[None]:
    """A reader beside the block; what it saw is judged when the block ends."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "crypto_pipeline_tests.soak_reader", str(soak.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=soak.environment,
    )
    try:
        yield
    finally:
        output, _ = reader.communicate(timeout=60)
        print(f"reader: {output.strip()[-2000:]}")
        if reader.returncode != 0:
            soak.failures.append(f"a reader ended with {reader.returncode}: {output[-2000:]}")


@contextmanager
def simulating() -> Iterator[str]:
    """A simulator for the length of the block; gives its control address."""
    process = subprocess.Popen(
        [*CLI, "simulate", "--port", "0"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.startswith("http"):
            raise RuntimeError(f"the simulator did not start: it printed {line!r}")
        yield line
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _account(soak: Soak, peace: Soak) -> None:
    """Load and build both homes to the end, then hold one against the other."""
    for home in (soak, peace):
        home.command(*backfill(soak.first, soak.first + timedelta(days=DAYS)))
        home.command("dbt", "build")
    if soak.failures or peace.failures:
        return
    for name, statement in ACCOUNTS.items():
        got, wanted = _rows(soak.home, statement), _rows(peace.home, statement)
        print(f"{name}: {got.num_rows:,} rows, {wanted.num_rows:,} expected")
        if not got.equals(wanted):
            soak.failures.append(f"{name} is not what a load in peace gives")
    expected = len(SYMBOLS) * DAYS * 1440
    if _rows(soak.home, ACCOUNTS["market.klines"]).num_rows != expected:
        soak.failures.append(f"market.klines does not hold {expected:,} rows")
    soak.failures += [f"run {run_id} is STARTED still" for run_id in _started_runs(soak.home)]


def _rows(home: Path, statement: str) -> pa.Table:
    with connect_read_only(home) as session:
        return session.execute(statement).to_arrow_table()


def _started_runs(home: Path) -> list[str]:
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        runs = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    return [run.run_id for run in runs]


def _report(failures: list[str], counts: dict[str, int]) -> int:
    print("; ".join(f"{what}: {count}" for what, count in sorted(counts.items())))
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    print("soak: everything held" if not failures else f"soak: {len(failures)} failures")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crypto_pipeline_tests.soak")
    parser.add_argument("--minutes", type=float, default=5.0, help="of disturbance; default 5")
    parser.add_argument("--seed", type=int, default=0, help="of the disturbance; default 0")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
