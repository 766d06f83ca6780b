"""Real runs of loads in this process: what they say of themselves, and which ones dbt follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun

from crypto_pipeline.cli.runs import Summed, run_load
from crypto_pipeline.defs.automation import history_job_name, loads_klines
from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.loads import Progress
from crypto_pipeline.lake.origin import claim
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.history.loads import NOW, at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

BARS = Series(parse_symbol("binance", "BTC/USDT:USDT"), Interval.H1)
FUNDING = Series(BARS.instrument, kind=Kind.FUNDING)
DAYS = (at("2025-02-08").date(), at("2025-02-10").date())


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(seed=7) as running:
        running.set_clock(NOW.isoformat())
        yield running


def settings(market: SimulatorProcess, home: Path) -> Settings:
    venue = {"symbols": [BARS.instrument.symbol], "kinds": ["klines", "funding"]}
    return load_settings(
        home=home,
        simulator_url=market.url,
        clock_url=market.url,
        exchanges=["binance"],
        venues={"binance": venue},
        intervals=["1h"],
    )


def test_load_given_two_kinds_tells_one_progress(market: SimulatorProcess, lake: Path) -> None:
    told: list[Progress] = []
    with DagsterInstance.ephemeral() as instance:
        ended = run_load(
            settings(market, lake), instance, [BARS, FUNDING], DAYS, on_progress=told.append
        )
        found = {
            key: instance.get_latest_materialization_event(key)
            for key in map(asset_key, [BARS, FUNDING])
        }

    assert (ended.success, ended.errors) == (True, [])
    assert told[-1].rows == 48 + 6
    assert (told[-1].finished, told[-1].total) == (2, 2)
    assert [one.rows for one in told] == sorted(one.rows for one in told)
    for event in found.values():
        assert event is not None
        assert event.asset_materialization is not None
        said = event.asset_materialization.metadata
        assert {"load_seconds", "load_rows_per_second", "limit_use"} <= said.keys()


def test_load_given_a_home_of_other_data_fails_with_what_is_wrong(
    market: SimulatorProcess, lake: Path
) -> None:
    claim(lake, "real")
    with DagsterInstance.ephemeral() as instance:
        ended = run_load(settings(market, lake), instance, [BARS], DAYS, on_progress=lambda _: None)

    assert not ended.success
    assert "holds" in ended.errors[0]
    assert "DagsterExecutionStepExecutionError" not in ended.errors[0]


def test_summed_given_loads_of_two_kinds_adds_them() -> None:
    told: list[Progress] = []
    summed = Summed(told.append, 3)
    summed(Kind.FUNDING, Progress(5, 0, 2))
    summed(Kind.FUNDING, Progress(9, 2, 2))
    summed(Kind.KLINES, Progress(40, 1, 1, 0.5))

    assert told == [Progress(5, 0, 3), Progress(9, 2, 3), Progress(49, 3, 3, 0.5)]


@pytest.mark.parametrize(
    ("job", "keys", "expected"),
    [
        (history_job_name("okx"), None, True),
        (history_job_name("okx"), [asset_key(BARS)], True),
        (history_job_name("okx"), [asset_key(FUNDING)], False),
        ("__ASSET_JOB", [asset_key(FUNDING), asset_key(BARS)], True),
        ("marts", None, False),
    ],
)
def test_loads_klines_given_a_run_looks_at_what_it_loads(
    job: str, keys: list[AssetKey] | None, expected: bool
) -> None:
    chosen = frozenset(keys) if keys else None
    assert loads_klines(DagsterRun(job_name=job, asset_selection=chosen)) is expected
