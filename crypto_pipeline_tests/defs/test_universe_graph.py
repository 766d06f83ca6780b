"""What of the universe the graph shows, and what the schedules ask for: active members alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dagster import AssetKey, Definitions, build_schedule_context

from crypto_pipeline.defs.build import build_definitions
from crypto_pipeline.defs.instruments import instruments_key
from crypto_pipeline.history.selection import Selection
from crypto_pipeline.history.universe import extend_universe, refresh_universe
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.history.listings import T0, book, series

NIGHT = datetime(2025, 2, 11, 0, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    """A home whose ETH/USDT is excluded, and so inactive, with klines and books of both."""
    home = tmp_path_factory.mktemp("graph") / "home"
    both = [make(symbol) for symbol in ("BTC/USDT", "ETH/USDT") for make in (series, book)]
    extend_universe(home, both)
    excluded = frozenset({series("ETH/USDT").instrument.entity_id})
    refresh_universe(home, "binance", Selection(frozenset(), frozenset(), excluded), {}, T0)
    nothing: dict[str, list[str]] = {"symbols": []}
    venues = {"binance": nothing, "okx": nothing}
    configured = load_settings(
        home=home, venues=venues, exchanges=["binance", "okx"], order_book_schedule="*/5 * * * *"
    )
    return build_definitions(configured)


def keys(*names: str) -> set[AssetKey]:
    return {AssetKey(["binance", "spot", *name.split("/")]) for name in names}


def test_graph_given_an_inactive_member_shows_it_still(graph: Definitions) -> None:
    found = {key for key in graph.resolve_all_asset_keys() if key.path[0] in ("binance", "okx")}
    assert found == {
        instruments_key("binance"),
        instruments_key("okx"),
        *keys("btc_usdt/kline_1h", "btc_usdt/order_book"),
        *keys("eth_usdt/kline_1h", "eth_usdt/order_book"),
    }


def test_graph_given_an_inactive_member_no_schedule_asks_for_it(graph: Definitions) -> None:
    repository = graph.get_repository_def()
    context = build_schedule_context(scheduled_execution_time=NIGHT, repository_def=repository)

    tick = repository.get_schedule_def("binance_daily").evaluate_tick(context)

    [request] = tick.run_requests or ()
    assert set(request.asset_selection or ()) == keys("btc_usdt/kline_1h")
    assert request.partition_key == "2025-02-10"
    books = graph.resolve_job_def("binance_order_books").asset_layer.executable_asset_keys
    assert set(books) == keys("btc_usdt/order_book")


def test_graph_given_its_schedules_run_at_these_times(graph: Definitions) -> None:
    schedules = graph.get_repository_def().schedule_defs
    assert {one.name: one.cron_schedule for one in schedules} == {
        "binance_daily": "10 0 * * *",
        "binance_instruments": "2 0 * * *",
        "binance_order_books": "*/5 * * * *",
        "okx_instruments": "2 0 * * *",
    }
    assert all(one.execution_timezone == "UTC" for one in schedules)
