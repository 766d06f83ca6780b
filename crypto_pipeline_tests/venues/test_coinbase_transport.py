"""Coinbase asked as a load asks it: its refusals named, its limits kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import SourceError, SymbolRefusedError
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.coinbase import KLINES, Coinbase
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, endpoints_at
from crypto_pipeline_tests.venues.coinbase_answers import BARS, COINBASE, TRADES

HURRY = 10
"""How fast the simulator's limits go by; ours are told."""
MINUTE = NOW.replace(second=0)
UNKNOWN = parse_symbol("coinbase", "NO/SUCH")


def hour_of(series: Series, bars: int = 60) -> Request:
    return COINBASE.klines_request(KLINES, series, Span(MINUTE - timedelta(minutes=bars), MINUTE))


def ask(market: SimulatorProcess, folder: Path, *requests: Request) -> list[bytes]:
    """The answers to requests that are made together."""

    async def together() -> list[bytes]:
        venue = Coinbase(endpoints_at(market, "coinbase"))
        async with Exchange(venue, limits_folder=folder) as exchange:
            answers = await asyncio.gather(*(exchange.get(request) for request in requests))
        return [answer.body for answer in answers]

    return asyncio.run(together())


@pytest.mark.parametrize(
    "request_",
    [
        hour_of(Series(UNKNOWN, Interval.M1)),
        COINBASE.trades_request(Series(UNKNOWN, kind=Kind.TRADES), TradeCursor()),
        COINBASE.book_request(UNKNOWN),
    ],
    ids=["klines", "trades", "book"],
)
def test_exchange_given_an_unknown_product_says_that_the_symbol_is_refused(
    market: SimulatorProcess, tmp_path: Path, request_: Request
) -> None:
    with pytest.raises(SymbolRefusedError, match="HTTP 404"):
        ask(market, tmp_path, request_)


def test_exchange_given_too_many_bars_says_what_the_exchange_said(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=r"HTTP 400: .* less than 350"):
        ask(market, tmp_path, hour_of(BARS, 351))


def test_exchange_given_a_burst_breaks_no_limit_of_either_interface(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    market.set_rules(limits=True, hurry=HURRY)
    before = violations(market)
    both = [
        COINBASE.time_request(InstrumentType.SPOT),
        COINBASE.trades_request(TRADES, TradeCursor(9)),
    ]

    answers = ask(market, tmp_path, *both * 40)

    assert violations(market) == before
    assert len(answers) == 80


def violations(market: SimulatorProcess) -> int:
    hosts = ("api.coinbase.com", "api.exchange.coinbase.com")
    return sum(market.counters()[host]["violations"] for host in hosts)
