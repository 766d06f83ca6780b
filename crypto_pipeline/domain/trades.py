"""Trades and aggregated trades: their columns, and what makes one impossible.

What belongs here: the records and checks that need nothing but the record. What does not: how a
venue writes one (`venues/`), what is missing between two (`domain/sequences.py`).
"""

from __future__ import annotations

import pyarrow as pa

from crypto_pipeline.domain.klines import TIMESTAMP

BUY, SELL = "buy", "sell"
"""The taker's side: who took what was offered."""

TRADE_COLUMNS = ("trade_id", "trade_seq", "ts_event", "price", "amount", "side", "trade_type")
"""What a venue's decoder gives of a trade, in this order, ascending by (ts_event, trade_seq)."""

TRADE_SCHEMA = pa.schema(
    [
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("trade_id", pa.string(), nullable=False),
        pa.field("trade_seq", pa.int64()),
        pa.field("ts_event", TIMESTAMP, nullable=False),
        pa.field("price", pa.float64(), nullable=False),
        pa.field("amount", pa.float64(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("trade_type", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("loaded_at", TIMESTAMP, nullable=False),
    ]
)
"""One fill a row. `trade_id` is the venue's own text (a UUID on Bybit's perpetuals); `trade_seq`
its number where the venue counts an instrument's trades, else NULL. `price` in quote per base,
`amount` in base coin, contracts already multiplied out. `side` is the taker's, `buy` or `sell`.
`trade_type` is `block` or `rpi` where the venue says so, else NULL. `source` is `archive`, `rest`
or `import`."""

AGG_TRADE_COLUMNS = (
    "agg_id",
    "first_trade_seq",
    "last_trade_seq",
    "ts_event",
    "price",
    "amount",
    "side",
)
"""What a venue's decoder gives of an aggregated trade, in this order, ascending by agg_id."""

AGG_TRADE_SCHEMA = pa.schema(
    [
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("agg_id", pa.int64(), nullable=False),
        pa.field("first_trade_seq", pa.int64()),
        pa.field("last_trade_seq", pa.int64()),
        pa.field("ts_event", TIMESTAMP, nullable=False),
        pa.field("price", pa.float64(), nullable=False),
        pa.field("amount", pa.float64(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("loaded_at", TIMESTAMP, nullable=False),
    ]
)
"""Fills of one taker order at one price, put together by the venue (Binance). `agg_id` counts these
rows by instrument; `first_trade_seq` and `last_trade_seq`, both inclusive, are `trade_seq` of
trades: another space of ids, never mixed with `agg_id`."""

TRADE_RULES = (
    ("price_positive", "price > 0"),
    ("amount_positive", "amount > 0"),
    ("side_known", "side IN ('buy', 'sell')"),
)
"""Name and SQL predicate over one trade, true for a possible one."""
