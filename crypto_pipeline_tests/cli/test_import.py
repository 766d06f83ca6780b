"""`import` as a person types it: what it says, what it ends with, what it refuses to begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.cli.import_files import AskedImport, run_import
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline_tests.command import crypto_pipeline, environment
from crypto_pipeline_tests.history.own import ask, bars, write

MINE = ("--exchange", "binance", "--symbol", "BTC/USDT", "--interval", "1m")


def test_import_given_files_lands_them_and_says_what_it_did(home: Path, tmp_path: Path) -> None:
    env = environment(home)
    first = str(write(tmp_path / "first.feather", bars(range(3))))
    second = str(write(tmp_path / "second.feather", bars(range(2, 5), extra=[1, 2, 3])))

    done = crypto_pipeline("import", first, second, *MINE, env=env)

    assert done.returncode == 0, done.stderr
    assert "6 rows: 5 inserted, 0 replaced, 1 unchanged, 0 refused" in done.stdout
    assert "second.feather: takes open_time, open, high, low, close, volume_base" in done.stderr
    assert "skipped: extra" in done.stderr
    assert ask(home, "SELECT count(*) FROM market.klines") == [(5,)]


def test_import_given_a_broken_file_refuses_it_alone(home: Path, tmp_path: Path) -> None:
    good = str(write(tmp_path / "good.feather", bars(range(3))))
    bad = str(write(tmp_path / "bad.feather", bars(range(3, 6), low=[0.0, 104.0, 200.0])))

    done = crypto_pipeline("import", bad, good, *MINE, env=environment(home))

    assert done.returncode == 1
    assert "error: bad.feather, row 1: got open_time=2020-01-01 00:03:00+00" in done.stderr
    assert "nothing of bad.feather landed; --dry-run lists what else is wrong" in done.stderr
    assert "3 rows: 3 inserted" in done.stdout
    assert ask(home, "SELECT count(*) FROM market.klines") == [(3,)]


def test_import_given_a_dry_run_lists_what_is_wrong_and_lands_nothing(
    home: Path, tmp_path: Path
) -> None:
    bad = str(write(tmp_path / "bad.feather", bars(range(3), low=[0.0, 104.0, 200.0])))

    done = crypto_pipeline("import", bad, *MINE, "--dry-run", env=environment(home))

    assert done.returncode == 1
    assert "low_is_lowest: 2 rows break it; bad.feather, row 2: got" in done.stderr
    assert "prices_positive: 1 rows break it; bad.feather, row 1: got" in done.stderr
    assert not (home / "market").exists()


def test_import_given_rows_that_differ_ends_with_1_until_they_may_replace(
    home: Path, tmp_path: Path
) -> None:
    env = environment(home)
    crypto_pipeline("import", str(write(tmp_path / "a.feather", bars([0]))), *MINE, env=env)
    other = str(write(tmp_path / "b.feather", bars([0], volume_base=[9.0])))

    kept = crypto_pipeline("import", other, *MINE, env=env)
    replaced = crypto_pipeline("import", other, *MINE, "--replace", env=env)

    assert (kept.returncode, replaced.returncode) == (1, 0)
    assert "volume_base 9.0 (there 1.0), from import" in kept.stderr
    assert "1 rows: 0 inserted, 0 replaced, 0 unchanged, 1 refused" in kept.stdout
    assert "1 rows: 0 inserted, 1 replaced, 0 unchanged, 0 refused" in replaced.stdout


def test_import_given_a_home_of_a_synthetic_market_is_refused(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "origin.json").write_text('{"origin": "simulator:7"}', encoding="utf-8")
    mine = str(write(tmp_path / "a.feather", bars([0])))

    done = crypto_pipeline("import", mine, *MINE, env=environment(home))

    assert done.returncode == 2
    assert "holds data of origin 'simulator:7' and refuses 'real'" in done.stderr


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return write(tmp_path / "mine.feather", bars(range(3)))


def asked(mine: Path, **options: Any) -> AskedImport:
    return AskedImport(
        **{
            "files": [mine],
            "exchange": "binance",
            "symbol": "BTC/USDT",
            "interval": "1m",
            **options,
        }
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exchange": "mtgox"}, "exchange 'mtgox' is not known; valid are binance, bybit"),
        ({"symbol": "BTCUSDT"}, "symbol 'BTCUSDT' is not readable; write BASE/QUOTE"),
        ({"symbol": "BTC/USD:BTC"}, "only linear perpetuals"),
        ({"exchange": "coinbase", "symbol": "BTC/USD:USD"}, "coinbase has no perp instruments"),
        ({"kind": "quotes"}, "--kind 'quotes' is not imported; valid are klines, trades"),
        ({"interval": None}, "--kind klines needs --interval"),
        ({"interval": "7m"}, "interval '7m' is not known; valid are 1m 3m 5m"),
        ({"interval": "1M"}, "interval '1M' is not known"),
        ({"kind": "trades"}, "--kind trades takes no --interval"),
        ({"preset": "pandas"}, "--preset 'pandas' is not known"),
        ({"time_unit": "minutes"}, "--time-unit 'minutes' is not known; valid are s, ms, us, ns"),
        ({"form": "xlsx"}, "--format 'xlsx' is not known; valid are csv, parquet, feather"),
        ({"columns": ["when=open_time"]}, "--columns 'when=open_time' is not readable"),
        ({"columns": ["close=last"]}, "column 'last' is not there; it has open_time, open"),
        ({"preset": "freqtrade"}, "mine.feather lacks open_time: it has the columns open_time"),
    ],
)
def test_import_given_what_there_is_not_says_what_there_is(
    mine: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        run_import(asked(mine, **options))

    assert said in str(refused.value)


def test_import_given_a_folder_a_missing_or_another_file_names_it(tmp_path: Path) -> None:
    fake = tmp_path / "fake.parquet"
    fake.write_text("open_time,open\n", encoding="utf-8")

    with pytest.raises(UsageError, match="is a folder"):
        run_import(asked(tmp_path))
    with pytest.raises(UsageError, match=r"gone\.csv is not there"):
        run_import(asked(tmp_path / "gone.csv"))
    with pytest.raises(DecodeError, match=r"fake\.parquet: got .*, expected a Parquet file"):
        run_import(asked(fake))
