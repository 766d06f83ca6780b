"""Order-book snapshots of simulated exchanges: whole, checked, each symbol on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.clock import RemoteClock
from crypto_pipeline.domain.instruments import Instrument, parse_symbol
from crypto_pipeline.errors import LoadError
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.instruments import discover
from crypto_pipeline.history.order_books import (
    Snapshots,
    land_snapshots,
    raise_failed,
    take_snapshots,
)
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.writing import Written
from crypto_pipeline.settings import load_settings
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline_tests.history.listings import NOW
from crypto_pipeline_tests.lake.rows import rows
from crypto_pipeline_tests.simulated import SimulatorProcess

SYMBOLS = {
    "binance": ["BTC/USDT", "ETH/USDT", "BTC/USDT:USDT"],
    "okx": ["BTC/USDT", "BTC/USDT:USDT"],
    "bybit": ["BTC/USDT", "BTC/USDT:USDT"],
    "coinbase": ["BTC/USD", "ETH/USD"],
}


def instruments(name: str, symbols: Sequence[str]) -> list[Instrument]:
    return [parse_symbol(name, symbol) for symbol in symbols]


def taken(market: SimulatorProcess, home: Path, name: str, symbols: Sequence[str]) -> Snapshots:
    """One round of snapshots."""
    settings = load_settings(home=home, simulator_url=market.url)
    quick, limits = Patience(wait_initial=0.01, wait_max=0.05), home / "limits"
    limits.mkdir(parents=True, exist_ok=True)

    async def take() -> Snapshots:
        venue = find_sources(settings).venue(name)
        async with Exchange(venue, patience=quick, limits_folder=limits) as asked:
            venue.listings.update((await discover(asked)).listings)
            return await take_snapshots(asked, instruments(name, symbols), RemoteClock(market.url))

    return asyncio.run(take())


@pytest.mark.parametrize("name", sorted(SYMBOLS))
def test_take_given_each_exchange_gives_possible_books_near_each_other(
    synthetic: SimulatorProcess, home: Path, name: str
) -> None:
    found = taken(synthetic, home, name, SYMBOLS[name])

    assert found.failures == {}
    assert {s.instrument for s in found.taken} == set(instruments(name, SYMBOLS[name]))
    for snapshot in found.taken:
        bids, asks = snapshot.book["bids"], snapshot.book["asks"]
        assert len(bids) >= 20
        assert len(asks) >= 20
        assert 0 < asks[0]["price"] - bids[0]["price"] < 0.01 * bids[0]["price"]
        assert snapshot.received == NOW
        assert abs((snapshot.book["ts_event"] or NOW) - NOW) < timedelta(hours=1)


def test_take_given_one_symbol_that_fails_takes_the_others_and_names_it(
    synthetic: SimulatorProcess, home: Path
) -> None:
    found = taken(synthetic, home, "binance", ["BTC/USDT", "ETH/USDT", "BCT/USDT"])

    assert [s.instrument.symbol for s in found.taken] == ["BTC/USDT", "ETH/USDT"]
    with pytest.raises(LoadError, match=r"1 of 3 order books failed; 2 landed:\nbinance BCT/USDT"):
        raise_failed(found)


class Mixed(Binance):
    """Binance, as one would read it who takes the asks of ETH for its bids."""

    def decode_book(self, where: str, instrument: Instrument, body: bytes) -> pa.Table:
        """The book, the sides of ETH's swapped."""
        book = super().decode_book(where, instrument, body)
        names = {"bids": "asks", "asks": "bids"} if instrument.base == "ETH" else {}
        return book.rename_columns([names.get(name, name) for name in book.column_names])


def test_take_given_an_impossible_book_refuses_it_alone(
    synthetic: SimulatorProcess, home: Path
) -> None:
    endpoints = find_sources(load_settings(simulator_url=synthetic.url)).endpoints["binance"]

    async def take() -> Snapshots:
        async with Exchange(Mixed(endpoints), limits_folder=home) as asked:
            books = instruments("binance", ["BTC/USDT", "ETH/USDT"])
            return await take_snapshots(asked, books, RemoteClock(synthetic.url))

    home.mkdir()
    found = asyncio.run(take())

    assert [s.instrument.base for s in found.taken] == ["BTC"]
    assert list(found.failures) == instruments("binance", ["ETH/USDT"])
    assert "expected bids ordered from the best price on" in "".join(found.failures.values())


def test_land_given_snapshots_keeps_each_once(synthetic: SimulatorProcess, lake: Path) -> None:
    found = taken(synthetic, lake, "binance", SYMBOLS["binance"])

    with writing(lake, Catalog.MARKET) as session:
        first = land_snapshots(session, found.taken, NOW)
        again = land_snapshots(session, found.taken, NOW)

    assert (first, again) == (Written(inserted=3), Written(unchanged=3))
    kept = rows(
        lake,
        "SELECT entity_id, ts_received, len(bids), bids[1].price < asks[1].price, source "
        "FROM market.order_book_snapshots ORDER BY entity_id",
    )
    levels = {s.instrument.entity_id: len(s.book["bids"]) for s in found.taken}
    assert kept == [(id_, NOW, levels[id_], True, "rest") for id_ in sorted(levels)]
