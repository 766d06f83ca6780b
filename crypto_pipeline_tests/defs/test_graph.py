"""The whole graph: what assets, checks, jobs, schedules and sensors there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import AssetKey, DailyPartitionsDefinition, Definitions

from crypto_pipeline.defs.build import build_definitions
from crypto_pipeline.defs.history import asset_key
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.universe import extend_universe
from crypto_pipeline.settings import load_settings

PERP = parse_symbol("binance", "BTC/USDT:USDT")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graph") / "home"


@pytest.fixture(scope="module")
def graph(home: Path) -> Definitions:
    extend_universe(home, [Series(parse_symbol("binance", "币安人生/USDT"), Interval.H1)])
    return build_definitions(load_settings(home=home, exchanges=["binance"]))


def test_graph_given_the_defaults_and_a_universe_has_these_assets(graph: Definitions) -> None:
    keys = {key.to_user_string() for key in graph.resolve_all_asset_keys()}
    assert keys == {
        "binance/spot/btc_usdt/kline_1m",
        "binance/spot/eth_usdt/kline_1m",
        "binance/perp/btc_usdt/kline_1m",
        "binance/perp/eth_usdt/kline_1m",
        "binance/perp/btc_usdt/funding",
        "binance/perp/eth_usdt/funding",
        "binance/instruments",
        "binance/spot/x5e01x5b89x4ebax751f_usdt/kline_1h",
        "market/klines",
        "market/verdicts",
        "marts/stg_klines",
        "marts/fct_bars",
    }


def test_graph_given_each_kline_asset_has_two_checks(graph: Definitions) -> None:
    checks = graph.resolve_asset_graph().asset_check_keys
    of_one = {c.name for c in checks if c.asset_key == AssetKey(_BTC)}
    assert of_one == {"gaps", "sanity"}


def test_graph_given_dbt_flows_from_the_klines(graph: Definitions) -> None:
    assets = graph.resolve_asset_graph()
    assert assets.get(AssetKey(["marts", "fct_bars"])).parent_keys == {
        AssetKey(["marts", "stg_klines"])
    }
    assert AssetKey(_BTC) in assets.get(AssetKey(["market", "klines"])).parent_keys


def test_graph_given_its_automation_has_these_parts(graph: Definitions) -> None:
    repository = graph.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert jobs == {"binance_history", "binance_instruments", "marts"}
    assert {s.name for s in repository.schedule_defs} == {"binance_daily", "binance_instruments"}
    assert {s.name for s in repository.sensor_defs} == {
        "marts_after_success",
        "marts_after_failure",
        "dead_runs",
    }


def test_graph_given_partitions_are_utc_days_with_the_running_one(graph: Definitions) -> None:
    partitions = graph.resolve_asset_graph().get(AssetKey(_BTC)).partitions_def
    assert isinstance(partitions, DailyPartitionsDefinition)
    assert partitions.get_first_partition_key() == "2017-08-17"
    assert partitions.end_offset == 1


def test_graph_given_collection_is_off_has_no_kline_asset(home: Path) -> None:
    graph = build_definitions(load_settings(home=home, enabled=False))
    assert not [key for key in graph.resolve_all_asset_keys() if key.path[0] == "binance"]


@pytest.mark.parametrize(
    ("series", "key"),
    [
        (Series(PERP, Interval.M5), "binance/perp/btc_usdt/kline_5m"),
        (Series(PERP, kind=Kind.FUNDING), "binance/perp/btc_usdt/funding"),
        (Series(PERP, kind=Kind.ORDER_BOOK), "binance/perp/btc_usdt/order_book"),
    ],
)
def test_asset_key_given_a_perpetual_names_type_and_kind(series: Series, key: str) -> None:
    assert asset_key(series).to_user_string() == key


_BTC = ["binance", "spot", "btc_usdt", "kline_1m"]
