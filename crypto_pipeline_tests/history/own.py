"""A person's files for tests: made, read and landed as the command does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.history.own.importing import Stated, checked, land_file, own_rows
from crypto_pipeline.history.own.landing import OwnWritten
from crypto_pipeline.history.raw.zone import RawZone
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.session import WriteSession, writing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FREQTRADE = Stated(preset="freqtrade")
MINUTE_US = 60_000_000
START_US = 1_577_836_800_000_000
"""2020-01-01 in µs."""


def series(
    symbol: str = "BTC/USDT",
    interval: Interval | None = Interval.M1,
    kind: Kind = Kind.KLINES,
    exchange: str = "binance",
) -> Series:
    return Series(parse_symbol(exchange, symbol), interval, kind)


def trades_of(symbol: str, kind: Kind = Kind.TRADES, exchange: str = "binance") -> Series:
    return series(symbol, None, kind, exchange)


def bars(minutes: Sequence[int], **columns: Sequence[float | str | None]) -> dict[str, Any]:
    """Bars in our columns at these minutes of 2020; each minute's prices are its own."""
    times = pa.array([START_US + m * MINUTE_US for m in minutes]).cast(pa.timestamp("us", "UTC"))
    price = [100.0 + m for m in minutes]
    ohlc = {"open": price, "high": [p + 1 for p in price], "low": [p - 1 for p in price]}
    volume = {"volume_base": [1.0 + m for m in minutes]}
    return {"open_time": times, **ohlc, "close": price, **volume, **columns}


def trades(numbers: Iterable[int], shift_us: int = 0) -> dict[str, Any]:
    """Trades eleven minutes apart, two of three in one instant."""
    given = list(numbers)
    stamps = [START_US + shift_us + (n - n % 3 // 2) * 11 * MINUTE_US for n in given]
    return {
        "trade_id": [str(10 + n) for n in given],
        "ts_event": pa.array(stamps).cast(pa.timestamp("us", "UTC")),
        "price": [1.0 + n for n in given],
        "amount": [0.1 for _ in given],
        "side": [("buy", "sell")[n % 2] for n in given],
    }


def settlements(numbers: Iterable[int]) -> dict[str, Any]:
    """Settlements every eight hours, every four from the tenth on."""
    given = list(numbers)
    hours = [8 * n if n < 10 else 80 + 4 * (n - 10) for n in given]
    return {
        "funding_time": pa.array([START_US + h * 60 * MINUTE_US + 3000 for h in hours]).cast(
            pa.timestamp("us", "UTC")
        ),
        "rate": [n / 10_000 for n in given],
    }


def write(path: Path, columns: Mapping[str, Any]) -> Path:
    """The columns as a feather file."""
    feather.write_feather(pa.table(dict(columns)), str(path))
    return path


def land(
    home: Path,
    path: Path,
    what: Series | None = None,
    stated: Stated = Stated(),  # noqa: B008 it is frozen
    now: datetime = NOW,
) -> OwnWritten:
    """Import one file, as the command does."""
    with writing(home, Catalog.MARKET) as session:
        return land_in(session, path, what or series(), stated, now)


def land_in(
    session: WriteSession,
    path: Path,
    what: Series,
    stated: Stated = Stated(),  # noqa: B008 it is frozen
    now: datetime = NOW,
) -> OwnWritten:
    """Import one file through a session that is open."""
    with checked(own_rows(path, what, stated), session.home, now) as file:
        return land_file(file, session, RawZone(session.home), stated, now)


def ask(home: Path, statement: str) -> list[tuple[Any, ...]]:
    """The rows of an answer of the lake."""
    with connect_read_only(home) as lake:
        return lake.execute(statement).fetchall()


def rows_of(home: Path, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, without what says when they came."""
    return ask(home, f"SELECT * EXCLUDE (loaded_at) FROM market.{table} ORDER BY ALL")  # noqa: S608 a name in a test
