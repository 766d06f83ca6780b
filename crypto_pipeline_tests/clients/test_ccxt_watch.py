"""ccxt.pro, unchanged, on every exchange: its trades, bars and books are the market's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crypto_pipeline_tests.clients.ccxt_markets import MARKETS, Market
from crypto_pipeline_tests.clients.comparisons import (
    assert_bars,
    assert_bars_of_trades,
    assert_book,
    assert_trades,
)
from crypto_pipeline_tests.clients.scripts import RunningScript, running_script
from crypto_pipeline_tests.clients.steering import (
    BEFORE,
    MINUTE_US,
    START,
    begin,
    run_until,
    stand_at,
)
from crypto_pipeline_tests.simulated import SimulatorProcess

pytestmark = pytest.mark.timeout(900)

CHECKPOINTS = 3
DEPTH = {"bybit": 50, "okx": 100}
"""Levels to compare; 100 where ccxt is sent more than 50."""


def watched(market: Market) -> list[tuple[str, list[str]]]:
    """What ccxt can watch of a market."""
    calls: list[tuple[str, list[str]]] = [("watch_trades", [])]
    if market.exchange != "coinbaseexchange":
        calls.append(("watch_order_book", []))
    if market.venue != "coinbase":
        calls.append(("watch_ohlcv", ["1m"]))
    return calls


@contextmanager
def watching(
    venue: SimulatorProcess, market: Market, calls: list[tuple[str, list[str]]], folder: Path
) -> Iterator[RunningScript]:
    """ccxt.pro at work in its own process, the clock standing at START before."""
    stand_at(venue, START)
    asked = {"endpoints": dict(venue.endpoints), "exchange": market.exchange}
    argument = {**asked, "config": {}, "symbol": market.symbol, "watch": calls}
    with running_script("ccxt", "watch", argument, folder) as script:
        yield script


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.name)
def test_watching_given_minutes_of_market_keeps_what_the_market_did(
    venue: SimulatorProcess, market: Market, tmp_path: Path
) -> None:
    expected, calls = market.expected(), watched(market)
    with watching(venue, market, calls, tmp_path) as script:
        minute = begin(venue, script, tuple(method for method, _ in calls))
        for part in range(1, CHECKPOINTS + 1):
            now = run_until(venue, minute + part * (MINUTE_US + MINUTE_US // 30) // CHECKPOINTS)
            if ("watch_order_book", []) in calls:
                assert_book(script, expected, now, DEPTH.get(market.venue, 100))
        trades = expected.trades(START - BEFORE, now, merged=market.venue == "okx")
        assert_trades(script, trades, now, maker_side=market.maker_side)

        start = minute // 1000
        bars = expected.bars("1m", start, start + 1, now)
        assert_bars_of_trades(script, expected.as_traded(bars))
        if ("watch_ohlcv", ["1m"]) in calls:
            assert_bars(script, bars)
        assert script.ask("errors") == []


@pytest.mark.parametrize("exchange", ["coinbase", "coinbaseexchange"])
def test_watch_ohlcv_given_coinbase_is_not_supported(
    venue: SimulatorProcess, exchange: str, tmp_path: Path
) -> None:
    (market,) = (market for market in MARKETS if market.exchange == exchange)
    with watching(venue, market, [("watch_ohlcv", ["1m"])], tmp_path) as script:
        errors = script.until("errors", bool)

    assert errors[0].startswith("NotSupported")


def test_watch_order_book_given_coinbase_exchange_without_a_key_asks_for_one(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    with watching(venue, MARKETS[-1], [("watch_order_book", [])], tmp_path) as script:
        errors = script.until("errors", bool)

    assert errors[0].startswith("AuthenticationError")
