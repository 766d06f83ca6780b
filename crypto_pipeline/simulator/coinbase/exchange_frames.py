"""Exchange's websocket messages as text.

What belongs here: one function a message type. What does not: when they are due.
"""

from __future__ import annotations

import pyarrow as pa

from crypto_pipeline.simulator.coinbase.levels import Changes
from crypto_pipeline.simulator.coinbase.notation import (
    instant,
    instants_of,
    joined_texts,
    maker_sides,
    order_ids,
)
from crypto_pipeline.simulator.coinbase.sequences import PER_TRADE, sequence_of
from crypto_pipeline.simulator.market.figures import Totals
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers, Trades
from crypto_pipeline.simulator.market.texts import (
    decimal_text,
    decimal_texts,
    trimmed_text,
    trimmed_texts,
    whole_texts,
)
from crypto_pipeline.simulator.wire.answers import compact

Document = dict[str, object]

PADDED = 8
"""Digits after the point of sizes in books and of volumes."""
_SIDES = ("buy", "sell")


def error(message: str, reason: str = "") -> bytes:
    """What the venue says of a message that it does not take."""
    document = {"type": "error", "message": message}
    return compact({**document, "reason": reason} if reason else document)


def matches(listing: Listing, trades: Trades, kind: str = "match") -> list[bytes]:
    """One message a trade; `side` is the maker's."""
    makers = pa.array(order_ids(f"{listing.symbol}:maker", trades.trade_id), pa.string())
    takers = pa.array(order_ids(f"{listing.symbol}:taker", trades.agg_id), pa.string())
    size = trimmed_texts(trades.amount, listing.lot_decimals)
    price = trimmed_texts(trades.price, listing.price_decimals)
    ids = whole_texts(trades.trade_id)
    head = (ids, ',"maker_order_id":"', makers, '","taker_order_id":"', takers)
    middle = ('","side":"', maker_sides(trades, _SIDES), '","size":"', size, '","price":"', price)
    product = f'","product_id":"{listing.symbol}","sequence":'
    tail = (
        product,
        whole_texts(trades.trade_id * PER_TRADE),
        ',"time":"',
        instants_of(trades.time),
        '"}',
    )
    return joined_texts(f'{{"type":"{kind}","trade_id":', *head, *middle, *tail)


def heartbeat(listing: Listing, last_id: int, at: int) -> bytes:
    """The newest trade's id, once a second; `at` in µs."""
    document = {"type": "heartbeat", "last_trade_id": last_id, "product_id": listing.symbol}
    return compact({**document, "sequence": sequence_of(last_id), "time": instant(at)})


def ticker(listing: Listing, trade: Trades, book: Book, day: Totals, month: Totals) -> bytes:
    """The last price among the last day's; `side` is the taker's.

    Args:
        listing: whose.
        trade: the last trade alone.
        book: with the best level of each side.
        day: the last 24 hours.
        month: the last 30 days.
    """
    price, lots = listing.price_decimals, listing.lot_decimals
    last = int(trade.price[0])
    document: Document = {
        "type": "ticker",
        "sequence": sequence_of(int(trade.trade_id[0])),
        "product_id": listing.symbol,
        "price": trimmed_text(last, price),
        "open_24h": trimmed_text(day.first or last, price),
        "volume_24h": _padded(day.volume, lots),
        "low_24h": trimmed_text(min(day.low or last, last), price),
        "high_24h": trimmed_text(max(day.high, last), price),
        "volume_30d": _padded(month.volume, lots),
        "best_bid": decimal_text(int(book.bid_price[0]), price),
        "best_bid_size": _padded(int(book.bid_amount[0]), lots),
        "best_ask": decimal_text(int(book.ask_price[0]), price),
        "best_ask_size": _padded(int(book.ask_amount[0]), lots),
        "side": "sell" if trade.taker_sells[0] else "buy",
        "time": instant(int(trade.time[0])),
        "trade_id": int(trade.trade_id[0]),
        "last_size": trimmed_text(int(trade.amount[0]), lots),
    }
    return compact(document)


def snapshot(listing: Listing, book: Book) -> bytes:
    """The whole book."""
    asks = _levels(listing, book.ask_price, book.ask_amount, '["')
    bids = _levels(listing, book.bid_price, book.bid_amount, '["')
    head = f'{{"type":"snapshot","product_id":"{listing.symbol}","asks":['
    return b"".join([head.encode(), b",".join(asks), b'],"bids":[', b",".join(bids), b"]}"])


def l2update(listing: Listing, changes: Changes) -> bytes:
    """What changed in the book; the amount of a level that is gone is 0."""
    buys = _levels(listing, changes.bid_price, changes.bid_amount, '["buy","')
    sells = _levels(listing, changes.ask_price, changes.ask_amount, '["sell","')
    head = f'{{"type":"l2update","product_id":"{listing.symbol}","changes":['
    tail = f'],"time":"{instant(changes.at)}"}}'
    return head.encode() + b",".join([*buys, *sells]) + tail.encode()


def _levels(listing: Listing, price: Integers, amount: Integers, head: str) -> list[bytes]:
    prices = decimal_texts(price, listing.price_decimals, listing.price_decimals)
    amounts = decimal_texts(amount, listing.lot_decimals, PADDED)
    return joined_texts(head, prices, '","', amounts, '"]')


def _padded(units: int, decimals: int) -> str:
    return decimal_text(units * 10 ** (PADDED - decimals), PADDED)
