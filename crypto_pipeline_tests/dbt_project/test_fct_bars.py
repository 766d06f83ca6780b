"""fct_bars as dbt builds it: what it holds, and that no way to build it gives other rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline_tests.dbt_project.lakes import (
    PAIR,
    PERP,
    Lake,
    at,
    minutes,
    verdict,
)
from crypto_pipeline_tests.dbt_project.worker import Worker


@pytest.fixture
def lake(tmp_path: Path, worker: Worker) -> Lake:
    lake = Lake(tmp_path / "home", worker)
    lake.load(minutes(PAIR, at(1), at(4)), minutes(PERP, at(1), at(3)))
    lake.dbt("run")
    return lake


def built_days(lake: Lake, change: Callable[[], None]) -> set[tuple[object, object]]:
    """The (entity, day) pairs that a build after `change` made anew."""
    before = "SELECT max(built_at) FROM marts.fct_bars"
    ((newest,),) = lake.rows(before)
    change()
    query = "SELECT DISTINCT entity_id, open_time::DATE FROM marts.fct_bars WHERE built_at > ?"
    return {(entity_id, day) for entity_id, day in lake.rows(query, newest)}


def test_build_given_three_days_makes_every_interval(lake: Lake) -> None:
    made = lake.rows("SELECT DISTINCT interval FROM marts.fct_bars")

    assert {interval for (interval,) in made} == set(Interval) - {Interval.M1}
    assert lake.rows("SELECT count(*) FROM marts.fct_bars WHERE interval = '1d'") == [(5,)]
    assert lake.rows(
        "SELECT DISTINCT complete = (present_minutes = expected_minutes) FROM marts.fct_bars"
    ) == [(True,)]
    assert {row for (row,) in lake.rows("SELECT DISTINCT complete FROM marts.fct_bars")} == {
        True,
        False,
    }


def test_build_given_nothing_new_writes_nothing(lake: Lake) -> None:
    before = lake.rows("SELECT * FROM marts.fct_bars ORDER BY ALL")

    lake.build()

    assert lake.rows("SELECT * FROM marts.fct_bars ORDER BY ALL") == before


def test_build_given_a_late_load_builds_the_days_it_touched(lake: Lake) -> None:
    def load_and_build() -> None:
        lake.load(minutes(PERP, at(3), at(3, 10, 30)))
        lake.build()

    assert built_days(lake, load_and_build) == {(PERP, date(2023, 3, 3))}
    running = lake.rows(
        "SELECT complete, expected_minutes FROM marts.fct_bars "
        "WHERE entity_id = ? AND interval = '1h' AND open_time = ?",
        PERP,
        at(3, 10),
    )
    assert running == [(False, 60)]


def test_build_given_a_blocked_day_takes_it_out_and_back_in(lake: Lake) -> None:
    whole = lake.bars()

    def days() -> set[date]:
        return {bar[2].date() for bar in lake.bars() if bar[0] == PAIR}

    lake.judge(verdict(PAIR, 2, passed=False))
    lake.build()
    assert days() == {date(2023, 3, 1), date(2023, 3, 3)}

    lake.judge(verdict(PAIR, 2, passed=True))
    lake.build()
    assert lake.bars() == whole


def test_build_given_a_range_builds_exactly_these_days(lake: Lake) -> None:
    whole = lake.bars()
    lake.judge(verdict(PAIR, 1, passed=False))
    lake.judge(verdict(PERP, 2, passed=False))

    made = built_days(lake, lambda: lake.build(date(2023, 3, 2), date(2023, 3, 3)))

    assert made == {(PAIR, date(2023, 3, 2))}
    gone = {(bar[0], bar[2].date()) for bar in set(whole) - set(lake.bars())}
    assert gone == {(PERP, date(2023, 3, 2))}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ("{start_day: 2023-03-01}", "start_day and end_day go together"),
        ("{start_day: 2023-03-02, end_day: 2023-03-02}", "the range holds no day"),
        ("{start_day: yesterday, end_day: 2023-03-02}", "start_day 'yesterday' is not a day"),
    ],
)
def test_build_given_a_wrong_range_says_what_is_valid(
    empty_lake: Lake, variables: str, said: str
) -> None:
    success, printed = empty_lake.attempt("run", "--select", "fct_bars", "--vars", variables)

    assert not success
    assert said in printed


@pytest.fixture(scope="module")
def empty_lake(tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("empty") / "home", worker)
    lake.load()
    lake.dbt("run")
    return lake


def test_build_given_no_kline_makes_an_empty_table(empty_lake: Lake) -> None:
    empty_lake.dbt("build")

    assert empty_lake.bars() == []


def test_build_given_thirty_days_one_by_one_equals_one_full_build(
    tmp_path: Path, worker: Worker
) -> None:
    lake = Lake(tmp_path / "home", worker)
    lake.load(minutes(PAIR, at(1), at(31)))
    lake.dbt("run", "--select", "stg_klines")
    for day in range(1, 31):
        lake.build(date(2023, 3, day), date(2023, 3, day + 1))
    one_by_one = lake.bars()

    lake.dbt("run", "--full-refresh")

    assert len({bar[2].date() for bar in one_by_one}) == 30
    assert lake.bars() == one_by_one
