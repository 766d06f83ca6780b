"""The journal says what the lake holds: neither more nor less, whatever dies in between."""

from __future__ import annotations

import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import LakeError, RawError
from crypto_pipeline.history.pieces import ARCHIVE, REST, Fetched, Piece, SourceNote
from crypto_pipeline.history.raw.journal import Journal, Transaction, read_note
from crypto_pipeline.history.raw.notes import (
    Commit,
    Finished,
    SeriesName,
    Taken,
    finished_of,
    packed,
    taken_of,
    unpacked,
)
from crypto_pipeline.history.raw.zone import Kept
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline_tests.lake.rows import rows

AT = datetime(2025, 2, 10, 12, 34, 30, 1, tzinfo=UTC)
DAY = Span(AT, AT + timedelta(days=1))
BTC = SeriesName("binance", Kind.KLINES, "BTC/USDT", Interval("1m"))
KEPT = Kept("binance/klines/aa/" + "a" * 64 + ".zip", "a" * 64, 10)


def entering(coin: str) -> Transaction[None]:
    """A transaction that enters one coin."""

    def enter(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("INSERT INTO market.assets VALUES (?, 'x', 'x', true, now())", [coin])

    return enter


def commit(home: Path, coin: str) -> None:
    with writing(home, Catalog.MARKET) as session:
        Journal(home).commit(session, Commit(coin, AT), entering(coin))


def noted(home: Path) -> list[str]:
    """What the journal says was committed, once it is settled."""
    journal = Journal(home)
    with writing(home, Catalog.MARKET) as session:
        session.maintain(journal.settle)
    notes = journal.notes()
    assert not [note for note in notes if note.parent.name == "pending"]
    return [read_note(note).exchange for note in notes]


def coins(home: Path) -> list[str]:
    return [str(row[0]) for row in rows(home, "SELECT asset_id FROM market.assets ORDER BY 1")]


def make_pending(home: Path) -> None:
    """Leave the last note as a process does that dies once its commit is made."""
    last = Journal(home).notes()[-1]
    last.replace(home / "raw" / "journal" / "pending" / last.name)


def test_commit_given_transactions_notes_them_in_their_order(lake: Path) -> None:
    for coin in ("c", "a", "b"):
        commit(lake, coin)

    assert noted(lake) == ["c", "a", "b"]
    assert [note.name for note in Journal(lake).notes()] == [
        f"00000000{number}.jsonl.zst" for number in (1, 2, 3)
    ]


def test_commit_given_a_transaction_that_fails_notes_nothing(lake: Path) -> None:
    def fail(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("SELECT no_such_column")

    with writing(lake, Catalog.MARKET) as session, pytest.raises(LakeError, match="no_such_column"):
        Journal(lake).commit(session, Commit("a", AT), fail)

    assert (noted(lake), coins(lake)) == ([], [])


def test_settle_given_a_death_before_the_commit_forgets_the_note(lake: Path) -> None:
    commit(lake, "a")
    (note,) = Journal(lake).notes()
    pending = note.parents[1] / "pending" / "000000002.jsonl.zst"
    pending.write_bytes(packed(Commit("never", AT)))

    commit(lake, "b")

    assert (noted(lake), coins(lake)) == (["a", "b"], ["a", "b"])


def test_settle_given_a_death_after_the_commit_keeps_the_note(lake: Path) -> None:
    commit(lake, "a")
    make_pending(lake)

    commit(lake, "b")

    assert (noted(lake), coins(lake)) == (["a", "b"], ["a", "b"])


def test_notes_given_one_not_settled_has_it_last(lake: Path) -> None:
    commit(lake, "a")
    commit(lake, "b")
    make_pending(lake)

    assert [read_note(note).exchange for note in Journal(lake).notes()] == ["a", "b"]


def test_commit_given_many_notes_starts_a_folder_each_thousand(lake: Path) -> None:
    commit(lake, "a")
    (first,) = Journal(lake).notes()
    first.replace(first.with_name("000000999.jsonl.zst"))

    commit(lake, "b")

    assert [note.relative_to(lake / "raw" / "journal") for note in Journal(lake).notes()] == [
        Path("000000/000000999.jsonl.zst"),
        Path("000001/000001000.jsonl.zst"),
    ]
    assert noted(lake) == ["a", "b"]


def test_commit_given_a_full_disk_commits_nothing_and_goes_on_later(lake: Path) -> None:
    commit(lake, "a")
    many = tuple(Taken(BTC, ARCHIVE, f"http://x/{n * 7919}", DAY) for n in range(3000))
    journal = Journal(lake)
    size = len(packed(Commit("b", AT, many)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("SELECT 1")
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, hard))

    try:
        with writing(lake, Catalog.MARKET) as session, pytest.raises(RawError, match="too large"):
            journal.commit(session, Commit("b", AT, many), fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    commit(lake, "c")
    assert (noted(lake), coins(lake)) == (["a", "c"], ["a", "c"])


@pytest.mark.parametrize("place", [5, 40, -3])
def test_read_note_given_damage_names_the_file(lake: Path, place: int) -> None:
    commit(lake, "a")
    (note,) = Journal(lake).notes()
    content = bytearray(note.read_bytes())
    content[place] ^= 1
    note.chmod(0o644)
    note.write_bytes(bytes(content))

    with pytest.raises(RawError, match=r"000000001\.jsonl\.zst is damaged"):
        read_note(note)


def test_unpacked_given_a_newer_format_says_so() -> None:
    import hashlib

    import zstandard

    line = b'{"format":2}\n'
    end = f'{{"sha256":"{hashlib.sha256(line).hexdigest()}"}}\n'.encode()

    with pytest.raises(ValueError, match="its format is 2, and 1 is known"):
        unpacked(zstandard.ZstdCompressor().compress(line + end))


def test_taken_of_and_finished_of_given_what_a_load_lands_say_all_of_it() -> None:
    series = Series(parse_symbol("binance", "BTC/USDT"), Interval("1m"))
    note = SourceNote("http://x/a.zip", DAY, KEPT, 5)
    fetched = Fetched(series, DAY, None, AT, [DAY], True, [note], ["no answer"])

    assert taken_of(Piece(series, REST, note)) == Taken(BTC, REST, note.url, DAY, KEPT, 5)
    assert finished_of(fetched) == Finished(BTC, DAY, None, AT, (DAY,), True, ("no answer",))
    assert BTC.series == series


def spans() -> st.SearchStrategy[Span]:
    times = st.datetimes(datetime(2009, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis takes bounds without a zone
    return st.builds(Span, times, times)


@given(
    st.builds(
        Commit,
        st.just("okx"),
        st.just(AT),
        st.lists(
            st.builds(
                Taken,
                st.sampled_from(
                    [BTC, SeriesName("okx", Kind.INSTRUMENTS), SeriesName("okx", Kind.TRADES, "A")]
                ),
                st.just(REST),
                st.text(max_size=20),
                spans(),
                st.sampled_from([None, KEPT]),
                st.none() | st.integers(0, 10**12),
                st.none() | st.text(max_size=20),
                st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
            ),
            max_size=4,
        ).map(tuple),
        st.lists(
            st.builds(Finished, st.just(BTC), spans(), st.none() | spans(), st.just(AT)), max_size=3
        ).map(tuple),
        st.lists(st.text(max_size=9), max_size=3).map(tuple),
    )
)
def test_packed_given_any_commit_reads_back_the_same(commit: Commit) -> None:
    assert unpacked(packed(commit)) == commit
