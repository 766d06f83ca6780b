"""ccxt without its pace: each exchange refuses as it does, and ccxt sees a rate limit in it."""

from __future__ import annotations

from typing import Any

import pytest

from crypto_pipeline_tests.clients.ccxt_markets import Call
from crypto_pipeline_tests.clients.expected import SEED
from crypto_pipeline_tests.clients.scripts import run_script
from crypto_pipeline_tests.simulated import simulator

pytestmark = pytest.mark.timeout(900)

DEPTH = [{"symbol": "BTCUSDT", "limit": 5000}]
TRADE = [{"symbol": "BTCUSDT", "limit": 1}]
TOO_MANY: dict[str, tuple[tuple[str, list[Any]], int, str, str]] = {
    "binance": (("publicGetDepth", DEPTH), 30, "DDoSProtection", "-1003"),
    "binanceusdm": (("fapiPublicGetAggTrades", TRADE), 125, "DDoSProtection", "-1003"),
    "okx": (("fetch_time", []), 30, "RateLimitExceeded", "50011"),
    "bybit": (("fetch_time", []), 640, "RateLimitExceeded", "10006"),
    "coinbase": (("fetch_order_book", ["BTC/USD"]), 40, "RateLimitExceeded", "429"),
    "coinbaseexchange": (("fetch_time", []), 40, "RateLimitExceeded", "429"),
}
"""A call, how often it is made at once, the error that ccxt raises, and a word of its text."""


@pytest.mark.parametrize("exchange", TOO_MANY)
def test_limit_given_no_pace_is_refused_as_the_venue_does(exchange: str) -> None:
    (name, arguments), times, error, word = TOO_MANY[exchange]
    with simulator(seed=SEED) as running:
        asked = {"endpoints": dict(running.endpoints), "exchange": exchange}
        calls: list[Call] = [(name, arguments, {})] * times
        config = {"enableRateLimit": False}
        outcomes = run_script("ccxt", "rest", {**asked, "config": config, "calls": calls})

    first = next(outcome for outcome in outcomes if "error" in outcome)
    assert first["error"] == error
    assert word in first["message"]
    assert "value" in outcomes[0]
