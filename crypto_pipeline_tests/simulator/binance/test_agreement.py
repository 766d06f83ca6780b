"""Hypothesis looks for an instant at which REST, websocket and archive tell different bars."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.binance.dialects import PERP, SPOT, Dialect, timeframe
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.timeframes import DAY, ONE_MONTH
from crypto_pipeline_tests.simulator.binance.market_of import (
    API,
    ARCHIVE,
    FAPI,
    feeds,
    market,
    world,
)

FIRST, LAST = 1_485_907_200_000, 1_790_000_000_000
"""2017-02-01 and 2026-09, ms."""
LATE = 1_795_000_000_000_000
"""2026-11-18, µs: all files of those years are there."""
LENGTHS = ("1m", "5m", "1h", "1d")
LISTINGS = [
    (dialect, listing)
    for dialect in (SPOT, PERP)
    for listing in market().listings("binance", dialect.instrument_type)
]

chosen = st.tuples(st.sampled_from(LISTINGS), st.integers(FIRST, LAST), st.sampled_from(LENGTHS))


def by_rest(dialect: Dialect, listing: Listing, interval: str, opening: int) -> Any:
    """The row that opens there, once it is closed."""
    host, root = (API, "/api/v3") if dialect is SPOT else (FAPI, "/fapi/v1")
    query = f"symbol={listing.symbol}&interval={interval}&startTime={opening}&limit=1"
    rows = world().json(host, f"{root}/klines?{query}", LATE)
    return rows[0] if rows and rows[0][0] == opening else None


def by_archive(dialect: Dialect, listing: Listing, interval: str, opening: int, period: str) -> Any:
    """The row of a file as REST writes it; times in ms."""
    market_folder = "spot" if dialect is SPOT else "futures/um"
    date = datetime.fromtimestamp(opening // 1000, UTC)
    text = date.strftime("%Y-%m-%d" if period == "daily" else "%Y-%m")
    name = f"{listing.symbol}-{interval}-{text}.zip"
    path = f"/data/{market_folder}/{period}/klines/{listing.symbol}/{interval}/{name}"
    body = world().ask(ARCHIVE, path, LATE).body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        lines = packed.read(packed.namelist()[0]).decode().splitlines()
    rows = [line.split(",") for line in lines if line[:1].isdigit()]
    per_ms = 1000 if rows and len(rows[0][0]) == 16 else 1
    found = next((row for row in rows if int(row[0]) == opening * per_ms), None)
    if found is None:
        return None
    opens, closes = (int(found[column]) // per_ms for column in (0, 6))
    return [opens, *found[1:6], closes, found[7], int(found[8]), *found[9:]]


def by_websocket(dialect: Dialect, listing: Listing, interval: str, end: int) -> Any:
    """The closed bar of the stream as REST writes it."""
    base = "" if dialect is SPOT else "/market"
    feed = feeds(dialect).feed(f"{listing.symbol.lower()}@kline_{interval}", base)
    assert feed is not None
    feed.opening(end * 1000 - 2_000_000)
    closed = [json.loads(frame.text)["k"] for frame in feed.until(end * 1000)]
    bar = next((bar for bar in closed if bar["x"]), None)
    return None if bar is None else [bar["t"], *(bar[key] for key in "ohlcvTqnVQB")]


def summed(dialect: Dialect, listing: Listing, start: int, end: int) -> Any:
    """Count, volume and quote volume of the trades of a stretch, told by REST's numbers."""
    trades = market().trades(listing, start * 1000, end * 1000)
    base = Decimal(int(trades.amount.sum())).scaleb(-listing.lot_decimals)
    quote = Decimal(int((trades.amount * trades.price).sum()))
    return len(trades), base, quote.scaleb(-listing.lot_decimals - listing.price_decimals)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(chosen)
def test_bars_given_any_instant_agree(
    asked: tuple[tuple[Dialect, Listing], int, str],
) -> None:
    (dialect, listing), at, interval = asked
    frame = timeframe(dialect, interval)
    assert frame is not None
    opening = frame.opening(at)
    end = frame.following(opening)
    rest = by_rest(dialect, listing, interval, opening)

    if rest is None:
        gone = not listing.trading(opening) and not listing.trading(end - 1)
        assert gone or market().halted(listing, opening)
        return
    if listing.trading(end):
        assert by_websocket(dialect, listing, interval, end) == rest
    assert by_archive(dialect, listing, interval, opening, "monthly") == rest
    restated = [each.open_time for each in market().restated(listing, opening, opening + 60_000)]
    if not (interval == "1m" and restated):
        assert by_archive(dialect, listing, interval, opening, "daily") == rest
    assert (rest[8], Decimal(rest[5]), Decimal(rest[7])) == summed(dialect, listing, opening, end)


def test_restated_minutes_given_the_list_differ_in_the_daily_file_alone() -> None:
    listing = next(each for dialect, each in LISTINGS if each.base == "LINK" and dialect is SPOT)
    month = ONE_MONTH.opening(1_740_000_000_000)
    restated = market().restated(listing, month, month + 28 * DAY)

    assert len(restated) == 1
    opening = restated[0].open_time
    rest = by_rest(SPOT, listing, "1m", opening)
    daily = by_archive(SPOT, listing, "1m", opening, "daily")
    assert by_archive(SPOT, listing, "1m", opening, "monthly") == rest
    assert daily[8] == rest[8] - 1
    assert daily[:2] == rest[:2]
