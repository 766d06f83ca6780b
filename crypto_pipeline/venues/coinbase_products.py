"""Coinbase's products, as Advanced Trade lists them.

What belongs here: which products are instruments, what may be done with them, what they traded.
What does not: how they are asked for (`coinbase.py`).

A product with an alias (`BTC-USDC`, whose alias is `BTC-USD`) is no instrument of its own. It is
another door to the same order book: the same bars, the same trades under the same ids, the same
volume. To keep both would store every row twice and count every volume twice. Exchange does not
know it at all, so its trades could not be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, Status
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import numbers, read_json, step
from crypto_pipeline.venues.records import ListingPage
from crypto_pipeline.venues.rfc3339 import utc_instant

LISTED_LONG_AGO = "2023-01-01T00:00:00Z"
"""What `new_at` says of products that are older than the field, BTC-USD of 2015 among them."""


class _Kind(msgspec.Struct):
    product_id: str
    product_type: str
    alias: str = ""


class _Product(msgspec.Struct):
    product_id: str
    price: str
    volume_24h: str
    base_increment: str
    quote_min_size: str
    status: str
    is_disabled: bool
    trading_disabled: bool
    cancel_only: bool
    post_only: bool
    auction_mode: bool
    base_currency_id: str
    quote_currency_id: str
    price_increment: str
    approximate_quote_24h_volume: str = ""
    new_at: str | None = None


class _Pages(msgspec.Struct):
    has_next: bool = False
    next_cursor: str = ""


class _Products(msgspec.Struct):
    products: list[msgspec.Raw]
    pagination: _Pages | None = None


def read_listings(where: str, body: bytes) -> ListingPage:
    """The instruments of an answer, and the cursor of the next page where there is one.

    Raises:
        DecodeError: a field is missing or not what it is documented to be; names product and field.
    """
    read = read_json(where, body, _Products)
    listings = [_listing(place, product) for place, product in _ours(where, read)]
    pages = read.pagination or _Pages()
    if pages.has_next and not pages.next_cursor:
        raise DecodeError(where, field="next_cursor", given="none", expected="one: more is to come")
    return ListingPage(listings, pages.next_cursor if pages.has_next else None)


def read_volumes(where: str, body: bytes) -> Mapping[str, float]:
    """What each product traded in 24 hours, in its quote; those without figures are left out.

    Where Coinbase gives no volume in quote, it is the volume in base at the last price.

    Raises:
        DecodeError: a figure is no number; names product and field.
    """
    products = _ours(where, read_json(where, body, _Products))
    volumes = {product.product_id: _volume(place, product) for place, product in products}
    return {product: volume for product, volume in volumes.items() if volume is not None}


def _ours(where: str, read: _Products) -> Iterator[tuple[str, _Product]]:
    """The spot products with an order book of their own, each with its place for errors.

    The others are not read any further: futures and equities have fields of their own.
    """
    for row in map(bytes, read.products):
        kind = read_json(where, row, _Kind)
        if kind.product_type == "SPOT" and not kind.alias:
            place = f"{where}, {kind.product_id}"
            yield place, read_json(place, row, _Product)


def _listing(where: str, product: _Product) -> Listing:
    base, quote = product.base_currency_id, product.quote_currency_id
    if not base or not quote:
        raise DecodeError(where, given=f"'{base}' and '{quote}'", expected="a base and a quote")
    return Listing(
        instrument=Instrument("coinbase", InstrumentType.SPOT, base, quote),
        native_symbol=product.product_id,
        status=_status(product),
        tick_size=step(where, "price_increment", product.price_increment),
        lot_size=step(where, "base_increment", product.base_increment),
        min_notional=step(where, "quote_min_size", product.quote_min_size),
        listed_at=_listed_at(where, product.new_at),
    )


def _status(product: _Product) -> Status:
    """TRADING only where orders are matched; the flags are documented, the texts of status not."""
    if product.status == "delisted":
        return Status.DELISTED
    disabled = product.is_disabled or product.trading_disabled or product.status == "offline"
    unmatched = product.cancel_only or product.post_only or product.auction_mode
    return Status.HALTED if disabled or unmatched else Status.TRADING


def _listed_at(where: str, new_at: str | None) -> datetime | None:
    if not new_at or new_at == LISTED_LONG_AGO:
        return None
    return utc_instant(where, "new_at", new_at)


def _volume(where: str, product: _Product) -> float | None:
    in_quote = product.approximate_quote_24h_volume
    if in_quote:
        return _number(where, "approximate_quote_24h_volume", in_quote)
    if not product.volume_24h or not product.price:
        return None
    return _number(where, "volume_24h", product.volume_24h) * _number(where, "price", product.price)


def _number(where: str, field: str, text: str) -> float:
    number: float = numbers(where, field, [text])[0].as_py()
    return number
