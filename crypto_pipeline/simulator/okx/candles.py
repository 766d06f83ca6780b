"""Candles as OKX writes them: names of bars, rows, pages.

What belongs here: one candle's text, and which candles a request asks for. What does not: the
bars themselves, and when a frame is due (`candle_feed.py`).
"""

from __future__ import annotations

from dataclasses import replace

from crypto_pipeline.simulator.market.bars import Bars, Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.texts import concatenated, trimmed_texts, whole_texts
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    HONG_KONG,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    WEEK,
    Timeframe,
)
from crypto_pipeline.simulator.okx.envelope import Query, limit_of, whole_number, wrong
from crypto_pipeline.simulator.okx.instruments import is_swap

RECENT_BARS = 1440
"""How many of the newest bars `market/candles` has."""
THREE_MONTHS = 90 * DAY
"""How far back trades, bars of a second and funding rates go, in ms; OKX says "3 months"."""

_SHORT = {
    "1s": SECOND, "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE,
    "30m": 30 * MINUTE, "1H": HOUR, "2H": 2 * HOUR, "4H": 4 * HOUR,
}  # fmt: skip
_LONG = {
    "6H": Timeframe(6 * HOUR), "12H": Timeframe(12 * HOUR), "1D": Timeframe(DAY),
    "2D": Timeframe(2 * DAY), "3D": Timeframe(3 * DAY), "1W": Timeframe(WEEK, anchor=MONDAY),
    "1M": Timeframe(0, months=1), "3M": Timeframe(0, months=3),
}  # fmt: skip


def _bars() -> dict[str, Timeframe]:
    short = {name: Timeframe(step) for name, step in _SHORT.items()}
    utc = {f"{name}utc": frame for name, frame in _LONG.items()}
    local = {name: replace(frame, anchor=frame.anchor + HONG_KONG) for name, frame in _LONG.items()}
    return {**short, **local, **utc}


BARS = _bars()
"""Bar lengths by OKX's names; from 6H on those without `utc` open on the grid of UTC+8.

Bars of two and three days are counted from 1970-01-01, which OKX does not document.
"""


def frame_of(query: Query) -> Timeframe:
    """The bar length that a request names, a minute if none."""
    frame = BARS.get(query.get("bar") or "1m")
    if frame is None:
        raise wrong("bar")
    return frame


def window_of(
    query: Query, frame: Timeframe, now_ms: int, *, recent: bool, most: int = 300
) -> Window | None:
    """The page that a request asks for, None where it is empty.

    `after` and `before` are exclusive. The rows nearest to `after`, or to now, are given.

    Args:
        query: the parameters.
        frame: length of the bars.
        now_ms: ms since the epoch.
        recent: whether the newest `RECENT_BARS` alone can be had.
        most: rows of a page.
    """
    after, before = whole_number(query, "after"), whole_number(query, "before")
    limit = limit_of(query, 100, most)
    last = now_ms if after is None else min(after - 1, now_ms)
    first = 0 if before is None else max(before + 1, 0)
    if recent:
        first = max(first, frame.before(frame.opening(now_ms), RECENT_BARS - 1))
    if 0 < frame.step < MINUTE:
        first = max(first, now_ms - THREE_MONTHS)
    return Window(first, last, limit, newest=True) if first <= last else None


def rows(listing: Listing, bars: Bars, _: Timeframe) -> list[bytes]:
    """Rows of nine texts, ascending, each with `confirm` 1.

    They are: open time (ms), open, high, low, close, volume (base coins, contracts of a swap),
    volume (quote coins, base coins of a swap), volume in quote coins, confirm.
    """
    if not len(bars):
        return []
    price, lot = listing.price_decimals, listing.lot_decimals
    columns = [whole_texts(bars.open_time)]
    columns += [trimmed_texts(each, price) for each in (bars.open, bars.high, bars.low, bars.close)]
    quote = trimmed_texts(bars.quote_volume, price + lot)
    columns.append(trimmed_texts(bars.volume, listing.contract_decimals))
    columns += [trimmed_texts(bars.volume, lot) if is_swap(listing) else quote, quote]
    parts: list[object] = ['["', columns[0]]
    for column in columns[1:]:
        parts += ['","', column]
    return [row.encode() for row in concatenated(*parts, '","1"]')]


def unconfirmed(row: bytes) -> bytes:
    """The row of a bar that is not over."""
    return row.removesuffix(b'"1"]') + b'"0"]'


def newest_first(found: list[bytes], opening: int) -> bytes:
    """Ascending rows as an answer has them; the bar that opens at `opening` is not over."""
    if found and found[-1].startswith(b'["%d"' % opening):
        found = [*found[:-1], unconfirmed(found[-1])]
    return b",".join(reversed(found))
