"""Trades as OKX writes them: rows of REST, frames of `trades` and `trades-all`.

What belongs here: one trade's text. What does not: which trades a page or a feed holds.
"""

from __future__ import annotations

import numpy as np

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import AggTrades, Integers, Trades
from crypto_pipeline.simulator.market.texts import concatenated, trimmed_texts, whole_texts
from crypto_pipeline.simulator.okx.numbers import sides

_SEQUENCE_FROM_MS = 1_483_228_800_000


def sequence(at: Integers | int) -> Integers | int:
    """The seqId of an instant (µs): one row of numbers for the trades and books of an instrument.

    It counts ms since 2017, so that all fills of a taker order, and a book of the same instant on
    REST and websocket, have the same one.
    """
    return at // 1000 - _SEQUENCE_FROM_MS


def rest_rows(listing: Listing, trades: Trades) -> list[str]:
    """Trades as REST writes them, ascending."""
    if not len(trades):
        return []
    return concatenated(
        f'{{"instId":"{listing.symbol}","side":"',
        sides(trades.taker_sells),
        '","sz":"',
        trimmed_texts(trades.amount, listing.contract_decimals),
        '","source":"0","px":"',
        trimmed_texts(trades.price, listing.price_decimals),
        '","tradeId":"',
        whole_texts(trades.trade_id),
        '","ts":"',
        whole_texts(trades.time // 1000),
        '"}',
    )


def every_frame(listing: Listing, trades: Trades) -> list[str]:
    """Frames of `trades-all`, one a fill."""
    if not len(trades):
        return []
    return concatenated(
        *_opening("trades-all", listing),
        whole_texts(trades.trade_id),
        *_figures(listing, trades),
        '","source":"0","ts":"',
        whole_texts(trades.time // 1000),
        '"}]}',
    )


def merged_frames(listing: Listing, trades: AggTrades) -> list[str]:
    """Frames of `trades`, one a taker order and price; `tradeId` is of its last fill."""
    if not len(trades):
        return []
    return concatenated(
        *_opening("trades", listing),
        whole_texts(trades.last_id),
        *_figures(listing, trades),
        '","ts":"',
        whole_texts(trades.time // 1000),
        '","count":"',
        whole_texts(trades.last_id - trades.first_id + 1),
        '","source":"0","seqId":',
        whole_texts(np.asarray(sequence(trades.time))),
        "}]}",
    )


def _opening(channel: str, listing: Listing) -> tuple[str]:
    symbol = listing.symbol
    return (
        f'{{"arg":{{"channel":"{channel}","instId":"{symbol}"}},'
        f'"data":[{{"instId":"{symbol}","tradeId":"',
    )


def _figures(listing: Listing, trades: Trades | AggTrades) -> tuple[object, ...]:
    price = trimmed_texts(trades.price, listing.price_decimals)
    size = trimmed_texts(trades.amount, listing.contract_decimals)
    return ('","px":"', price, '","sz":"', size, '","side":"', sides(trades.taker_sells))
