"""Each thing that goes wrong at a source: the right rows from another one, or an error by name.

Three days of BTC/USDT 1h, 2023-03-01..03: 72 bars, a file a day in either market.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline.errors import LoadError
from crypto_pipeline.history.reports import SeriesReport, raise_failed
from crypto_pipeline.transport.retrying import ATTEMPTS, BREAKS
from crypto_pipeline_tests.history.loads import (
    ARCHIVE,
    SPOT,
    asked,
    load,
    refusals,
    series,
    sources,
)
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

BTC, ETH = series("BTC/USDT"), series("ETH/USDT")
FILE = "BTCUSDT-1h-2023-03-02.zip"
ALL = "SELECT * EXCLUDE (source, loaded_at) FROM market.klines ORDER BY open_time"


def load_three_days(home: Path, market: SimulatorProcess) -> SeriesReport:
    return load(home, market, [BTC], "2023-03-01", "2023-03-04")[0]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"kind": "corrupt", "path": f"{FILE}$"}, "sha256"),
        ({"kind": "truncate_body", "path": f"{FILE}$"}, "sha256"),
        ({"kind": "wrong_checksum", "path": FILE}, "expected sha256"),
        ({"kind": "truncate_body", "path": f"{FILE}.CHECKSUM"}, "CHECKSUM: got b'"),
        ({"kind": "truncate_row", "path": FILE, "row": 17}, "row 17: got 5 fields"),
        ({"kind": "status", "path": FILE, "status": 500}, "HTTP 500"),
        ({"kind": "status", "path": FILE, "status": 403}, "refuses this address (403)"),
        ({"kind": "status", "path": FILE, "status": 451}, "does not serve this country (451)"),
        ({"kind": "status", "path": FILE, "status": 400}, "HTTP 400"),
        ({"kind": "drop", "path": f"{FILE}$"}, "no whole answer"),
        ({"kind": "429", "path": FILE, "retry_after": 3600}, "HTTP 429"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_load_given_a_bad_archive_file_takes_its_day_from_rest(
    market: SimulatorProcess, lake: Path, rule: dict[str, object], reason: str
) -> None:
    market.post_faults([{"host": ARCHIVE, **rule}])

    report = load_three_days(lake, market)

    assert report.error is None
    assert (report.written.inserted, report.missing) == (72, [])
    assert sources(lake) == {"archive": 48, "rest": 24}
    ((name, why),) = refusals(lake)
    assert name == FILE
    assert reason in why
    assert FILE in why


def test_load_given_rest_instead_of_a_file_holds_the_same_rows(
    market: SimulatorProcess, lake: Path
) -> None:
    load_three_days(lake, market)
    from_archive = rows(lake, ALL)
    market.post_faults([{"host": ARCHIVE, "kind": "missing"}])
    with_rest = load_three_days(lake, market)

    assert with_rest.written.unchanged == 72
    assert rows(lake, ALL) == from_archive


def test_load_given_a_missing_day_takes_it_from_rest_without_a_refusal(
    market: SimulatorProcess, lake: Path
) -> None:
    market.post_faults([{"host": ARCHIVE, "kind": "missing", "path": "2023-03-02"}])

    report = load_three_days(lake, market)

    assert (report.error, report.present, report.expected) == (None, 72, 72)
    assert sources(lake) == {"archive": 48, "rest": 24}
    assert refusals(lake) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503, "headers": {"Retry-After": "0"}},
        {"kind": "429", "retry_after": 0},
        {"kind": "drop"},
    ],
    ids=lambda rule: str(rule.get("status", rule["kind"])),
)
def test_load_given_a_passing_fault_asks_the_same_again(
    synthetic: SimulatorProcess, lake: Path, rule: dict[str, object]
) -> None:
    synthetic.post_faults([{"host": ARCHIVE, "path": f"{FILE}$", "times": 2, **rule}])
    before = asked(synthetic).get(FILE, 0)

    report = load_three_days(lake, synthetic)

    assert report.error is None
    assert sources(lake) == {"archive": 72}
    assert refusals(lake) == []
    assert asked(synthetic)[FILE] - before == 3


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "429", "retry_after": 1},
        {"kind": "status", "status": 502},
        {"kind": "drop", "path": "klines"},
    ],
    ids=lambda rule: str(rule["kind"]),
)
def test_load_given_a_passing_fault_of_rest_asks_again(
    synthetic: SimulatorProcess, lake: Path, rule: dict[str, object]
) -> None:
    missing: dict[str, object] = {"host": ARCHIVE, "kind": "missing"}
    synthetic.post_faults([missing, {"host": SPOT, "times": 2, **rule}])

    report = load_three_days(lake, synthetic)

    assert (report.error, report.present) == (None, 72)
    assert synthetic.faults()[1]["struck"] == 2
    assert synthetic.counters()[SPOT]["violations"] == 0


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"kind": "status", "status": 500}, "HTTP 500"),
        ({"kind": "status", "status": 418}, "banned this address"),
        ({"kind": "status", "status": 451}, "does not serve this country"),
        ({"kind": "drop"}, "no whole answer"),
        ({"kind": "truncate_body", "path": "klines"}, "no whole JSON answer"),
        ({"kind": "429", "retry_after": 3600}, "429"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_load_given_no_source_for_a_day_names_what_and_where_and_lands_the_rest(
    synthetic: SimulatorProcess, lake: Path, rule: dict[str, object], reason: str
) -> None:
    missing: dict[str, object] = {"host": ARCHIVE, "kind": "missing", "path": "BTC.*2023-03-02"}
    synthetic.post_faults([missing, {"host": SPOT, **rule}])

    btc, eth = load(lake, synthetic, [BTC, ETH], "2023-03-01", "2023-03-04")

    assert btc.error is not None
    assert "binance BTC/USDT 1h: 2023-03-02T00:00Z..2023-03-03T00:00Z could not be" in btc.error
    assert reason in btc.error
    assert (eth.error, eth.present, btc.present) == (None, 72, 48)
    assert [reason in why for _, why in refusals(lake)] == [True]
    with pytest.raises(LoadError, match=r"1 of 2 series failed; 1 landed:\nbinance BTC/USDT 1h"):
        raise_failed([btc, eth])


def test_load_given_a_fault_that_passes_later_fills_the_hole_and_the_coverage(
    market: SimulatorProcess, lake: Path
) -> None:
    missing: dict[str, object] = {"host": ARCHIVE, "kind": "missing", "path": "BTC.*2023-03-02"}
    market.post_faults([missing, {"host": SPOT, "kind": "status", "status": 500}])
    load_three_days(lake, market)
    held = rows(lake, "SELECT present, missing FROM market.coverage ORDER BY day")
    market.post_faults([])

    report = load_three_days(lake, market)

    assert held == [(24, 0), (0, 24), (24, 0)]
    assert (report.written.inserted, report.written.unchanged) == (24, 48)
    held = rows(lake, "SELECT present, missing FROM market.coverage ORDER BY day")
    assert held == [(24, 0)] * 3


def test_load_given_a_refused_file_that_rest_cannot_replace_names_file_and_row(
    recorded: SimulatorProcess, lake: Path
) -> None:
    month = "BTCUSDT-1h-2024-11.zip"
    recorded.post_faults(
        [
            {"host": ARCHIVE, "kind": "truncate_row", "path": month, "row": 5},
            {"host": SPOT, "kind": "status", "path": "klines", "status": 400},
        ]
    )

    (report,) = load(lake, recorded, [BTC], "2024-11-01", "2024-12-01")

    assert report.error is not None
    assert f"{month}, row 5: got 5 fields" in report.error
    assert report.present == 0


def test_load_given_an_archive_that_is_down_gives_it_up_and_asks_rest(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    synthetic.post_faults([{"host": ARCHIVE, "kind": "status", "status": 503}])
    before = synthetic.counters()[ARCHIVE]["requests"]

    (report,) = load(lake, synthetic, [BTC], "2023-05-01", "2023-05-31")

    assert (report.error, report.present) == (None, 720)
    assert synthetic.counters()[ARCHIVE]["requests"] - before <= BREAKS * 8 * ATTEMPTS
    reasons = [why for _, why in refusals(lake)]
    assert sum(f"failed {BREAKS} times in a row" in why for why in reasons) >= 30 - BREAKS * 8
    assert len(reasons) == 30


def test_load_given_an_unlisted_symbol_says_so(synthetic: SimulatorProcess, lake: Path) -> None:
    no_such, btc = load(lake, synthetic, [series("NO/SUCH"), BTC], "2023-03-01", "2023-03-02")

    assert no_such.error is not None
    assert "Invalid symbol" in no_such.error
    assert (btc.error, btc.present) == (None, 24)


def test_load_given_a_time_before_the_listing_says_that_no_bar_is_there(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    (report,) = load(lake, synthetic, [BTC], "2010-03-01", "2010-03-02")

    assert report.error is not None
    assert "no source has a single row in 2010-03-01" in report.error
    assert rows(lake, "SELECT expected, present, missing FROM market.coverage") == [(24, 0, 24)]
