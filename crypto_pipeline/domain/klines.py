"""The kline: its columns, their Arrow types, and what makes one impossible.

What belongs here: the record and the checks that need nothing but the record. What does not: how a
venue writes one (`venues/`), how it is stored (`lake/`), what is missing between two
(`domain/gaps.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.intervals import EPOCH

MICROSECOND = timedelta(microseconds=1)
TIMESTAMP = pa.timestamp("us", tz="UTC")

KEY_COLUMNS = ("entity_id", "interval", "open_time")
VALUE_COLUMNS = (
    "open",
    "high",
    "low",
    "close",
    "volume_base",
    "volume_quote",
    "trade_count",
    "taker_volume_base",
    "taker_volume_quote",
    "vwap",
)

KLINE_SCHEMA = pa.schema(
    [
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("interval", pa.string(), nullable=False),
        pa.field("open_time", TIMESTAMP, nullable=False),
        pa.field("open", pa.float64(), nullable=False),
        pa.field("high", pa.float64(), nullable=False),
        pa.field("low", pa.float64(), nullable=False),
        pa.field("close", pa.float64(), nullable=False),
        pa.field("volume_base", pa.float64()),
        pa.field("volume_quote", pa.float64()),
        pa.field("trade_count", pa.int64()),
        pa.field("taker_volume_base", pa.float64()),
        pa.field("taker_volume_quote", pa.float64()),
        pa.field("vwap", pa.float64()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("loaded_at", TIMESTAMP, nullable=False),
    ]
)
"""One kline a row: prices in quote per base, volumes in base and quote coin, times in µs UTC.

`vwap` is volume_quote / volume_base, NULL where nothing was traded or the venue gives no quote
volume. `source` is `archive`, `rest` or `import`. A column is NULL where the exchange is silent.
"""

SANITY_RULES = (
    ("high_is_highest", "high >= greatest(open, close, low)"),
    ("low_is_lowest", "low <= least(open, close, high)"),
    ("prices_positive", "low > 0"),
    ("volumes_not_negative", "coalesce(least(volume_base, volume_quote, trade_count), 0) >= 0"),
    (
        "taker_within_total",
        "coalesce(taker_volume_base <= volume_base and taker_volume_base >= 0, true)",
    ),
    ("vwap_within_range", "coalesce(vwap between low * (1 - 1e-9) and high * (1 + 1e-9), true)"),
)
"""Name and SQL predicate over one kline, true for a possible one (ANSI SQL over VALUE_COLUMNS)."""


def with_vwap(volume_base: pa.Array, volume_quote: pa.Array) -> pa.Array:
    """Volume-weighted average price: volume_quote / volume_base, null where no base volume."""
    traded = pc.if_else(pc.equal(volume_base, 0.0), None, volume_base)
    return pc.divide(volume_quote, traded)


def microseconds(instant: datetime) -> int:
    """µs from the epoch to an aware instant, exact."""
    return (instant - EPOCH) // MICROSECOND
