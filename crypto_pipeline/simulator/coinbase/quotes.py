"""Trades, books and tickers as both REST interfaces write them.

What belongs here: those bodies. What does not: parameters, websocket frames.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from crypto_pipeline.simulator.coinbase.notation import (
    instant,
    instants_of,
    joined_texts,
    maker_sides,
    order_ids,
    short_instant,
)
from crypto_pipeline.simulator.coinbase.products import Product
from crypto_pipeline.simulator.coinbase.refusals import invalid
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers, Trades
from crypto_pipeline.simulator.market.texts import (
    decimal_text,
    decimal_texts,
    trimmed_text,
    trimmed_texts,
    whole_texts,
)

Document = dict[str, object]

_LOWER, _UPPER = ("buy", "sell"), ("BUY", "SELL")
_BASIS_POINTS = 10_000.0
_INCREMENT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def newest_first(trades: Trades) -> Trades:
    """Trades the other way round."""
    return trades[::-1]


def advanced_ticker(product: Product, trades: Trades, book: Book) -> bytes:
    """The newest trades and the best prices; `trades` ascends."""
    decimals = product.listing.price_decimals
    bid, ask = (trimmed_text(int(side[0]), decimals) for side in (book.bid_price, book.ask_price))
    best = f'],"best_bid":"{bid}","best_ask":"{ask}"}}'
    rows = b",".join(advanced_trades(product, newest_first(trades)))
    return b'{"trades":[' + rows + best.encode()


def advanced_trades(product: Product, trades: Trades) -> list[bytes]:
    """Rows of /ticker; `side` is the maker's."""
    listing = product.listing
    head = f'","product_id":"{product.product_id}","price":"'
    price = trimmed_texts(trades.price, listing.price_decimals)
    size = trimmed_texts(trades.amount, listing.lot_decimals)
    time, side = instants_of(trades.time, short=True), maker_sides(trades, _UPPER)
    columns = (whole_texts(trades.trade_id), head, price, '","size":"', size, '","time":"', time)
    tail = '","bid":"","ask":"","exchange":"coinbase"}'
    return joined_texts('{"trade_id":"', *columns, '","side":"', side, tail)


def exchange_trades(listing: Listing, trades: Trades) -> list[bytes]:
    """Rows of Exchange's /trades; `side` is the maker's."""
    price = trimmed_texts(trades.price, listing.price_decimals)
    size = trimmed_texts(trades.amount, listing.lot_decimals)
    time, side = instants_of(trades.time), maker_sides(trades, _LOWER)
    head = ('{"trade_id":', whole_texts(trades.trade_id), ',"side":"', side, '","size":"', size)
    return joined_texts(*head, '","price":"', price, '","time":"', time, '"}')


