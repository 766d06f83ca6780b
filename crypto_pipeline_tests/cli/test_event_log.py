"""A load's run is told alike by a home with the packaged dagster.yaml and one with an older one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckKey

from crypto_pipeline.cli.instance import BATCH_VARIABLE, VARIABLE
from crypto_pipeline.cli.runs import prepared_home, run_load
from crypto_pipeline.defs.event_log import BatchedEventLogStorage
from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.checks import SEVERITY
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.defs.partitioned_runs import write_config
from crypto_pipeline_tests.defs.told import checked, told
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

DAYS = date(2025, 2, 3), date(2025, 2, 9)
SERIES = [Series(parse_symbol("binance", "BTC/USDT"), Interval.H1)]
KEYS = [asset_key(series) for series in SERIES]


def loaded(home: Path, market: SimulatorProcess) -> dict[str, Any]:
    """All that the instance of a home says of a load of six days."""
    venue = {"symbols": ["BTC/USDT"]}
    settings = load_settings(
        home=home,
        simulator_url=market.url,
        clock_url=market.url,
        venues={"binance": venue},
        intervals=["1h"],
    )
    with prepared_home(settings, SERIES) as instance:
        ended = run_load(settings, instance, SERIES, DAYS, on_progress=lambda _: None)
        assert ended.success, ended.errors
        checks = [AssetCheckKey(key, check) for key in KEYS for check in SEVERITY]
        return {
            "batched": isinstance(instance.event_log_storage, BatchedEventLogStorage),
            "checks": checked(instance, ended.run_id, checks),
            **told(instance, ended.run_id, KEYS),
        }


def test_load_given_either_event_log_is_told_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write_config(old / "dagster", batched=False)
    with simulator(seed=7) as market:
        market.set_clock("2025-02-10T12:34:30+00:00")
        monkeypatch.setenv(VARIABLE, str(old / "dagster"))
        monkeypatch.setenv(BATCH_VARIABLE, "0")
        plain = loaded(old, market)
        monkeypatch.setenv(VARIABLE, str(new / "dagster"))
        monkeypatch.setenv(BATCH_VARIABLE, "4")
        batched = loaded(new, market)

    assert (plain.pop("batched"), batched.pop("batched")) == (False, True)
    assert batched == plain
    assert [len(days) for days in plain["partitions"]] == [6]
    executions = plain["checks"]
    assert [[status for _, status, _ in each].count("SUCCEEDED") for each in executions] == [1, 1]
