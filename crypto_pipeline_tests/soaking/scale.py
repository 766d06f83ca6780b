"""Fifty symbols of four exchanges for four processes at once, at the exchanges' own pace.

What belongs here: the load at full size, what the simulator counted, and how much of what is
permitted was used. What does not: the load (`history/at_scale.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crypto_pipeline_tests.history.at_scale import (
    BARS,
    EXCHANGES,
    Done,
    load_at_once,
    only_rest,
    symbols_of,
)
from crypto_pipeline_tests.simulated import simulator

SYMBOLS = 50
WAIT = 1800.0
"""Seconds that all of it may take."""

PERMITTED: Mapping[str, tuple[str, str, float]] = {
    "binance": ("api.binance.com", "weights", 6000 / 60),
    "okx": ("www.okx.com", "/api/v5/market/history-candles", 20 / 2),
    "bybit": ("api.bybit.com", "requests", 600 / 5),
    "coinbase": ("api.coinbase.com", "requests", 10 / 1),
}
"""By exchange: a host, what is limited there (a count of the simulator, or a path), how much of it
in a second."""


def load_at_scale(folder: Path) -> list[str]:
    """Load all, print what share of the limits was used; what did not hold, in words."""
    with simulator(seed=7) as market:
        only_rest(market)
        begun = time.monotonic()
        symbols = {str(exchange): symbols_of(exchange, SYMBOLS) for exchange in EXCHANGES}
        done = load_at_once(market.url, folder, symbols, wait=WAIT)
        print(f"{SYMBOLS} symbols of each exchange in {time.monotonic() - begun:.0f} s")
        counters = market.counters()
        _print_shares(counters, done)
        return [*_violations(counters), *_incomplete(done)]


def _print_shares(counters: Mapping[str, Any], done: Sequence[Done]) -> None:
    for exchange, (host, counted, permitted) in PERMITTED.items():
        seconds = max(one.seconds[exchange] for one in done)
        counts = counters[host]
        used = counts[counted] if counted in counts else counts["paths"].get(counted, 0)
        share = used / (permitted * seconds)
        print(f"{exchange}: {share:.0%} of {permitted:g} {counted} a second for {seconds:.0f} s")


def _violations(counters: Mapping[str, Any]) -> list[str]:
    return [
        f"{host} counted {counts['violations']} violations of its limits"
        for host, counts in counters.items()
        if counts["violations"]
    ]


def _incomplete(done: Sequence[Done]) -> list[str]:
    told = [series for one in done for series in one.series]
    rows = sum(series.present for series in told)
    print(
        f"{len(told)} series, {rows:,} rows, {sum(series.explained for series in told):,} explained"
    )
    short = [
        f"{series.series}: {series.present} of {series.expected} rows; {series.error}"
        for series in told
        if series.error or series.present + series.explained != series.expected
    ]
    bars = [series for series in told if series.kind == "klines"]
    if len(bars) != SYMBOLS * len(EXCHANGES) or {series.expected for series in bars} != {BARS}:
        short.append(f"{len(bars)} series of bars, not {SYMBOLS} of {BARS} bars of each exchange")
    return short
