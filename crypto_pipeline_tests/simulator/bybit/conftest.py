"""What the tests of Bybit share: the market behind it, and how an answer is read."""

from __future__ import annotations

from typing import Any

import pytest

from crypto_pipeline.simulator.bybit.categories import CATEGORIES, Category, ever_listed
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline_tests.simulated import SimulatorProcess

NOW_MS = 1_739_190_870_000
"""2025-02-10T12:34:30Z, where `synthetic` stands."""
API, ARCHIVE = "api.bybit.com", "public.bybit.com"


@pytest.fixture(scope="session")
def market() -> SyntheticMarket:
    """The market of seed 7, as the simulators of these tests have it."""
    return SyntheticMarket(7)


def listed(market: SyntheticMarket, category: Category, symbol: str) -> Listing:
    """A listing by Bybit's names."""
    found = ever_listed(market, category, symbol, NOW_MS)
    assert found is not None
    return found


def ask_bybit(running: SimulatorProcess, path: str, **query: object) -> Any:
    """The whole envelope of an answer of /v5."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return running.get(API, f"/v5/{path}?{text}").json()


def result(running: SimulatorProcess, path: str, **query: object) -> Any:
    """The `result` of an answer that is no error."""
    envelope = ask_bybit(running, path, **query)
    assert envelope["retCode"] == 0, envelope
    return envelope["result"]


def category(name: str) -> Category:
    """By name."""
    return CATEGORIES[name]
