"""A file that was kept lands again as it landed, whatever was said of it then."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import RawError
from crypto_pipeline.history.own.columns import TimeUnit
from crypto_pipeline.history.own.importing import Stated
from crypto_pipeline.history.own.replay import OwnReplay
from crypto_pipeline.history.raw.journal import Journal, read_note
from crypto_pipeline.history.raw.notes import Commit
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline_tests.history.own import NOW, bars, land, rows_of, series, trades_of, write

TABLES = ("klines", "trades", "coverage", "source_files")


def commits(home: Path) -> list[Commit]:
    """Those that landed a file."""
    notes = (read_note(note) for note in Journal(home).notes())
    return [commit for commit in notes if commit.taken]


def test_replay_given_files_of_each_kind_makes_the_same_tables(
    lake: Path, fresh_lake: Path, tmp_path: Path
) -> None:
    spot = tmp_path / "BTCUSDT-1m.csv"
    spot.write_text(
        "1577836800000,100.0,101.0,99.0,100.5,2.0,1577836859999,200.0,7,1.0,100.0,0\n",
        encoding="utf-8",
    )
    fills = tmp_path / "fills.csv"
    fills.write_text("id,when,price,amount,side\n9,1577836801.5,100,1,buy\n", encoding="utf-8")
    seconds = Stated({"trade_id": "id", "ts_event": "when"}, unit=TimeUnit.S)
    land(lake, spot, stated=Stated(preset="binance-archive"))
    land(lake, write(tmp_path / "x.feather", bars(range(3))))
    over = write(tmp_path / "y.feather", bars([1], volume_base=[7.0]))
    land(lake, over, stated=Stated(replacing=True), now=NOW + timedelta(hours=1))
    land(lake, fills, trades_of("BTC/USDT", Kind.TRADES), seconds)
    again = tmp_path / "again"
    shutil.copytree(fresh_lake, again)

    with (
        writing(again, Catalog.MARKET) as session,
        closing(OwnReplay(session, RawZone(lake))) as replay,
    ):
        for commit in commits(lake):
            (taken,) = commit.taken
            replay.land(taken, commit.loaded_at)

    assert [len(rows_of(lake, table)) for table in TABLES] == [3, 1, 2, 4]
    for table in TABLES:
        assert rows_of(again, table) == rows_of(lake, table)


def test_replay_given_a_damaged_copy_names_it(lake: Path, tmp_path: Path) -> None:
    land(lake, write(tmp_path / "x.feather", bars(range(3))), series())
    (commit,) = commits(lake)
    kept = commit.taken[0].kept
    assert kept is not None
    copy = lake / "raw" / kept.path
    copy.chmod(0o644)
    copy.write_bytes(copy.read_bytes() + b"x")

    with writing(lake, Catalog.MARKET) as session, pytest.raises(RawError, match="is damaged"):
        OwnReplay(session, RawZone(lake)).land(commit.taken[0], NOW)
