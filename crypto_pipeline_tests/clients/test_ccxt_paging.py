"""Paging with ccxt over a week with a halt: each bar exactly once, and none besides."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crypto_pipeline.simulator.market.calendar import HALTS
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE
from crypto_pipeline_tests.clients.ccxt_markets import MARKETS, Call, Market
from crypto_pipeline_tests.clients.expected import Expected
from crypto_pipeline_tests.clients.scripts import run_script
from crypto_pipeline_tests.clients.steering import stand_at
from crypto_pipeline_tests.simulated import SimulatorProcess

pytestmark = pytest.mark.timeout(900)

PAGE = {"binance": 1000, "okx": 300, "bybit": 1000, "coinbase": 300}
PAGED = [market for market in MARKETS if market.name not in ("okx-spot", "bybit-spot")]


def paged(venue: SimulatorProcess, market: Market, name: str, start: int, end: int) -> Any:
    """The bars of [start, end) ms, as one process of ccxt pages them."""
    stand_at(venue, int(time.time()) * 1_000_000)
    call: Call = ("page_ohlcv", [market.symbol, name, start, end, PAGE[market.venue]], {})
    asked = {"endpoints": dict(venue.endpoints), "exchange": market.exchange}
    argument = {**asked, "config": {}, "calls": [call]}
    (outcome,) = run_script("ccxt", "rest", argument, timeout=120.0)
    assert "value" in outcome, outcome
    return [(row[0], tuple(row[1:])) for row in outcome["value"]]


@pytest.mark.parametrize("market", PAGED, ids=lambda market: market.name)
def test_paging_given_a_week_with_a_halt_gives_each_bar_once(
    venue: SimulatorProcess, market: Market
) -> None:
    (halt,) = HALTS[market.venue]
    start = halt[0] // DAY * DAY - 3 * DAY
    end, now = start + 7 * DAY, int(time.time()) * 1_000_000
    expected = market.expected().bars("1m", start, end, now)

    rows = paged(venue, market, "1m", start, end)

    assert rows == list(expected.items())
    halted = {opening for opening, _ in rows if halt[0] <= opening < halt[1]}
    assert len(halted) == ((halt[1] - halt[0]) // MINUTE if market.venue == "okx" else 0)


def test_paging_given_minutes_without_a_trade_gives_none_of_them_on_coinbase(
    venue: SimulatorProcess,
) -> None:
    host = "api.exchange.coinbase.com"
    market = Market("coinbaseexchange", "ANKR/USD", "coinbase", "ANKR-USD", host)
    start = 1_709_251_200_000
    expected = Expected("coinbase", "ANKR-USD").bars("1m", start, start + DAY, start * 2000)

    rows = paged(venue, market, "1m", start, start + DAY)

    assert rows == list(expected.items())
    assert 0 < len(rows) < DAY // MINUTE
