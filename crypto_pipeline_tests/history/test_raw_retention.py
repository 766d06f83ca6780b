"""Retention: what is older than the setting goes, nothing else does, and a second time nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import RawError
from crypto_pipeline.history.pieces import ARCHIVE
from crypto_pipeline.history.raw.files import draft_in
from crypto_pipeline.history.raw.journal import Journal
from crypto_pipeline.history.raw.notes import Commit, SeriesName, Taken
from crypto_pipeline.history.raw.retention import GRACE_SECONDS, Pruned, prune
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing

NOW = datetime(2025, 2, 10, tzinfo=UTC)
BTC = SeriesName("binance", Kind.TRADES, "BTC/USDT")


def age(path: Path) -> None:
    """Let a file look as if it had been written before the grace."""
    then = path.stat().st_mtime - GRACE_SECONDS - 60
    os.utime(path, (then, then))


def landed(home: Path, content: bytes, days: int) -> Path:
    """A file that a commit so many days ago took."""
    kept = RawZone(home).keep_file("binance", Kind.TRADES, "http://x/a.zip", content)
    assert kept is not None
    at = NOW - timedelta(days=days)
    taken = (Taken(BTC, ARCHIVE, "http://x/a.zip", Span(at, at), kept),)
    with writing(home, Catalog.MARKET) as session:
        Journal(home).commit(session, Commit("binance", at, taken), lambda _: None)
    path = home / "raw" / kept.path
    age(path)
    return path


def test_prune_given_a_retention_removes_what_is_older_once(lake: Path) -> None:
    old, young = landed(lake, b"old", 31), landed(lake, b"young", 29)

    assert prune(lake, 30, NOW) == Pruned(1, 3)
    assert (old.exists(), young.exists()) == (False, True)
    assert prune(lake, 30, NOW) == Pruned()
    assert len(Journal(lake).notes()) == 2


def test_prune_given_content_that_was_landed_again_keeps_it(lake: Path) -> None:
    path = landed(lake, b"same", 300)
    landed(lake, b"same", 1)

    assert prune(lake, 30, NOW) == Pruned()
    assert path.exists()


def test_prune_given_no_retention_keeps_all_that_is_whole(lake: Path) -> None:
    path = landed(lake, b"old", 10_000)

    assert prune(lake, None, NOW) == Pruned()
    assert path.exists()


def test_prune_given_a_retention_of_nothing_removes_everything(lake: Path) -> None:
    path = landed(lake, b"old", 1)

    assert prune(lake, 0, NOW) == Pruned(1, 3)
    assert not path.exists()


def test_prune_given_what_was_kept_just_now_waits_for_its_commit(lake: Path) -> None:
    path = landed(lake, b"again", 300)
    RawZone(lake).keep_file("binance", Kind.TRADES, "http://x/a.zip", b"again")
    RawZone(lake).keep_file("binance", Kind.TRADES, "http://x/a.zip", b"not landed yet")

    assert prune(lake, 30, NOW) == Pruned()
    assert path.exists()


def test_prune_given_what_no_commit_took_removes_it_after_the_grace(lake: Path) -> None:
    kept = RawZone(lake).keep_file("binance", Kind.TRADES, "http://x/a.zip", b"lost")
    assert kept is not None
    age(lake / "raw" / kept.path)

    assert prune(lake, 30, NOW) == Pruned(1, 4)


def test_prune_given_half_written_files_removes_old_ones_whatever_the_retention(lake: Path) -> None:
    left, written = draft_in(lake / "raw"), draft_in(lake / "raw")
    left.write_bytes(b"left")
    written.write_bytes(b"being written")
    age(left)

    assert prune(lake, None, NOW) == Pruned(1, 4)
    assert (left.exists(), written.exists()) == (False, True)


def test_prune_given_a_note_that_cannot_be_read_removes_nothing(lake: Path) -> None:
    path = landed(lake, b"old", 300)
    (note,) = Journal(lake).notes()
    note.chmod(0o644)
    note.write_bytes(b"")

    with pytest.raises(RawError, match="is damaged"):
        prune(lake, 30, NOW)

    assert path.exists()


def test_prune_given_no_raw_zone_does_nothing(home: Path) -> None:
    assert prune(home, 30, NOW) == Pruned()
    assert not home.exists()
