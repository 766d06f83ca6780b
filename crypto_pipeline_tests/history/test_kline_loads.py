"""Loading klines: what lands, what a second run does, what a stopped one leaves."""

from __future__ import annotations

import resource
from datetime import date, timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.errors import LakeError
from crypto_pipeline.history.loads import Load, Pace, Progress
from crypto_pipeline.lake.locks import is_held, lock_path
from crypto_pipeline.lake.writing import Written
from crypto_pipeline_tests.history.loads import (
    ARCHIVE,
    BTC_ID,
    ETH_ID,
    FUTURES,
    NOW,
    SPOT,
    asked,
    at,
    binance,
    load,
    loading,
    refusals,
    series,
    sources,
)
from crypto_pipeline_tests.lake.rows import rows, snapshot
from crypto_pipeline_tests.simulated import SimulatorProcess

BTC, ETH = series("BTC/USDT", "1m"), series("ETH/USDT", "1m")
BTC_HOURS, PERP_HOURS = series("BTC/USDT"), series("BTC/USDT:USDT")
TODAY = NOW.replace(hour=0, minute=0, second=0)


@pytest.mark.real_data
def test_load_given_two_real_weeks_lands_every_bar_once(
    recorded: SimulatorProcess, lake: Path
) -> None:
    before = recorded.counters()[ARCHIVE]

    reports = load(lake, recorded, [BTC, ETH], "2023-03-01", "2023-03-15")

    assert [report.written for report in reports] == [Written(inserted=20_160)] * 2
    assert [report.error for report in reports] == [None, None]
    assert sources(lake) == {"archive": 40_320}
    after = recorded.counters()[ARCHIVE]
    assert after["requests"] - before["requests"] == 2 * 2 * 14
    assert after["connections"] - before["connections"] <= Pace().downloads

    held, old = snapshot(lake), rows(lake, "SELECT max(loaded_at) FROM market.klines")
    again = load(lake, recorded, [BTC, ETH], "2023-03-01", "2023-03-15")

    assert [report.written for report in again] == [Written(unchanged=20_160)] * 2
    assert snapshot(lake) == held
    assert rows(lake, "SELECT max(loaded_at) FROM market.klines") == old
    coverage = rows(
        lake,
        "SELECT entity_id, count(*), min(day), max(day), min(present), sum(missing)::BIGINT "
        "FROM market.coverage WHERE expected = 1440 GROUP BY entity_id ORDER BY entity_id",
    )
    days = (14, date(2023, 3, 1), date(2023, 3, 14), 1440, 0)
    assert coverage == [(BTC_ID, *days), (ETH_ID, *days)]


@pytest.mark.real_data
def test_load_given_real_months_reads_ms_and_µs_and_a_header(
    recorded: SimulatorProcess, lake: Path
) -> None:
    load(lake, recorded, [BTC_HOURS], "2024-11-01", "2025-03-01", now=at("2026-09-01"))
    avax = series("AVAX/USDT:USDT", "1m")
    (perp,) = load(lake, recorded, [avax], "2026-02-01", "2026-03-01", now=at("2026-09-01"))

    times = rows(lake, "SELECT open_time FROM market.klines WHERE interval = '1h' ORDER BY 1")
    first = at("2024-11-01")
    assert [time[0] for time in times] == [first + n * timedelta(hours=1) for n in range(2880)]
    assert (perp.written.inserted, perp.missing) == (40_320, [])
    assert rows(
        lake,
        "SELECT parse_filename(url), rows, length(sha256) FROM market.source_files ORDER BY url",
    ) == [
        ("AVAXUSDT-1m-2026-02.zip", 40_320, 64),
        ("BTCUSDT-1h-2024-11.zip", 720, 64),
        ("BTCUSDT-1h-2024-12.zip", 744, 64),
        ("BTCUSDT-1h-2025-01.zip", 744, 64),
        ("BTCUSDT-1h-2025-02.zip", 672, 64),
    ]


