"""Four processes load four exchanges at once, under every documented limit: none is broken.

Fifty symbols of each exchange, three days of each, on clocks of limits that go twice as fast as
real ones. `make soak` loads them at the exchanges' own pace.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline_tests.history.at_scale import (
    BARS,
    DAYS,
    EXCHANGES,
    load_at_once,
    only_rest,
    symbols_of,
)
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

SYMBOLS, HURRY = 50, 2.0
WAIT = 480.0
REST = (
    "api.binance.com",
    "fapi.binance.com",
    "www.okx.com",
    "api.bybit.com",
    "api.coinbase.com",
)


@pytest.fixture
def market() -> Iterator[SimulatorProcess]:
    """A synthetic market with its documented limits on and no archive."""
    with simulator(seed=7, hurry=HURRY) as running:
        only_rest(running)
        yield running


def test_load_given_four_processes_at_once_breaks_no_limit_and_is_whole(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    symbols = {str(exchange): symbols_of(exchange, SYMBOLS) for exchange in EXCHANGES}

    done = load_at_once(market.url, tmp_path, symbols, wait=WAIT)

    counters = market.counters()
    assert {host: counts["violations"] for host, counts in counters.items()} == dict.fromkeys(
        counters, 0
    )
    assert all(counters[host]["requests"] > SYMBOLS for host in REST)
    told = [series for one in done for series in one.series]
    assert [series for series in told if series.error] == []
    bars = [series for series in told if series.kind == "klines"]
    assert {series.expected for series in bars} == {BARS}
    assert len(bars) == len(EXCHANGES) * SYMBOLS
    assert [series for series in told if series.present + series.explained != series.expected] == []
    funding = [series for series in told if series.kind == "funding"]
    assert len(funding) == (len(EXCHANGES) - 1) * SYMBOLS // 2
    assert min(series.present for series in funding) >= 3 * DAYS
