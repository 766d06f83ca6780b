"""A running `up` shows a new member without being told: the definitions follow the universe."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline.cli.launched_runs import LOCATION
from crypto_pipeline.cli.webserver import reload_location
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.universe import extend_universe
from crypto_pipeline_tests.cli.running_up import RunningUp, running_up, wait_for
from crypto_pipeline_tests.command import environment, pointed_at
from crypto_pipeline_tests.simulated import simulator

NEW = Series(parse_symbol("binance", "SOL/USDT"), kind=Kind.ORDER_BOOK)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reloading") / "home"


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[RunningUp]:
    with simulator(seed=7) as market:
        env = environment(home, **pointed_at(market))
        with running_up("--port", "0", env=env, output=home.parent / "up.txt") as running:
            yield running
            running.end(signal.SIGINT)


def assets(up: RunningUp) -> set[str]:
    nodes = up.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
    return {"/".join(node["assetKey"]["path"]) for node in nodes}


def test_up_given_a_new_member_shows_its_asset_by_itself(up: RunningUp, home: Path) -> None:
    assert "binance/spot/sol_usdt/order_book" not in assets(up)

    extend_universe(home, [NEW])

    wait_for(lambda: "the universe has changed: the definitions were read anew" in up.said())
    assert "binance/spot/sol_usdt/order_book" in assets(up)


def test_reload_given_no_such_location_or_no_server_says_why(up: RunningUp) -> None:
    assert "nobody" in (reload_location(up.url, "nobody") or "")
    assert reload_location("http://127.0.0.1:9", LOCATION)
