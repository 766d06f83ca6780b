"""`backfill` on recorded and synthetic data: a real process, a real mirror, a real lake."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline_tests.cli.conftest import FORTNIGHT, RealHome
from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

COLUMNS = "open, high, low, close, volume_base, volume_quote, trade_count, taker_volume_base, taker_volume_quote"  # noqa: E501 one list of columns
IN_CSV = (1, 2, 3, 4, 5, 7, 8, 9, 10)


def csv_rows(path: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.reader(io.StringIO(text)))
    return rows[1:] if rows[0][0].isalpha() or rows[0][0] == "open_time" else rows


def snapshots(home: Path) -> int:
    with connect_read_only(home) as lake:
        row = lake.execute("SELECT max(snapshot_id) FROM ducklake_snapshots('market')").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.real_data
def test_backfill_given_a_fortnight_lands_every_row(real_home: RealHome) -> None:
    assert real_home.first_run.returncode == 0, real_home.first_run.stderr
    assert "40,320 rows: 40,320 inserted" in real_home.first_run.stdout
    with connect_read_only(real_home.home) as lake:
        assert lake.execute("SELECT count(*) FROM market.klines").fetchone() == (40_320,)


@pytest.mark.real_data
@pytest.mark.parametrize("coin", ["btc", "eth"])
def test_backfill_given_real_files_stores_the_float_of_each_text(
    real_home: RealHome, real_data: Path, coin: str
) -> None:
    folder = real_data / f"data.binance.vision/data/spot/daily/klines/{coin.upper()}USDT/1m"
    published = {
        int(row[0]): tuple(float(row[i]) for i in IN_CSV)
        for path in folder.glob("*2023-03-*.zip")
        for row in csv_rows(path)
    }
    with connect_read_only(real_home.home) as lake:
        stored = lake.execute(
            f"SELECT epoch_ms(open_time), {COLUMNS} FROM market.klines WHERE entity_id = ?",  # noqa: S608 names above
            [f"cryptopair_binance_{coin}usdt"],
        ).fetchall()
    assert len(stored) == 20_160
    assert {row[0]: row[1:] for row in stored} == published


@pytest.mark.real_data
def test_backfill_given_the_same_range_again_writes_nothing(real_home: RealHome) -> None:
    before = snapshots(real_home.home)
    again = crypto_pipeline(*FORTNIGHT, env=real_home.env)
    assert again.returncode == 0, again.stderr
    assert "0 inserted, 0 changed, 40,320 unchanged" in again.stdout
    assert snapshots(real_home.home) == before


@pytest.mark.real_data
def test_backfill_given_months_in_ms_then_us_and_a_header_loads_the_right_times(
    mirror: SimulatorProcess, home: Path
) -> None:
    env = environment(home, **pointed_at(mirror))
    hours = ("--symbol", "BTC/USDT", "--interval", "1h", "--start", "2024-11-01")
    minutes = ("--symbol", "AVAX/USDT:USDT", "--interval", "1m", "--start", "2026-02-01")
    for args in ((*hours, "--end", "2025-03-01"), (*minutes, "--end", "2026-03-01")):
        done = crypto_pipeline("backfill", "--exchange", "binance", *args, env=env)
        assert done.returncode == 0, done.stderr
    with connect_read_only(home) as lake:
        found = lake.execute(
            "SELECT entity_id, count(*), min(open_time), max(open_time) FROM market.klines "
            "GROUP BY ALL ORDER BY 1"
        ).fetchall()
    assert found == [
        (
            "cryptopair_binance_btcusdt",
            (30 + 31 + 31 + 28) * 24,
            datetime(2024, 11, 1, tzinfo=UTC),
            datetime(2025, 2, 28, 23, tzinfo=UTC),
        ),
        (
            "cryptoperp_binance_avaxusdt",
            28 * 1440,
            datetime(2026, 2, 1, tzinfo=UTC),
            datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
        ),
    ]


@pytest.mark.real_data
def test_backfill_given_a_day_without_a_file_fails_by_name_and_lands_the_rest(
    mirror: SimulatorProcess, home: Path
) -> None:
    env = environment(home, **pointed_at(mirror))
    done = crypto_pipeline(
        *("backfill", "--symbol", "BTC/USDT", "--symbol", "NEVER/USDT"),
        *("--start", "2023-03-01", "--end", "2023-03-02"),
        env=env,
    )
    assert done.returncode == 1
    assert "1 of 2 series failed; 1 landed" in done.stderr
    assert "binance NEVER/USDT 1m" in done.stderr
    with connect_read_only(home) as lake:
        assert lake.execute("SELECT count(*) FROM market.klines").fetchone() == (1440,)


def test_backfill_given_a_run_is_seen_in_dagster(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as market:
        env = environment(home, **pointed_at(market))
        args = ("--symbol", "BTC/USDT", "--start", "2026-03-03", "--end", "2026-03-05")
        done = crypto_pipeline("backfill", *args, env=env)
    assert done.returncode == 0, done.stderr
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        (run,) = instance.get_runs()
        assert run.status == DagsterRunStatus.SUCCESS
        assert run.job_name == "binance_history"


def test_backfill_given_a_synthetic_home_refuses_real_data(real_data: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with simulator(seed=3, now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as market:
        env = environment(home, **pointed_at(market))
        args = ("--symbol", "BTC/USDT", "--start", "2026-03-03", "--end", "2026-03-04")
        assert crypto_pipeline("backfill", *args, env=env).returncode == 0
    with simulator(recordings=real_data) as mirror:
        refused = crypto_pipeline(*FORTNIGHT, env=environment(home, **pointed_at(mirror)))
    assert refused.returncode == 2
    assert "holds data of origin 'simulator:3' and refuses 'real'" in refused.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--symbol", "BTCUSDT"), "write BASE/QUOTE"),
        (("--interval", "7m"), "valid are 1m 3m 5m"),
        (("--exchange", "mtgox"), "exchange 'mtgox' is not known; known are binance"),
        (("--start", "yesterday"), "write it as YYYY-MM-DD"),
        (("--start", "2023-03-02", "--end", "2023-03-02"), "is not before --end"),
        (("--start", "2001-01-01"), "CRYPTO_HISTORY_START"),
        (("--kind", "order_book"), "valid are klines, trades, agg_trades, funding"),
        (("--kind", "news"), "valid are klines, trades, agg_trades, funding"),
    ],
)
def test_backfill_given_nonsense_says_what_is_valid(
    home: Path, args: tuple[str, ...], said: str
) -> None:
    done = crypto_pipeline("backfill", *args, env=environment(home))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
