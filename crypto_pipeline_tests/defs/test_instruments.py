"""Real runs of what is asked of the present moment: instruments, then order books of members."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from crypto_pipeline.defs.build import moment_definitions
from crypto_pipeline.defs.history_resource import History
from crypto_pipeline.defs.instruments import instruments_job_name
from crypto_pipeline.defs.order_books import order_books_job_name
from crypto_pipeline.history.universe import read_members
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

NOW = "2025-02-10T12:34:30+00:00"
LOOK, ROUND = instruments_job_name("binance"), order_books_job_name("binance")


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(seed=7) as running:
        running.set_clock(NOW)
        yield running


def settings(market: SimulatorProcess, home: Path, **binance: Any) -> Settings:
    universe = {"instrument_types": ["spot"], "quote": ["USDT"], "top": 3}
    venue = {"symbols": [], "kinds": ["klines", "order_book"], "universe": universe, **binance}
    return load_settings(
        home=home,
        simulator_url=market.url,
        clock_url=market.url,
        venues={"binance": venue},
        intervals=["1m"],
    )


def run(configured: Settings, job: str) -> ExecuteInProcessResult:
    """One run of a job of the definitions as they are now, in this process."""
    definitions = moment_definitions(configured, resources={"history": History(configured)})
    with DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def(job).execute_in_process(
            instance=instance, raise_on_error=False
        )


def figures(result: ExecuteInProcessResult, *key: str) -> dict[str, Any]:
    """What a run said of an asset."""
    [found] = result.asset_materializations_for_node(AssetKey(key).to_python_identifier())
    return {name: value.value for name, value in found.metadata.items()}


def error(result: ExecuteInProcessResult) -> str:
    [event] = result.get_step_failure_events()
    said = event.step_failure_data.user_failure_data
    return (said.description if said else None) or ""


def test_look_given_a_rule_lands_instruments_and_members_which_have_books(
    market: SimulatorProcess, lake: Path
) -> None:
    configured = settings(market, lake)

    look = run(configured, LOOK)

    assert look.success
    said = figures(look, "binance", "instruments")
    assert said["listed"] == said["new"] > 60
    assert (said["members"], said["members_inactive"]) == (6, 0)
    [listed] = rows(lake, "SELECT count(*) FROM market.instruments WHERE valid_to IS NULL")
    assert listed == (said["listed"],)

    books = run(configured, ROUND)

    assert books.success
    keys = {event.asset_key for event in books.get_asset_materialization_events()}
    coins = ("btc", "eth", "sol")
    assert keys == {AssetKey(["binance", "spot", f"{c}_usdt", "order_book"]) for c in coins}
    [landed] = rows(lake, "SELECT count(*) FROM market.order_book_snapshots")
    assert landed == (3,)


def test_look_given_it_runs_again_changes_nothing(market: SimulatorProcess, lake: Path) -> None:
    configured = settings(market, lake)
    run(configured, LOOK)
    before = read_members(lake)

    said = figures(run(configured, LOOK), "binance", "instruments")

    assert (said["new"], said["changed"], said["delisted"]) == (0, 0, 0)
    assert read_members(lake) == before


def test_look_given_an_unknown_symbol_fails_with_near_ones(
    market: SimulatorProcess, lake: Path
) -> None:
    result = run(settings(market, lake, symbols=["BCT/USDT"]), LOOK)

    assert not result.success
    assert "binance does not list BCT/USDT (near are " in error(result)


def test_round_given_one_symbol_that_fails_lands_the_others_and_fails(
    market: SimulatorProcess, lake: Path
) -> None:
    result = run(settings(market, lake, symbols=["BTC/USDT", "BCT/USDT"]), ROUND)

    assert not result.success
    assert "1 of 2 order books failed; 1 landed:\nbinance BCT/USDT" in error(result)
    assert rows(lake, "SELECT entity_id FROM market.order_book_snapshots") == [
        ("cryptopair_binance_btcusdt",)
    ]
