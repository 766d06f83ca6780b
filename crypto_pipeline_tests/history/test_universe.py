"""universe.json: what is entered stays, whoever enters it, and becomes inactive at most."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.instruments import Status, parse_symbol
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import LakeError
from crypto_pipeline.history.selection import Selection
from crypto_pipeline.history.universe import (
    Member,
    extend_universe,
    read_members,
    read_universe,
    refresh_universe,
    refreshed,
    universe_path,
    with_named,
)
from crypto_pipeline_tests.history.listings import T0, T1, T2, listing, series
from crypto_pipeline_tests.lake.rows import printed, python

EXTENDER = """
import sys
from pathlib import Path
from crypto_pipeline.history.universe import extend_universe
from crypto_pipeline_tests.history.listings import series

for number in range(20):
    extend_universe(Path(sys.argv[1]), [series(f"{sys.argv[2]}{number}/USDT")])
"""


def test_universe_given_a_new_home_is_empty(home: Path) -> None:
    assert read_universe(home) == []


def test_extend_given_members_again_keeps_each_once(home: Path) -> None:
    perp, pair = series("ETH/USDT:USDT"), series("BTC/USDT", "1m")

    extend_universe(home, [perp, pair])
    written = universe_path(home).stat().st_mtime_ns
    whole = extend_universe(home, [pair])

    assert whole == read_universe(home) == [pair, perp]
    assert universe_path(home).stat().st_mtime_ns == written


def test_extend_given_several_processes_at_once_loses_nobody(home: Path) -> None:
    extenders = [python(EXTENDER, home, name) for name in ("A", "B", "C")]

    for extender in extenders:
        printed(extender)

    assert len(read_universe(home)) == 60
    assert {path.name for path in home.iterdir()} == {"run", "universe.json"}


@pytest.mark.parametrize("text", ["", "[]", '{"series": [{"symbol": "BTC/USDT"}]}'])
def test_read_given_a_broken_list_says_what_to_do(home: Path, text: str) -> None:
    home.mkdir()
    universe_path(home).write_text(text, encoding="utf-8")

    with pytest.raises(LakeError, match=r"universe.json cannot be read .*Remove it"):
        read_universe(home)


BTC, ETH, SOL = (series(f"{coin}/USDT") for coin in ("BTC", "ETH", "SOL"))
OF_OKX = Series(parse_symbol("okx", "BTC/USDT"), kind=Kind.TRADES)
FUNDING = Series(parse_symbol("binance", "BTC/USDT:USDT"), kind=Kind.FUNDING)


def choice(
    named: Iterable[Series] = (), picked: Iterable[Series] = (), excluded: Iterable[Series] = ()
) -> Selection:
    """What settings select."""
    ids = frozenset(one.instrument.entity_id for one in excluded)
    return Selection(frozenset(named), frozenset(picked), ids)


def active(home: Path) -> list[Series]:
    return [member.series for member in read_members(home) if member.active]


def test_read_given_a_list_of_the_release_before_reads_klines_that_were_named(home: Path) -> None:
    home.mkdir()
    old = {"series": [{"exchange": "binance", "symbol": "BTC/USDT", "interval": "1h"}]}
    universe_path(home).write_text(json.dumps(old), encoding="utf-8")

    assert read_members(home) == [Member(BTC)]
    assert extend_universe(home, [ETH]) == [BTC, ETH]
    assert json.loads(universe_path(home).read_text(encoding="utf-8"))["version"] == 2


def test_read_given_a_list_of_a_newer_release_says_to_upgrade(home: Path) -> None:
    home.mkdir()
    universe_path(home).write_text('{"version": 3, "series": []}', encoding="utf-8")

    with pytest.raises(LakeError, match=r"has format 3.* Upgrade crypto-pipeline"):
        read_members(home)


def test_refresh_given_a_selection_keeps_every_kind_and_state(home: Path) -> None:
    extend_universe(home, [OF_OKX])

    entered = refresh_universe(home, "binance", choice([FUNDING], [BTC, ETH]), {}, T0)
    refresh_universe(home, "binance", choice([FUNDING], [ETH]), {}, T1)

    assert [member.series for member in entered] == [BTC, FUNDING, ETH]
    assert read_members(home) == [
        Member(BTC, picked=True, inactive_since=T1),
        Member(FUNDING),
        Member(ETH, picked=True),
        Member(OF_OKX),
    ]


def test_refresh_given_the_same_again_writes_nothing(home: Path) -> None:
    selection = choice([BTC], [ETH], excluded=[SOL])
    refresh_universe(home, "binance", selection, {}, T0)
    written = universe_path(home).stat().st_mtime_ns

    refresh_universe(home, "binance", selection, {}, T1)

    assert universe_path(home).stat().st_mtime_ns == written


def test_refresh_given_a_delisted_member_keeps_it_inactive_since_then(home: Path) -> None:
    ended = listing("BTC/USDT", status=Status.DELISTED)
    listings = {ended.instrument.entity_id: ended}
    extend_universe(home, [BTC, ETH])

    for now in (T0, T1):
        refresh_universe(home, "binance", choice(), listings, now)
    extend_universe(home, [BTC])

    assert read_members(home) == [Member(BTC, inactive_since=T0), Member(ETH)]


def test_refresh_given_one_picked_again_makes_it_active(home: Path) -> None:
    for now, picked in ((T0, [BTC]), (T1, []), (T2, [BTC])):
        refresh_universe(home, "binance", choice(picked=picked), {}, now)

    assert read_members(home) == [Member(BTC, picked=True)]


def test_refresh_given_a_named_one_that_is_excluded_makes_it_inactive(home: Path) -> None:
    extend_universe(home, [BTC, ETH])

    refresh_universe(home, "binance", choice(excluded=[ETH]), {}, T0)

    assert active(home) == [BTC]


def test_extend_given_one_that_fell_out_of_the_rule_keeps_it_for_good(home: Path) -> None:
    refresh_universe(home, "binance", choice(picked=[BTC]), {}, T0)
    refresh_universe(home, "binance", choice(), {}, T1)

    extend_universe(home, [BTC])
    refresh_universe(home, "binance", choice(), {}, T2)

    assert read_members(home) == [Member(BTC)]


serieses = st.frozensets(
    st.sampled_from([series(f"{coin}/USDT") for coin in "ABCDEF"] + [OF_OKX]), max_size=7
)
selections = st.builds(choice, serieses, serieses, serieses)


@given(st.lists(selections, max_size=5), serieses)
def test_refreshed_given_any_selections_in_turn_loses_nobody(
    turns: list[Selection], delisted: frozenset[Series]
) -> None:
    gone = {one.instrument.entity_id for one in delisted}
    members: list[Member] = [Member(OF_OKX)]
    for selection in turns:
        before = {member.series for member in members}
        members = refreshed(members, "binance", selection, gone, T0)
        after = [member.series for member in members]
        assert before | selection.named | selection.picked == set(after)
        assert len(after) == len(set(after))
        assert not any(
            member.active and member.series.instrument.entity_id in gone | selection.excluded
            for member in members
            if member.series.instrument.exchange == "binance"
        )


@given(st.permutations([BTC, ETH, SOL, FUNDING, OF_OKX]), selections)
def test_refreshed_given_any_order_of_naming_ends_the_same(
    order: list[Series], selection: Selection
) -> None:
    members: list[Member] = []
    for one in order:
        members = with_named(members, [one])

    assert members == with_named([], sorted(order, key=str))
    once = refreshed(members, "binance", selection, (), T0)
    assert refreshed(once, "binance", selection, (), T1) == once
