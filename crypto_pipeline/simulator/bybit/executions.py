"""Trades as Bybit writes them: execution ids, sequence numbers, tick directions, REST rows.

What belongs here: what follows from one trade or the one before it. What does not: which trades
a page, a frame or a file holds.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.simulator.bybit.categories import Category
from crypto_pipeline.simulator.bybit.numbers import texts
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.noise import Hashes, mixed
from crypto_pipeline.simulator.market.records import Flags, Integers, Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import concatenated, whole_texts

FIRST_SPOT_ID = 2_290_000_000_000_000_000
SPOT_IDS_BETWEEN = 8
"""Of so many ids in a row one is left out: a pair's ids ascend, but do not count its trades."""
DIRECTIONS = ("ZeroMinusTick", "MinusTick", "ZeroPlusTick", "PlusTick")

_SEQUENCE_US = 300
_LOOK_BACK = 500
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DASHES = (8, 13, 18, 23)
_DIGITS = tuple(place for place in range(36) if place not in _DASHES)


def sequence(at: Integers | int) -> Integers | int:
    """The cross sequence of an instant (µs): trades and books of one moment can be compared by it.

    It never descends and skips numbers, as the real one does.
    """
    return at // _SEQUENCE_US


def execution_ids(category: Category, listing: Listing, trade_id: Integers) -> pa.Array:
    """Ids of trades, as text: UUIDs of linear contracts, numbers of spot pairs."""
    if category.padded:
        return _uuids(listing, trade_id)
    return whole_texts(FIRST_SPOT_ID + trade_id + trade_id // SPOT_IDS_BETWEEN)


def directions(market: SyntheticMarket, listing: Listing, trades: Trades) -> Integers:
    """Of each trade in a row of trade_ids, the place of its tick direction in `DIRECTIONS`."""
    if not len(trades):
        return np.empty(0, np.int64)
    first = int(trades.trade_id[0])
    before = market.trades_from(listing, first - _LOOK_BACK, _LOOK_BACK, int(trades.time[0]) + 1)
    known = before[: int(np.searchsorted(before.trade_id, first))]
    price = np.concatenate([known.price, trades.price])
    return tick_directions(price)[len(known) :]


def tick_directions(price: Integers) -> Integers:
    """Places in `DIRECTIONS`; prices equal to all before them count as risen."""
    move = np.sign(np.diff(price, prepend=price[:1]))
    last_move = np.maximum.accumulate(np.where(move != 0, np.arange(len(move)), -1))
    rising = np.where(last_move >= 0, move[last_move], 1) > 0
    return np.asarray(2 * rising + (move != 0), np.int64)


def rest_rows(category: Category, listing: Listing, trades: Trades) -> list[str]:
    """Trades as REST writes them, one JSON object each, ascending."""
    if not len(trades):
        return []
    price, size = amounts(category, listing, trades)
    columns = (
        '{"execId":"',
        execution_ids(category, listing, trades.trade_id),
        f'","symbol":"{listing.symbol}","price":"',
        price,
        '","size":"',
        size,
        '","side":"',
        sides(trades.taker_sells, "Sell", "Buy"),
        '","time":"',
        whole_texts(trades.time // 1000),
        '","isBlockTrade":false,"isRPITrade":false,"seq":"',
        whole_texts(np.asarray(sequence(trades.time))),
        '"}',
    )
    return concatenated(*columns)


def amounts(category: Category, listing: Listing, trades: Trades) -> tuple[pa.Array, pa.Array]:
    """Prices and sizes of trades, as text."""
    price = texts(trades.price, listing.price_decimals, category.padded)
    return price, texts(trades.amount, listing.lot_decimals, category.padded)


def sides(taker_sells: Flags, sell: str, buy: str) -> pa.Array:
    """A word for each taker's side."""
    return pc.if_else(pa.array(taker_sells), sell, buy)


@lru_cache(maxsize=256)
def _uuid_keys(symbol: str) -> tuple[np.uint64, np.uint64]:
    digest = hashlib.blake2b(f"bybit:{symbol}".encode(), digest_size=16).digest()
    return np.uint64(int.from_bytes(digest[:8])), np.uint64(int.from_bytes(digest[8:]))


def _uuids(listing: Listing, trade_id: Integers) -> pa.Array:
    """A UUID (version 5, as Bybit's are) for each trade_id."""
    first, second = _uuid_keys(listing.symbol)
    high: Hashes = mixed(trade_id.astype(np.uint64) + first)
    low: Hashes = mixed(trade_id.astype(np.uint64) ^ second)
    high = high & np.uint64(0xFFFFFFFFFFFF0FFF) | np.uint64(0x5000)
    low = low & np.uint64(0x3FFFFFFFFFFFFFFF) | np.uint64(0x8000000000000000)
    raw = np.stack([high, low], axis=1).astype(">u8").view(np.uint8).reshape(-1, 16)
    written = np.full((len(raw), 36), ord("-"), np.uint8)
    written[:, _DIGITS[0::2]] = _HEX[raw >> 4]
    written[:, _DIGITS[1::2]] = _HEX[raw & 15]
    offsets = np.arange(0, 36 * len(raw) + 1, 36, dtype=np.int32)
    buffers = (pa.py_buffer(offsets), pa.py_buffer(written.tobytes()))
    return pa.StringArray.from_buffers(len(raw), *buffers)
