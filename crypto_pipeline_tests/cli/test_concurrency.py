"""A backfill, two dbt builds and a compaction write at once; readers never notice."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline_tests.command import TIMEOUT, crypto_pipeline, environment, pointed_at, start
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

SYMBOLS = ("--symbol", "BTC/USDT", "--symbol", "ETH/USDT", "--symbol", "SOL/USDT:USDT")
FIRST = ("--start", "2026-01-01", "--end", "2026-01-03")
MORE = ("--start", "2026-01-01", "--end", "2026-03-01")
DAY = 3 * 1440


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as running:
        yield running


def days_torn(home: Path) -> list[tuple[object, ...]]:
    """Days of an instrument that show neither nothing nor everything: half a commit."""
    with connect_read_only(home) as lake:
        return lake.execute(
            "SELECT entity_id, open_time::DATE, count(*) FROM market.klines GROUP BY ALL "
            "HAVING count(*) <> 1440"
        ).fetchall()


def ask_with_shell(shell: str, attach: str, statement: str) -> str:
    done = subprocess.run(
        [shell, "-csv", "-noheader", ":memory:"],
        input=f"{attach}\n{statement};\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip().splitlines()[-1]


def test_reader_given_four_writers_at_once_sees_whole_commits_without_an_error(
    market: SimulatorProcess, home: Path
) -> None:
    env = environment(home, **pointed_at(market), CRYPTO_COMMIT_ROWS="20000")
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    assert shell is not None, "the duckdb shell is part of the development dependencies"
    done = crypto_pipeline("backfill", *SYMBOLS, *FIRST, env=env)
    assert done.returncode == 0, done.stderr
    attach = crypto_pipeline("sql", "--attach", env=env).stdout

    writers = [
        start("backfill", *SYMBOLS, *MORE, env=env),
        start("dbt", "build", env=env),
        start("dbt", "build", env=env),
        start("lake", "compact", env=env),
    ]
    reads = 0
    deadline = time.monotonic() + TIMEOUT
    while any(writer.poll() is None for writer in writers) and time.monotonic() < deadline:
        assert days_torn(home) == []
        rows = ask_with_shell(shell, attach, "SELECT count(*) FROM market.klines")
        assert int(rows) >= 2 * DAY
        reads += 1
    ended = [(writer.communicate(timeout=60), writer.returncode) for writer in writers]

    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert reads > 3
    assert crypto_pipeline("dbt", "build", env=env).returncode == 0
    with connect_read_only(home) as lake:
        klines = lake.execute("SELECT count(*) FROM market.klines").fetchone()
        hours = lake.execute(
            "SELECT count(*), count(*) FILTER (complete) FROM marts.fct_bars WHERE interval = '1h'"
        ).fetchone()
    assert klines == (59 * DAY,)
    assert hours == (59 * 3 * 24, 59 * 3 * 24)
