"""ccxt, unchanged, against the simulator: it judges whether the protocol is right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess

START = 1_677_628_800_000


def pointed_at(node: Any, running: SimulatorProcess) -> Any:
    """The URLs of ccxt with the simulated hosts in place of the production ones."""
    if isinstance(node, dict):
        return {name: pointed_at(value, running) for name, value in node.items()}
    parts = urlsplit(node)
    return running.endpoints.get(parts.netloc, "http://127.0.0.1:9") + parts.path


@pytest.fixture(params=["binance", "binanceusdm"])
def exchange(request: pytest.FixtureRequest, synthetic: SimulatorProcess) -> Any:
    made = getattr(ccxt, request.param)({"enableRateLimit": False})
    made.urls["api"] = pointed_at(made.urls["api"], synthetic)
    made.options["fetchMarkets"] = {"types": ["spot" if request.param == "binance" else "linear"]}
    yield made
    made.session.close()


def symbol_of(exchange: Any) -> str:
    return "BTC/USDT" if exchange.id == "binance" else "BTC/USDT:USDT"


def test_load_markets_given_exchange_info_knows_tick_and_lot(exchange: Any) -> None:
    markets = exchange.load_markets()
    market = markets[symbol_of(exchange)]

    spot = exchange.id == "binance"
    assert len(markets) == (60 if spot else 31)
    assert market["active"]
    assert market["precision"]["price"] == (0.01 if spot else 0.1)
    assert market["precision"]["amount"] == (0.00001 if spot else 0.001)
    assert market["created"] == (None if spot else 1_483_228_800_000)


def test_fetch_ohlcv_given_since_and_limit_returns_them(exchange: Any) -> None:
    rows = exchange.fetch_ohlcv(symbol_of(exchange), "1h", since=START, limit=3)

    assert [row[0] for row in rows] == [START, START + 3_600_000, START + 7_200_000]
    assert all(row[3] <= row[1] <= row[2] and row[5] > 0 for row in rows)


def test_implicit_klines_given_a_window_keep_every_field(exchange: Any) -> None:
    spot = exchange.id == "binance"
    ask = exchange.publicGetKlines if spot else exchange.fapiPublicGetKlines
    rows = ask({"symbol": "BTCUSDT", "interval": "1d", "startTime": START, "limit": 2})

    assert [len(row) for row in rows] == [12, 12]


def test_fetch_time_given_a_standing_clock_is_its_time(exchange: Any) -> None:
    assert exchange.fetch_time() == 1_739_190_870_000


def test_error_given_an_unknown_symbol_is_bad_symbol(exchange: Any) -> None:
    ask = exchange.publicGetKlines if exchange.id == "binance" else exchange.fapiPublicGetKlines

    with pytest.raises(ccxt.BadSymbol):
        ask({"symbol": "NONEUSDT", "interval": "1d"})


def test_error_given_a_429_is_a_rate_limit(exchange: Any, synthetic: SimulatorProcess) -> None:
    exchange.load_markets()
    synthetic.post_faults([{"kind": "429", "retry_after": 7}])

    with pytest.raises(ccxt.DDoSProtection, match="-1003"):
        exchange.fetch_time()
    assert exchange.last_response_headers["Retry-After"] == "7"
