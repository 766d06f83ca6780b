"""A lake made again from the raw zone: equal row for row, or the difference is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crypto_pipeline.errors import LakeError, LakeLockedError
from crypto_pipeline.history.differences import COMPARED
from crypto_pipeline.history.raw.journal import Journal, read_note
from crypto_pipeline.history.rebuild import Step, check, rebuild
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.locks import hold, lock_path
from crypto_pipeline.lake.session import writing
from crypto_pipeline_tests.history import own
from crypto_pipeline_tests.history.rebuilds import AGAIN, count, market, surplus
from crypto_pipeline_tests.lake.rows import rows


def raw_files(home: Path, pattern: str) -> list[Path]:
    return sorted((home / "raw" / "binance").glob(pattern))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))


def test_original_given_its_loads_has_rows_of_every_sort(original: Path) -> None:
    assert [table.name for table in COMPARED if count(original, table.name) == 0] == []
    sources = "SELECT DISTINCT source FROM market.klines ORDER BY 1"
    assert rows(original, sources) == [("archive",), ("import",), ("rest",)]
    assert len(Journal(original).notes()) > 8
    assert len(raw_files(original, "klines/*/*.pages.zst")) > 1


def test_rebuild_given_a_lake_makes_it_equal_row_for_row_however_often(mine: Path) -> None:
    first = rebuild(mine, AGAIN)
    again = rebuild(mine, AGAIN)

    assert (first.lost, first.in_place) == ([], True)
    assert first.before == mine / "market.before-20250301T000000Z"
    assert surplus(first.before, market(mine)) == {}
    assert (again.commits, again.rows) == (first.commits, first.rows)
    assert again.before == mine / "market.before-20250301T000000Z-2"
    assert surplus(again.before, market(mine)) == {}
    assert rows(mine, "SELECT DISTINCT run_id FROM market.verdicts") == [("rebuild",)]
    assert not (mine / "rebuild").exists()


def test_rebuild_given_a_commit_meanwhile_has_it_too(mine: Path) -> None:
    told, known = list[Step](), len(Journal(mine).notes())

    def import_at_last(step: Step) -> None:
        told.append(step)
        if len(told) == known:
            own.land(mine, own.write(mine / "more.feather", own.bars(range(100, 160))))

    done = rebuild(mine, AGAIN, on_step=import_at_last)

    assert done.before is not None
    assert surplus(done.before, market(mine)) == {}
    assert rows(mine, "SELECT count(*) FROM market.klines WHERE source = 'import'") == [(160,)]
    assert [step.commits for step in told] == list(range(1, done.commits + 1))


def test_rebuild_given_the_catalog_is_lost_makes_it_from_the_raw_zone(
    mine: Path, original: Path
) -> None:
    shutil.rmtree(market(mine))

    done = rebuild(mine, AGAIN)

    assert (done.lost, done.in_place, done.before) == ([], True, None)
    assert surplus(market(original), market(mine)) == {}


def test_rebuild_given_a_catalog_that_cannot_be_read_makes_all_that_can_be_made(
    mine: Path, original: Path
) -> None:
    for part in market(mine).glob("catalog.sqlite*"):
        part.unlink()
    (market(mine) / "catalog.sqlite").write_bytes(b"no catalog" * 1000)
    raw_files(mine, "agg_trades/*/*")[0].unlink()

    done = rebuild(mine, AGAIN)

    assert {lost.what for lost in done.lost} == {"binance BTC/USDT agg_trades"}
    assert done.in_place
    assert sorted(surplus(market(original), market(mine))) == [
        "agg_trades",
        "coverage",
        "source_files",
    ]


def test_rebuild_given_damage_names_all_of_it_and_leaves_the_lake(
    mine: Path, original: Path
) -> None:
    flip_a_bit(raw_files(mine, "klines/*/*.zip")[0])
    flip_a_bit(raw_files(mine, "funding/*/*")[0])
    raw_files(mine, "instruments/*/*")[0].unlink()
    flip_a_bit([note for note in Journal(mine).notes() if read_note(note).taken][-1])

    done = rebuild(mine, AGAIN)

    assert (done.in_place, done.before) == (False, None)
    assert {lost.what for lost in done.lost} > {
        "a whole commit",
        "binance instruments",
        "binance BTC/USDT:USDT funding",
    }
    assert any("does not have it" in lost.reason for lost in done.lost)
    assert any(".zip is damaged: the sha256 of its content" in lost.reason for lost in done.lost)
    assert surplus(market(original), market(mine)) == {}


def test_rebuild_given_a_loss_that_is_accepted_makes_all_the_rest(
    mine: Path, original: Path
) -> None:
    raw_files(mine, "klines/*/*.zip")[0].unlink()

    done = rebuild(mine, AGAIN, accept_loss=True)

    (lost,) = done.lost
    assert lost.reason.endswith("is not there")
    assert done.in_place
    differing = surplus(market(original), market(mine))
    assert sorted(differing) == ["coverage", "klines", "source_files"]
    assert differing["klines"] in [(1440, 0), (24, 0)]
    refused = rows(mine, "SELECT span_start FROM market.source_files WHERE status = 'refused'")
    assert refused == [(lost.span.start if lost.span else None,)]


def test_rebuild_given_nothing_was_kept_says_so(lake: Path) -> None:
    with pytest.raises(LakeError, match=r"nothing under .*journal to rebuild from"):
        rebuild(lake, AGAIN)


def test_rebuild_given_another_one_under_way_says_so(mine: Path) -> None:
    with (
        hold(lock_path(mine, "rebuild"), wait=0, purpose="another"),
        pytest.raises(LakeLockedError, match="'rebuild' is held by process"),
    ):
        rebuild(mine, AGAIN)


def test_rebuild_given_a_load_that_has_the_lake_open_leaves_it(mine: Path, original: Path) -> None:
    with (
        writing(mine, Catalog.MARKET) as session,
        pytest.raises(LakeLockedError, match="held by a load that has it open"),
    ):
        rebuild(mine, AGAIN, wait=0.1)

    session.close()
    assert surplus(market(original), market(mine)) == {}


def test_check_given_rows_that_were_changed_counts_them_by_table(mine: Path) -> None:
    assert check(mine).differences == []
    with writing(mine, Catalog.MARKET) as session:
        session.write(
            lambda c: c.execute(
                "DELETE FROM market.klines WHERE open_time = '2025-02-09 03:00:00+00'"
            )
        )
        session.write(lambda c: c.execute("UPDATE market.trades SET price = 1"))

    compared = check(mine)

    found = {one.table.name: (one.only_lake, one.only_raw) for one in compared.differences}
    trades = count(mine, "trades")
    assert not (mine / "rebuild").exists()
    assert found == {"klines": (0, 2), "trades": (trades, trades)}
