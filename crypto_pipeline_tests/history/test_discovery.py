"""Discovery against simulated exchanges: all pages and types, dates that pass, the universe."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.errors import SourceError, UsageError
from crypto_pipeline.history.discovery import Refreshed, refresh_instruments
from crypto_pipeline.history.endpoints import find_sources
from crypto_pipeline.history.instruments import Discovered, discover, known_listings
from crypto_pipeline.history.universe import read_members, read_universe
from crypto_pipeline.lake.catalogs import connect_read_only
from crypto_pipeline.settings import Settings, load_settings
from crypto_pipeline.simulator.market.coins import listings
from crypto_pipeline.simulator.market.listings import VENUES, Venue
from crypto_pipeline.transport.exchange import Answer, Exchange
from crypto_pipeline.transport.retrying import Patience
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline_tests.history.listings import NOW, land
from crypto_pipeline_tests.simulated import SimulatorProcess


def configured(market: SimulatorProcess, home: Path, **of_venue: Mapping[str, Any]) -> Settings:
    """Settings that point at a simulator."""
    return load_settings(home=home, simulator_url=market.url, venues=of_venue, intervals=["1m"])


def exchange(settings: Settings, name: str) -> Exchange:
    limits = settings.home / "limits"
    limits.mkdir(parents=True, exist_ok=True)
    quick = Patience(wait_initial=0.01, wait_max=0.05)
    return Exchange(find_sources(settings).venue(name), patience=quick, limits_folder=limits)


def discovered(settings: Settings, name: str) -> Discovered:
    """What an exchange lists."""

    async def ask() -> Discovered:
        async with exchange(settings, name) as asked:
            return await discover(asked)

    return asyncio.run(ask())


def refreshed(settings: Settings, name: str, now: datetime) -> Refreshed:
    """One look at an exchange."""

    async def look() -> Refreshed:
        async with exchange(settings, name) as asked:
            return await refresh_instruments(settings, asked, now)

    return asyncio.run(look())


def known(home: Path, name: str = "binance") -> dict[str, Listing]:
    with connect_read_only(home) as session:
        return known_listings(session, name)


@pytest.mark.parametrize("name", VENUES)
def test_discover_given_each_exchange_finds_all_that_trades_there(
    synthetic: SimulatorProcess, home: Path, name: Venue
) -> None:
    at = int(NOW.timestamp() * 1000)
    trading = {
        (kind.value, one.symbol)
        for kind in InstrumentType
        for one in listings(name, kind)
        if one.trading(at)
    }

    found = discovered(configured(synthetic, home), name)

    assert {
        (one.instrument.instrument_type.value, one.native_symbol)
        for one in found.listings.values()
        if one.status is Status.TRADING
    } == trading
    assert len(trading) >= 50
    assert not found.left_out
    assert all(one.instrument.exchange == name for one in found.listings.values())
    assert all(one.tick_size and one.lot_size for one in found.listings.values())
    assert found.volumes.keys() <= found.listings.keys()
    busiest = max(found.volumes, key=lambda id_: found.volumes[id_])
    assert found.listings[busiest].instrument.base == "BTC"


@pytest.mark.parametrize("name", VENUES)
def test_land_given_each_exchange_keeps_every_value_as_it_was_said(
    synthetic: SimulatorProcess, lake: Path, name: Venue
) -> None:
    found = discovered(configured(synthetic, lake), name)

    land(lake, found, NOW)

    assert known(lake, name) == found.listings
    # The same answer read once more is compared against what came back out of the tables.
    assert land(lake, found, NOW + timedelta(days=1)).unchanged == len(found.listings)


def test_discover_given_a_hook_tells_it_each_answer_as_it_came(
    synthetic: SimulatorProcess, home: Path
) -> None:
    told: list[tuple[str, bytes]] = []

    def on_page(request: Request, answer: Answer) -> None:
        told.append((request.path, answer.body[:1]))

    async def ask() -> None:
        async with exchange(configured(synthetic, home), "binance") as asked:
            await discover(asked, on_page)

    asyncio.run(ask())

    assert told == [
        ("/api/v3/exchangeInfo", b"{"),
        ("/api/v3/ticker/24hr", b"["),
        ("/fapi/v1/exchangeInfo", b"{"),
        ("/fapi/v1/ticker/24hr", b"["),
    ]


def test_discover_given_a_damaged_answer_writes_nothing(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    synthetic.post_faults(
        [{"host": "fapi.binance.com", "path": "exchangeInfo", "kind": "truncated_json"}]
    )

    with pytest.raises(SourceError):
        refreshed(configured(synthetic, lake), "binance", NOW)

    assert known(lake) == {}
    assert read_universe(lake) == []


def test_refresh_given_a_delisting_date_that_passes_closes_the_row(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    settings = configured(synthetic, lake, binance={"symbols": ["XMR/USDT", "BTC/USDT"]})
    before, after = (datetime(2024, 2, day, 12, tzinfo=UTC) for day in (19, 21))
    for now in (before, after):
        synthetic.set_clock(now.isoformat())
        found = refreshed(settings, "binance", now)

    xmr = known(lake)["cryptopair_binance_xmrusdt"]
    assert (xmr.status, xmr.delisted_at) == (Status.DELISTED, after)
    assert found.changes.delisted >= 1
    inactive = {m.series.instrument.symbol: m.inactive_since for m in found.members}
    assert inactive["XMR/USDT"] == after
    assert inactive["BTC/USDT"] is None


def test_refresh_given_a_listing_date_that_passes_opens_a_row(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    settings = configured(synthetic, lake)
    looks = []
    for now in (datetime(2025, 10, 8, tzinfo=UTC), datetime(2025, 10, 10, tzinfo=UTC)):
        synthetic.set_clock(now.isoformat())
        looks.append((refreshed(settings, "binance", now), known(lake)))

    name = "cryptopair_binance_币安人生usdt"
    before = looks[0][1].get(name)
    assert before is None or before.status is Status.PRE_LAUNCH
    assert looks[1][1][name].status is Status.TRADING
    assert looks[1][0].changes.new + looks[1][0].changes.changed >= 1


def test_refresh_given_the_same_moment_again_changes_nothing(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    settings = configured(synthetic, lake)
    first = refreshed(settings, "binance", NOW)

    again = refreshed(settings, "binance", NOW)

    assert first.changes.new == first.listed
    assert (again.changes.new, again.changes.changed, again.changes.delisted) == (0, 0, 0)
    assert again.members == first.members


def test_refresh_given_a_rule_enters_the_busiest_with_their_kinds(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    universe = {"instrument_types": ["spot", "perp"], "quote": ["USDT"], "top": 2}
    venue = {"symbols": [], "universe": universe, "kinds": ["klines", "funding"]}

    found = refreshed(configured(synthetic, lake, binance=venue), "binance", NOW)

    assert [str(member.series) for member in found.members] == [
        "binance BTC/USDT 1m",
        "binance BTC/USDT:USDT 1m",
        "binance BTC/USDT:USDT funding",
        "binance ETH/USDT 1m",
        "binance ETH/USDT:USDT 1m",
        "binance ETH/USDT:USDT funding",
    ]
    assert found.active == 6


def test_refresh_given_an_unknown_symbol_lands_instruments_and_keeps_the_universe(
    synthetic: SimulatorProcess, lake: Path
) -> None:
    settings = configured(synthetic, lake, binance={"symbols": ["BTC/USDT", "BCT/USDT"]})

    with pytest.raises(UsageError, match=r"binance does not list BCT/USDT .*BTC/USDT"):
        refreshed(settings, "binance", NOW)

    assert len(known(lake)) > 50
    assert read_members(lake) == []
