"""`rebuild` and what `lake compact` does to the raw zone, as a person runs them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from crypto_pipeline.history.raw.retention import GRACE_SECONDS
from crypto_pipeline_tests.command import crypto_pipeline, environment
from crypto_pipeline_tests.history.loads import NOW, load, series
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import simulator

BARS = "SELECT entity_id, open_time, close, source, loaded_at FROM market.klines ORDER BY ALL"


@pytest.fixture(scope="module")
def loaded(fresh_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two days of hourly bars, of two archive files and a run of REST pages."""
    home = tmp_path_factory.mktemp("loaded") / "home"
    shutil.copytree(fresh_lake, home)
    with simulator(seed=7) as market:
        market.set_clock(NOW.isoformat())
        load(home, market, [series("BTC/USDT")], "2025-02-08", "2025-02-11")
    return home


@pytest.fixture
def mine(loaded: Path, home: Path) -> Path:
    shutil.copytree(loaded, home)
    return home


def archives(home: Path) -> list[Path]:
    return sorted((home / "raw" / "binance" / "klines").glob("*/*.zip"))


def test_rebuild_given_a_lake_that_is_lost_makes_it_again(mine: Path) -> None:
    before = rows(mine, BARS)
    shutil.rmtree(mine / "market")

    made = crypto_pipeline("rebuild", env=environment(mine))
    checked = crypto_pipeline("rebuild", "--check", env=environment(mine))

    assert made.returncode == 0, made.stderr
    assert "rows made again from the raw zone" in made.stdout
    assert (len(before), rows(mine, BARS)) == (60, before)
    assert (checked.returncode, checked.stderr.count("cannot be made again")) == (0, 0)
    assert "the lake holds exactly what the raw zone gives" in checked.stdout


def test_rebuild_given_a_damaged_file_names_it_and_its_times(mine: Path) -> None:
    before = rows(mine, BARS)
    (damaged, _) = archives(mine)
    damaged.chmod(0o644)
    damaged.write_bytes(b"damage")

    made = crypto_pipeline("rebuild", env=environment(mine))

    assert made.returncode == 1
    assert "cannot be made again: binance BTC/USDT 1h 2025-02-0" in made.stderr
    assert f"raw file {damaged} is damaged" in made.stderr
    assert "the lake was left as it is" in made.stdout
    assert rows(mine, BARS) == before


def test_rebuild_given_a_loss_that_is_accepted_says_where_the_lake_before_is(mine: Path) -> None:
    archives(mine)[0].unlink()

    made = crypto_pipeline("rebuild", "--accept-loss", env=environment(mine))

    (before,) = mine.glob("market.before-*")
    assert made.returncode == 1
    assert f"the lake before is kept in {before}" in made.stdout
    assert len(rows(mine, BARS)) == 36


def test_rebuild_given_an_empty_home_says_that_nothing_was_kept(home: Path) -> None:
    made = crypto_pipeline("rebuild", env=environment(home))

    assert made.returncode == 1
    assert "to rebuild from" in made.stderr


def test_compact_given_a_retention_prunes_and_rebuild_names_what_is_gone(mine: Path) -> None:
    kept = [path for path in (mine / "raw" / "binance").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in kept)
    for path in kept:
        then = path.stat().st_mtime - GRACE_SECONDS - 60
        os.utime(path, (then, then))

    done = crypto_pipeline("lake", "compact", env=environment(mine, CRYPTO_RAW_RETENTION_DAYS="30"))
    made = crypto_pipeline("rebuild", env=environment(mine))

    assert done.returncode == 0, done.stderr
    assert f"raw: {len(kept)} files removed, {size / 1e6:,.1f} MB" in done.stdout
    assert made.returncode == 1
    assert "2025-02-08T00:00Z..2025-02-10T12:00Z (3 sources)" in made.stderr
    assert len(rows(mine, BARS)) == 60