def advanced_book(
    product: Product, book: Book, last: Trades, levels: int, increment: str
) -> Document:
    """The book as /product_book writes it.

    Args:
        product: whose.
        book: with all its levels.
        last: the last trade alone, or none.
        levels: how many of each side to give.
        increment: what prices are rounded away from the middle to; empty for none.
    """
    listing = product.listing
    bid, ask = int(book.bid_price[0]), int(book.ask_price[0])
    decimals = listing.price_decimals
    middle = trimmed_text((bid + ask) * 5, decimals + 1)
    step = _increment(increment, decimals)
    bids = _merged(book.bid_price // step * step, book.bid_amount)
    asks = _merged(-(-book.ask_price // step) * step, book.ask_amount)
    spread = f"{(ask - bid) * 2 * _BASIS_POINTS / (bid + ask):.12f}".rstrip("0").rstrip(".")
    return {
        "pricebook": {
            "product_id": product.product_id,
            "bids": _priced(listing, bids, levels),
            "asks": _priced(listing, asks, levels),
            "time": short_instant(book.at),
        },
        "last": trimmed_text(int(last.price[0]), decimals) if len(last) else middle,
        "mid_market": middle,
        "spread_bps": spread,
        "spread_absolute": trimmed_text(ask - bid, decimals),
    }


def _increment(text: str, decimals: int) -> int:
    """A price step in units of 10^-decimals, 1 for no text."""
    if text and not _INCREMENT.fullmatch(text):
        raise invalid("aggregation_price_increment is not valid")
    whole, _, fraction = text.partition(".")
    return max(int(f"{whole}{fraction[:decimals]:0<{decimals}}" or "1"), 1) if text else 1


def _merged(prices: Integers, amounts: Integers) -> tuple[Integers, Integers]:
    """Neighbouring levels of one price as one."""
    starts = np.flatnonzero(np.diff(prices, prepend=-1))
    return prices[starts], np.add.reduceat(amounts, starts)


def _priced(listing: Listing, side: tuple[Integers, Integers], levels: int) -> list[dict[str, str]]:
    prices, amounts = (each[:levels].tolist() for each in side)
    decimals, lots = listing.price_decimals, listing.lot_decimals
    return [
        {"price": trimmed_text(price, decimals), "size": trimmed_text(amount, lots)}
        for price, amount in zip(prices, amounts, strict=True)
    ]


def exchange_book(listing: Listing, book: Book, level: int, sequence: int) -> bytes:
    """The book as Exchange writes it.

    Args:
        listing: whose.
        book: with as many levels as to give.
        level: 1 or 2 for levels with their number of orders, 3 for orders with their ids.
        sequence: of the newest message about the product.
    """
    rows = _order_rows if level == 3 else _level_rows
    bids = rows(listing, book.bid_price, book.bid_amount, book.bid_orders)
    asks = rows(listing, book.ask_price, book.ask_amount, book.ask_orders)
    flags = '"auction_mode":false,"auction":null'
    tail = f'],"sequence":{sequence},{flags},"time":"{instant(book.at)}"}}'
    return b'{"bids":[' + b",".join(bids) + b'],"asks":[' + b",".join(asks) + tail.encode()


def _level_rows(
    listing: Listing, price: Integers, amount: Integers, orders: Integers
) -> list[bytes]:
    columns = _columns(listing, price, amount)
    return joined_texts('["', *columns, '",', whole_texts(np.minimum(orders, amount)), "]")


def _order_rows(
    listing: Listing, price: Integers, amount: Integers, orders: Integers
) -> list[bytes]:
    """One row an order: a level's amount in equal parts, what is left over in the first."""
    orders = np.minimum(orders, amount)
    of = np.repeat(np.arange(len(price)), orders)
    firsts = np.cumsum(orders) - orders
    share = (amount // orders)[of]
    share[firsts] += amount - share[firsts] * orders
    place = np.arange(len(of)) - firsts[of]
    ids = order_ids(f"{listing.symbol}:resting", price[of] * 64 + place)
    columns = _columns(listing, price[of], share)
    return joined_texts('["', *columns, '","', pa.array(ids), '"]')


def _columns(listing: Listing, price: Integers, amount: Integers) -> tuple[pa.Array, str, pa.Array]:
    decimals, lots = listing.price_decimals, listing.lot_decimals
    return decimal_texts(price, decimals, decimals), '","', trimmed_texts(amount, lots)


def exchange_ticker(listing: Listing, book: Book, last: Trades, volume: int) -> Document:
    """Exchange's /ticker; without a trade its price is that of the best bid."""
    decimals, lots = listing.price_decimals, listing.lot_decimals
    traded = len(last) > 0
    price = int(last.price[0]) if traded else int(book.bid_price[0])
    return {
        "ask": decimal_text(int(book.ask_price[0]), decimals),
        "bid": decimal_text(int(book.bid_price[0]), decimals),
        "volume": trimmed_text(volume, lots),
        "trade_id": int(last.trade_id[0]) if traded else 0,
        "price": trimmed_text(price, decimals),
        "size": trimmed_text(int(last.amount[0]), lots) if traded else "0",
        "time": instant(int(last.time[0]) if traded else book.at),
        "rfq_volume": "0",
    }