def test_load_given_whole_months_asks_for_months_and_for_days_besides(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    before = asked(synthetic)

    (report,) = load(lake, synthetic, [BTC_HOURS], "2023-07-30", "2023-09-03")

    new = {n for n, count in asked(synthetic).items() if count != before.get(n) and "KSUM" not in n}
    assert new == {
        "BTCUSDT-1h-2023-07-30.zip",
        "BTCUSDT-1h-2023-07-31.zip",
        "BTCUSDT-1h-2023-08.zip",
        "BTCUSDT-1h-2023-09-01.zip",
        "BTCUSDT-1h-2023-09-02.zip",
    }
    assert (report.present, report.missing) == (35 * 24, [])


def test_load_given_a_month_that_is_404_asks_for_its_days(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    synthetic.post_faults([{"host": ARCHIVE, "kind": "missing", "path": r"2023-06\.zip"}])

    (report,) = load(lake, synthetic, [BTC_HOURS], "2023-06-01", "2023-07-01")

    assert (report.present, report.error) == (720, None)
    assert sources(lake) == {"archive": 720}
    assert rows(lake, "SELECT count(*) FROM market.source_files") == [(30,)]
    assert refusals(lake) == []


def test_load_given_the_running_day_stores_closed_bars_alone(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    serieses = [BTC_HOURS, PERP_HOURS]
    early = load(lake, synthetic, serieses, "2025-02-09", "2025-02-11")
    count = "SELECT count(*), max(open_time) FROM market.klines GROUP BY entity_id"
    held = rows(lake, count)
    later = NOW + timedelta(hours=3)
    synthetic.set_clock(later.isoformat())

    late = load(lake, synthetic, serieses, "2025-02-09", "2025-02-11", now=later)

    assert held == [(24 + 12, TODAY + timedelta(hours=11))] * 2
    assert [(r.expected, r.present, r.missing, r.error) for r in early] == [(36, 36, [], None)] * 2
    assert [r.written for r in late] == [Written(inserted=3, unchanged=36)] * 2
    assert rows(lake, count) == [(24 + 15, TODAY + timedelta(hours=14))] * 2
    assert sources(lake) == {"archive": 48, "rest": 30}


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(hours=-5)])
def test_load_given_a_clock_that_is_wrong_trusts_the_earlier_one(
    synthetic: SimulatorProcess, lake: Path, ahead: timedelta
) -> None:
    (report,) = load(lake, synthetic, [BTC_HOURS], "2025-02-10", "2025-02-11", now=NOW + ahead)

    closed = min(NOW, NOW + ahead).hour
    assert (report.expected, report.present, report.error) == (closed, closed, None)


def test_load_given_a_day_to_come_is_empty_and_well(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    (report,) = load(lake, synthetic, [BTC_HOURS], "2025-02-11", "2025-02-12")

    assert (report.expected, report.present, report.error) == (0, 0, None)


def test_load_given_several_series_asks_the_time_once_a_type(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    serieses = [series(s, i) for s in ("BTC/USDT", "ETH/USDT") for i in ("1h", "15m", "1d")]
    before = asked(synthetic, SPOT).get("time", 0)

    reports = load(lake, synthetic, [*serieses, PERP_HOURS], "2025-02-10", "2025-02-11")

    assert [report.error for report in reports] == [None] * 7
    assert [report.expected for report in reports] == [12, 50, 0, 12, 50, 0, 12]
    assert asked(synthetic, SPOT)["time"] - before == 1
    assert asked(synthetic, FUTURES)["time"] >= 1


def test_load_given_long_pages_pages_through_all(synthetic: SimulatorProcess, lake: Path) -> None:
    synthetic.post_faults([{"host": ARCHIVE, "kind": "missing"}])
    before = asked(synthetic, SPOT).get("klines", 0)

    (report,) = load(lake, synthetic, [BTC], "2025-02-08", "2025-02-10")

    assert (report.written.inserted, report.missing) == (2880, [])
    assert asked(synthetic, SPOT)["klines"] - before == 3
    notes = rows(lake, "SELECT status, rows, span_start, span_end FROM market.source_files")
    assert notes == [("loaded", 2880, at("2025-02-08"), at("2025-02-10"))]


def test_load_given_a_failing_page_keeps_the_pages_before_it(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    missing: dict[str, object] = {"host": ARCHIVE, "kind": "missing"}
    broken = {"host": SPOT, "path": "klines", "kind": "status", "status": 400, "after": 2}
    synthetic.post_faults([missing, broken])

    (report,) = load(lake, synthetic, [BTC], "2025-02-08", "2025-02-10")

    failed_from = at("2025-02-08") + timedelta(minutes=2000)
    assert (report.present, report.missing) == (2000, [Span(failed_from, at("2025-02-10"))])
    assert report.error is not None
    assert "2025-02-09T09:20Z..2025-02-10T00:00Z could not be loaded" in report.error


def test_load_given_small_commits_tells_how_far_it_is(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    told = list[Progress]()
    run = Load(
        lake,
        binance(synthetic),
        [BTC_HOURS, PERP_HOURS],
        Span(at("2025-01-10"), at("2025-01-15")),
        now=NOW,
        pace=Pace(downloads=2, commit_rows=24),
        on_progress=told.append,
    )

    reports = list(run.reports())

    assert [report.present for report in reports] == [120, 120]
    last = told[-1]
    assert (last.rows, last.finished, last.total) == (240, 2, 2)
    assert 0 <= last.limit_use <= 1
    assert {24, 48, 120} <= {step.rows for step in told}
    assert told == sorted(told, key=lambda step: (step.rows, step.finished))


def stopped_load(lake: Path, market: SimulatorProcess, symbols: list[str]) -> None:
    """A load of which the first report is taken and then no more."""
    serieses = [series(symbol, "1m") for symbol in symbols]
    run = loading(lake, market, serieses, "2025-01-10", "2025-01-16", pace=Pace(2, 1440))
    reports = run.reports()
    next(reports)
    reports.close()


def test_load_given_it_is_left_early_leaves_whole_days_and_no_lock(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    synthetic.post_faults(
        [
            {"host": ARCHIVE, "kind": "delay", "path": rf"ETH.*-{day}\.zip$", "seconds": seconds}
            for day, seconds in (("14", 1), ("15", 5))
        ]
    )

    stopped_load(lake, synthetic, ["BTC/USDT", "ETH/USDT"])

    counts = rows(
        lake, "SELECT DISTINCT count(*) FROM market.klines GROUP BY open_time::DATE, entity_id"
    )
    assert counts == [(1440,)]
    finished = rows(lake, "SELECT DISTINCT entity_id FROM market.coverage")
    assert finished == [(BTC_ID,)]
    assert not is_held(lock_path(lake, "market"))
    synthetic.post_faults([])
    whole = load(lake, synthetic, [BTC, ETH], "2025-01-10", "2025-01-16")
    assert [report.present for report in whole] == [8640, 8640]
    assert whole[0].written == Written(unchanged=8640)


def test_load_given_a_full_disk_keeps_what_was_there_and_goes_on_once_there_is_room(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    load(lake, synthetic, [BTC_HOURS], "2025-01-10", "2025-01-11")
    held = snapshot(lake)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(LakeError, match="Nothing of this transaction is stored"):
            load(lake, synthetic, [BTC_HOURS], "2025-01-10", "2025-01-13")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert snapshot(lake) == held
    (report,) = load(lake, synthetic, [BTC_HOURS], "2025-01-10", "2025-01-13")
    assert report.written == Written(inserted=48, unchanged=24)


def test_load_given_no_network_ends_with_an_error(lake: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    dead = SimulatorProcess(nowhere, dict.fromkeys((ARCHIVE, SPOT, FUTURES), nowhere), "real")

    reports = load(lake, dead, [BTC_HOURS, PERP_HOURS], "2023-03-01", "2023-04-01")

    assert all("no answer" in str(r.error) or "not asked" in str(r.error) for r in reports)
    assert all("2023-03-01T00:00Z..2023-04-01T00:00Z" in str(r.error) for r in reports)
    assert rows(lake, "SELECT count(*) FROM market.klines") == [(0,)]
