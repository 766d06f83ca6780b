"""Judging a home: gaps with their runs, impossible klines with their rule, real ones clean."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.checks import GAPS, SANITY, Judgement, judge
from crypto_pipeline.history.coverage import Question, missing_runs, read_coverage
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.session import writing
from crypto_pipeline_tests.history.loads import (
    ARCHIVE,
    BTC_ID,
    NOW,
    SPOT,
    at,
    load,
    series,
)
from crypto_pipeline_tests.lake.rows import klines, land, rows
from crypto_pipeline_tests.simulated import SimulatorProcess

BTC = series("BTC/USDT", "1m")
VERDICTS = "SELECT day, check_name, severity, passed, rows_failed FROM market.verdicts"


def judged(home: Path, one: Series, start: date | None = None) -> dict[str, Judgement]:
    found = judge(home, [one], start=start, end=None, run_id="run", now=NOW)
    return {check: judgement for (_, check), judgement in found.items()}


@pytest.fixture
def holed(synthetic: SimulatorProcess, lake: Path) -> Path:
    """2023-03-01..03 at 1h without the whole second day."""
    gone: dict[str, object] = {"host": ARCHIVE, "kind": "missing", "path": "2023-03-02"}
    dead: dict[str, object] = {"host": SPOT, "kind": "status", "status": 500}
    synthetic.post_faults([gone, dead])
    load(lake, synthetic, [series("BTC/USDT")], "2023-03-01", "2023-03-04")
    return lake


def test_judge_given_a_missing_day_names_its_run(holed: Path) -> None:
    judgements = judged(holed, series("BTC/USDT"))

    gaps = judgements[GAPS]
    assert (gaps.passed, gaps.rows_failed, gaps.days_failed, gaps.days_judged) == (False, 24, 1, 3)
    assert gaps.failing == [
        {"missing_from": "2023-03-02T00:00:00+00:00", "missing_to": "2023-03-03T00:00:00+00:00"}
    ]
    assert judgements[SANITY].passed
    assert rows(holed, f"{VERDICTS} WHERE NOT passed") == [
        (date(2023, 3, 2), "gaps", "warning", False, 24)
    ]


def test_judge_given_a_day_filled_later_passes(holed: Path, synthetic: SimulatorProcess) -> None:
    judged(holed, series("BTC/USDT"))
    synthetic.post_faults([])
    load(holed, synthetic, [series("BTC/USDT")], "2023-03-02", "2023-03-03")

    gaps = judged(holed, series("BTC/USDT"), date(2023, 3, 2))[GAPS]

    assert (gaps.passed, gaps.rows_failed, gaps.days_judged, gaps.failing) == (True, 0, 3, [])


def test_coverage_given_a_missing_day_counts_it(holed: Path) -> None:
    with connect_read_only(holed) as session:
        (found,) = read_coverage(session, Question(symbols=["BTC/USDT"], end=date(2023, 3, 6)))
        runs = missing_runs(session, BTC_ID, "1h", Question())
        none = read_coverage(session, Question(exchange="okx"))

    assert (found.symbol, found.days, found.days_not_loaded) == ("BTC/USDT", 3, 2)
    assert (found.expected, found.present, found.missing) == (72, 48, 24)
    assert found.completeness == 48 / 72
    assert [(run.start, run.end) for run in runs] == [(at("2023-03-02"), at("2023-03-03"))]
    assert none == []


def test_judge_given_scattered_gaps_names_each_run(synthetic: SimulatorProcess, lake: Path) -> None:
    hours = series("BTC/USDT")
    load(lake, synthetic, [hours], "2023-03-01", "2023-03-02")
    absent = "hour(open_time) IN (0, 10, 11, 23)"
    with writing(lake, Catalog.MARKET) as session:
        session.write(lambda c: c.execute(f"DELETE FROM market.klines WHERE {absent}"))  # noqa: S608 a constant
    gone: dict[str, object] = {"kind": "status", "status": 400}
    synthetic.post_faults([gone])
    load(lake, synthetic, [hours], "2023-03-01", "2023-03-02")

    failing = judged(lake, hours)[GAPS].failing

    runs = [(run["missing_from"][11:16], run["missing_to"][11:16]) for run in failing]
    assert runs == [("00:00", "01:00"), ("10:00", "12:00"), ("23:00", "00:00")]


def test_judge_given_an_impossible_kline_blocks_its_day_and_shows_it(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    load(lake, synthetic, [BTC], "2023-03-01", "2023-03-03")
    land(lake, klines([1500], close=11.0))

    sanity = judged(lake, BTC)[SANITY]

    assert (sanity.passed, sanity.rows_failed, sanity.days_failed) == (False, 1, 1)
    (shown,) = sanity.failing
    assert shown["broken"] == "high_is_highest"
    assert shown["open_time"].startswith("2023-03-02 01:00:00")
    assert rows(lake, f"{VERDICTS} WHERE check_name = 'sanity' ORDER BY day") == [
        (date(2023, 3, 1), "sanity", "blocking", True, 0),
        (date(2023, 3, 2), "sanity", "blocking", False, 1),
    ]


def test_judge_given_nothing_loaded_judges_nothing(lake: Path) -> None:
    judgements = judged(lake, BTC)

    assert [(j.days_judged, j.passed) for j in judgements.values()] == [(0, True)] * 2


@pytest.mark.real_data
def test_judge_given_real_klines_finds_all_of_them_possible(
    recorded: SimulatorProcess, lake: Path
) -> None:
    spot, perp = [BTC, series("ETH/USDT", "1m")], [series("AVAX/USDT:USDT", "1m")]
    load(lake, recorded, spot, "2023-03-01", "2023-03-15")
    load(lake, recorded, perp, "2026-02-01", "2026-03-01", now=at("2026-09-01"))

    found = judge(lake, [*spot, *perp], start=None, end=None, run_id="run", now=NOW)

    assert [judgement.rows_failed for judgement in found.values()] == [0] * 6
    assert sum(judgement.days_judged for judgement in found.values()) == 2 * (14 + 14 + 28)
