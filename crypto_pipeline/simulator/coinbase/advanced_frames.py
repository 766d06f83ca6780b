"""Advanced Trade's websocket messages as text: events, and the envelope around them.

What belongs here: one function an event. What does not: when they are due.

Events are written without the envelope, because that carries the connection's sequence number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto_pipeline.simulator.coinbase.documents import percentage
from crypto_pipeline.simulator.coinbase.levels import Changes
from crypto_pipeline.simulator.coinbase.notation import (
    instants_of,
    joined_texts,
    maker_sides,
    nanoseconds,
    short_instant,
)
from crypto_pipeline.simulator.market.figures import Totals
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Integers, Trades
from crypto_pipeline.simulator.market.texts import trimmed_text, trimmed_texts, whole_texts
from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire.answers import compact

Document = dict[str, object]

_SIDES = ("BUY", "SELL")
_DATA_CHANNELS = {"level2": "l2_data"}
_UPTIME_FROM = 1_483_228_800
"""Seconds since the epoch of 2017-01-01, from which heartbeats are counted."""


@dataclass(frozen=True, slots=True)
class Event(Frame):
    """A frame whose text is one event; the connection puts the envelope around it."""


def enveloped(frame: Frame, sequence: int) -> Frame:
    """An event as a whole message.

    Args:
        frame: the event.
        sequence: the number of the message on its connection.
    """
    name = _DATA_CHANNELS.get(frame.channel, frame.channel)
    text = message(name, frame.at, sequence, frame.text)
    return Frame(text, frame.at, frame.channel, frame.symbol)


def message(channel: str, at: int, sequence: int, event: bytes) -> bytes:
    """A message with one event; `at` (µs since the epoch) is when it was sent."""
    timestamp = f'"timestamp":"{nanoseconds(at)}","sequence_num":{sequence}'
    return f'{{"channel":"{channel}",{timestamp},"events":['.encode() + event + b"]}"


def error(text: str) -> bytes:
    """What the venue says of a message that it does not take."""
    return compact({"type": "error", "message": text})


def trade_rows(listing: Listing, trades: Trades) -> list[bytes]:
    """One row a trade, in the order of the trades; `side` is the maker's."""
    price = trimmed_texts(trades.price, listing.price_decimals)
    size = trimmed_texts(trades.amount, listing.lot_decimals)
    time = instants_of(trades.time, short=True)
    head = f'{{"product_id":"{listing.symbol}","trade_id":"'
    ids = whole_texts(trades.trade_id)
    values = (ids, '","price":"', price, '","size":"', size, '","time":"', time)
    return joined_texts(head, *values, '","side":"', maker_sides(trades, _SIDES), '"}')


def market_trades(rows: Sequence[bytes], kind: str) -> bytes:
    """Trades, the newest first.

    Args:
        rows: of `trade_rows`, ascending.
        kind: `snapshot` or `update`.
    """
    return f'{{"type":"{kind}","trades":['.encode() + b",".join(reversed(rows)) + b"]}"


def snapshot(listing: Listing, book: Book) -> bytes:
    """The whole book."""
    everything = Changes(book.at, book.bid_price, book.bid_amount, book.ask_price, book.ask_amount)
    return _levels(listing, everything, "snapshot")


def update(listing: Listing, changes: Changes) -> bytes:
    """What changed in the book; the quantity of a level that is gone is 0."""
    return _levels(listing, changes, "update")


def _levels(listing: Listing, changes: Changes, kind: str) -> bytes:
    bids = _side(listing, "bid", changes.at, changes.bid_price, changes.bid_amount)
    offers = _side(listing, "offer", changes.at, changes.ask_price, changes.ask_amount)
    head = f'{{"type":"{kind}","product_id":"{listing.symbol}","updates":['
    return head.encode() + b",".join([*bids, *offers]) + b"]}"


def _side(listing: Listing, side: str, at: int, price: Integers, amount: Integers) -> list[bytes]:
    prices = trimmed_texts(price, listing.price_decimals)
    amounts = trimmed_texts(amount, listing.lot_decimals)
    time = short_instant(at)
    head = f'{{"side":"{side}","event_time":"{time}","price_level":"'
    return joined_texts(head, prices, '","new_quantity":"', amounts, '"}')


def ticker(
    listing: Listing, price: int, stretches: tuple[Totals, Totals], best: Book | None, kind: str
) -> bytes:
    """The last price among those of the last day and of the last 30 days.

    Args:
        listing: whose.
        price: of the last trade.
        stretches: the last day, and the last 30 days, which stand for 52 weeks.
        best: the book with the best level of each side; None leaves it out.
        kind: `snapshot` or `update`.
    """
    day, month = stretches
    decimals = listing.price_decimals
    prices = {
        "low_24_h": min(day.low or price, price),
        "high_24_h": max(day.high, price),
        "low_52_w": min(month.low or price, day.low or price, price),
        "high_52_w": max(month.high, day.high, price),
    }
    told: Document = {
        "type": "ticker",
        "product_id": listing.symbol,
        "price": trimmed_text(price, decimals),
        "volume_24_h": trimmed_text(day.volume, listing.lot_decimals),
        **{name: trimmed_text(value, decimals) for name, value in prices.items()},
        "price_percent_chg_24_h": percentage(price, day.first),
        **({} if best is None else _best(listing, best)),
    }
    return compact({"type": kind, "tickers": [told]})


def _best(listing: Listing, book: Book) -> Document:
    decimals, lots = listing.price_decimals, listing.lot_decimals
    return {
        "best_bid": trimmed_text(int(book.bid_price[0]), decimals),
        "best_bid_quantity": trimmed_text(int(book.bid_amount[0]), lots),
        "best_ask": trimmed_text(int(book.ask_price[0]), decimals),
        "best_ask_quantity": trimmed_text(int(book.ask_amount[0]), lots),
    }


def candles(rows: Sequence[bytes], kind: str) -> bytes:
    """Candles, the newest first; `rows` ascends."""
    return f'{{"type":"{kind}","candles":['.encode() + b",".join(reversed(rows)) + b"]}"


def heartbeat(at: int) -> bytes:
    """The server's time as Go prints it, and its count of seconds; `at` in µs."""
    count = at // 1_000_000 - _UPTIME_FROM
    date, _, time = nanoseconds(at)[:-1].partition("T")
    uptime = f"m=+{count}.{at % 1_000_000 * 1000:09d}"
    return compact(
        {"current_time": f"{date} {time} +0000 UTC {uptime}", "heartbeat_counter": count}
    )


def status(products: Sequence[Document]) -> bytes:
    """What products there are."""
    return compact({"type": "snapshot", "products": list(products)})
