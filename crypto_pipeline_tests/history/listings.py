"""Series and listings for these tests, made by hand: what an exchange might say of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from crypto_pipeline.domain.instruments import Listing, Status, parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.instruments import Changes, Discovered, land_instruments
from crypto_pipeline.lake.catalogs import Catalog
from crypto_pipeline.lake.session import writing

NOW = datetime(2025, 2, 10, 12, 34, 30, tzinfo=UTC)
"""Where the clock of the shared simulator stands."""
T0, T1, T2 = (datetime(2025, 2, day, 0, 2, tzinfo=UTC) for day in (1, 2, 3))


def series(symbol: str, interval: str = "1h") -> Series:
    """Klines of Binance."""
    return Series(parse_symbol("binance", symbol), parse_interval(interval))


def book(symbol: str) -> Series:
    """Order books of Binance."""
    return Series(parse_symbol("binance", symbol), kind=Kind.ORDER_BOOK)


def listing(symbol: str, **said: Any) -> Listing:
    """A pair or perpetual of Binance that trades, in steps of a cent."""
    instrument = parse_symbol("binance", symbol)
    plain = Listing(
        instrument,
        f"{instrument.base}{instrument.quote}",
        Status.TRADING,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        listed_at=datetime(2019, 7, 1, tzinfo=UTC),
    )
    return replace(plain, **said)


def discovered(*listings: Listing, **volumes: float) -> Discovered:
    """An answer of Binance; volumes by native symbol of a pair."""
    by_id = {one.instrument.entity_id: one for one in listings}
    return Discovered(
        "binance",
        by_id,
        {f"cryptopair_binance_{name.lower()}": volume for name, volume in volumes.items()},
    )


def land(home: Path, found: Discovered, now: datetime) -> Changes:
    """Land an answer in a session of its own."""
    with writing(home, Catalog.MARKET) as session:
        return land_instruments(session, found, now)
