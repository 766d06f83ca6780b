"""A day's trades as Bybit's archive has them: CSV, one layout for each family.

What belongs here: columns and their texts. What does not: which files there are (`archive.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.bybit.categories import Category
from crypto_pipeline.simulator.bybit.executions import (
    DIRECTIONS,
    amounts,
    directions,
    execution_ids,
    sides,
)
from crypto_pipeline.simulator.bybit.numbers import general_texts, texts
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import whole_texts

RPI_FROM = int(datetime(2025, 3, 13, tzinfo=UTC).timestamp()) * 1000
"""Files of days from this one on (ms) have a column that says which trades were RPI: none here."""
_LINEAR = (
    b"timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
    b"foreignNotional"
)
_SPOT = b"id,timestamp,price,volume,side"
_GROSS_PER_QUOTE = 8
_US_OF_A_STAMP = 100


def csv_of(
    market: SyntheticMarket, category: Category, listing: Listing, trades: Trades, day_ms: int
) -> bytes:
    """The whole file, header first, trades ascending.

    Linear times are seconds with up to four digits after the point, and values in Go's `%g`; spot
    times are whole ms, and ids count from 1 in each file.
    """
    if category.padded:
        header, columns = _LINEAR, _linear(market, category, listing, trades)
    else:
        header, columns = _SPOT, _spot(listing, trades)
    rpi = day_ms >= RPI_FROM
    name = b",rpi" if header is _SPOT else b",RPI"
    return header + (name if rpi else b"") + b"\n" + _rows(columns, ",0\n" if rpi else "\n")


def _linear(
    market: SyntheticMarket, category: Category, listing: Listing, trades: Trades
) -> list[pa.Array]:
    price, _ = amounts(category, listing, trades)
    size = texts(trades.amount, listing.lot_decimals, padded=False)
    decimals = listing.price_decimals + listing.lot_decimals
    value = trades.price * trades.amount
    tick = directions(market, listing, trades)
    return [
        texts(trades.time // _US_OF_A_STAMP, 4, padded=False),
        pa.array([listing.symbol] * len(trades), pa.string()),
        sides(trades.taker_sells, "Sell", "Buy"),
        size,
        price,
        pa.array(DIRECTIONS).take(pa.array(tick)),
        execution_ids(category, listing, trades.trade_id),
        general_texts(value, decimals - _GROSS_PER_QUOTE),
        general_texts(trades.amount, listing.lot_decimals),
        general_texts(value, decimals),
    ]


def _spot(listing: Listing, trades: Trades) -> list[pa.Array]:
    return [
        whole_texts(np.arange(1, len(trades) + 1)),
        whole_texts(trades.time // 1000),
        texts(trades.price, listing.price_decimals, padded=False),
        texts(trades.amount, listing.lot_decimals, padded=False),
        sides(trades.taker_sells, "sell", "buy"),
    ]


def _rows(columns: list[pa.Array], end: str) -> bytes:
    """Columns as lines; each ends with `end`."""
    if not len(columns[0]):
        return b""
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*columns, ","), end, "")
    return b"".join(lines.cast(pa.binary()).to_pylist())
