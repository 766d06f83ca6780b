"""A load of 1m bars over REST into a fresh home, and ccxt's plain loop, each a process of its own.

What belongs here: the contestants as programs that print what they took. What does not: rounds and
goals (`rest.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from crypto_pipeline.clock import clock_from
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval, day_start
from crypto_pipeline.domain.series import Series
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.reports import raise_failed
from crypto_pipeline.lake.session import prepare_lake
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json

COINS = ["BTC", "ETH", "SOL", "XRP", "BNB", "ADA", "DOGE", "TRX", "LINK", "AVAX"]
COINS += ["LTC", "BCH", "DOT", "UNI", "NEAR", "ATOM", "FIL", "ETC", "XLM", "ALGO"]
PAGE = 1000


def load_in_process(exchange: str, home: Path, *, symbols: int, days: int) -> Run:
    """Load so many of COINS over so many days with crypto_pipeline.

    Raises:
        RuntimeError: the load failed.
    """
    return _in_process("load", exchange, home, symbols, days)


def ccxt_in_process(exchange: str, *, symbols: int, days: int) -> Run:
    """Page through the same with ccxt's `fetch_ohlcv`; nothing is stored."""
    return _in_process("ccxt", exchange, Path(), symbols, days)


def _in_process(name: str, exchange: str, home: Path, symbols: int, days: int) -> Run:
    command = [sys.executable, "-m", __name__, name, exchange, str(home), str(symbols), str(days)]
    return run_for_json(command, env={"CRYPTO_CONFIG": ""})


def main() -> None:
    """Run the contestant that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=("load", "ccxt"))
    parser.add_argument("exchange")
    parser.add_argument("home", type=Path)
    parser.add_argument("symbols", type=int)
    parser.add_argument("days", type=int)
    options = parser.parse_args()
    settings = load_settings(
        home=str(options.home),
        simulator_url=options.exchange,
        venues={"binance": {"archive_url": None}},
    )
    end = day_start(clock_from(settings).now().date())
    span = Span(end - timedelta(days=options.days), end)
    contestant = _load if options.name == "load" else _ccxt
    if options.name == "load":
        # Its time begins when it is ready to ask, as the other's.
        prepare_lake(settings.home)
    print(json.dumps(asdict(_timed(contestant, settings, COINS[: options.symbols], span))))


def _timed(
    contestant: Callable[[Settings, list[str], Span], int],
    settings: Settings,
    coins: list[str],
    span: Span,
) -> Run:
    start, cpu_start = time.perf_counter(), time.process_time()
    bars = contestant(settings, coins, span)
    return Run(
        bars=bars,
        seconds=time.perf_counter() - start,
        cpu_seconds=time.process_time() - cpu_start,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _load(settings: Settings, coins: list[str], span: Span) -> int:
    serieses = [Series(parse_symbol("binance", f"{coin}/USDT"), Interval.M1) for coin in coins]
    venue = find_sources(settings).venue("binance")
    reports = list(Load(settings.home, venue, serieses, span, now=span.end).reports())
    raise_failed(reports)
    return sum(report.written.inserted for report in reports)


def _ccxt(settings: Settings, coins: list[str], span: Span) -> int:
    return asyncio.run(
        _paged(find_sources(settings).venue("binance").endpoints.rest["spot"][0], coins, span)
    )


async def _paged(base: str, coins: list[str], span: Span) -> int:
    import ccxt.async_support as ccxt

    client: Any = ccxt.binance(
        {"enableRateLimit": False, "options": {"fetchMarkets": {"types": ["spot"]}}}
    )
    client.urls["api"]["public"] = f"{base}/api/v3"
    bars = 0
    try:
        await client.load_markets()
        for coin in coins:
            cursor, end = _milliseconds(span.start), _milliseconds(span.end)
            while cursor < end:
                page = await client.fetch_ohlcv(f"{coin}/USDT", "1m", cursor, PAGE)
                if not page:
                    break
                bars += len(page)
                cursor = page[-1][0] + 60_000
    finally:
        await client.close()
    return bars


def _milliseconds(instant: Any) -> int:
    return int(instant.timestamp() * 1000)


if __name__ == "__main__":
    main()
