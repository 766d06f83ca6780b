"""Rows of every exchange made again from the raw zone: pages, contracts, lists, order books."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crypto_pipeline.clock import SystemClock
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.book_rounds import take_round
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.loads import Load
from crypto_pipeline.history.rebuild import check
from crypto_pipeline.settings import load_settings
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline_tests.history.loads import NOW, quick
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

END = NOW.replace(second=0)
TWO_HOURS, A_MINUTE, TWO_DAYS = timedelta(hours=2), timedelta(minutes=1), timedelta(days=2)
ASKED = {
    "binance": [("BTC/USDT", Kind.KLINES, TWO_HOURS), ("SOL/USDT", Kind.TRADES, A_MINUTE)],
    "bybit": [("BTC/USDT:USDT", Kind.KLINES, TWO_HOURS), ("BTC/USDT:USDT", Kind.FUNDING, TWO_DAYS)],
    "coinbase": [("BTC/USD", Kind.KLINES, TWO_HOURS), ("BTC/USD", Kind.TRADES, A_MINUTE)],
    "okx": [("BTC/USDT:USDT", Kind.KLINES, TWO_HOURS), ("SOL/USDT:USDT", Kind.TRADES, A_MINUTE)],
}
"""A few rows of each exchange; OKX counts contracts, so it needs its list of instruments."""


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(seed=7) as running:
        running.set_clock(NOW.isoformat())
        yield running


@pytest.fixture
def mine(fresh_lake: Path, home: Path) -> Path:
    shutil.copytree(fresh_lake, home)
    return home


@pytest.mark.parametrize("exchange", ASKED)
def test_check_given_rows_of_an_exchange_makes_each_of_them_again(
    market: SimulatorProcess, mine: Path, exchange: str
) -> None:
    settings = load_settings(home=str(mine), simulator_url=market.url)
    sources = find_sources(settings)
    for symbol, kind, length in ASKED[exchange]:
        interval = Interval.M1 if kind is Kind.KLINES else None
        series = Series(parse_symbol(exchange, symbol), interval, kind)
        span = Span(END - length, END)
        load = Load(mine, sources.venue(exchange), [series], span, now=NOW, patience=quick())
        (report,) = load.reports()
        assert (report.error, report.present > 0) == (None, True)

    async def take_books() -> int:
        async with Exchange(sources.venue(exchange), patience=quick()) as asked:
            instrument = parse_symbol(exchange, ASKED[exchange][0][0])
            return len((await take_round(settings, asked, [instrument], SystemClock())).taken)

    assert asyncio.run(take_books()) == 1

    compared = check(mine)

    assert (compared.lost, compared.differences) == ([], [])
    assert compared.rows > 2
