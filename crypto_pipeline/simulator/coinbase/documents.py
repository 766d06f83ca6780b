"""What Coinbase says of a product: its row on Advanced Trade, on Exchange, and in status frames.

What belongs here: those documents. What does not: which products there are.
"""

from __future__ import annotations

from crypto_pipeline.simulator.coinbase.currencies import currency_name
from crypto_pipeline.simulator.coinbase.notation import short_instant
from crypto_pipeline.simulator.coinbase.products import Product
from crypto_pipeline.simulator.market.figures import Totals
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.texts import trimmed_text

Document = dict[str, object]

_SMALLEST_QUOTE = "1"
_LARGEST_BASE = "100000000"
_LARGEST_QUOTE = "150000000"
_PERCENT_DIGITS = 14


def percentage(new: int, old: int) -> str:
    """By how many percent `new` is above `old`, 14 digits at most; 0 where `old` is."""
    changed = (new - old) * 100.0 / old if old else 0.0
    return f"{changed:.{_PERCENT_DIGITS}f}".rstrip("0").rstrip(".")


def state(listing: Listing, now: int, *, halted: bool) -> Document:
    """What a listing's flags are at `now` (ms); a halt leaves only cancelling."""
    trading = listing.trading(now)
    return {
        "status": "online" if trading else "delisted",
        "cancel_only": trading and halted,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": not trading,
        "auction_mode": False,
    }


def advanced_product(
    product: Product, price: int, days: tuple[Totals, Totals], flags: Document
) -> Document:
    """A product as Advanced Trade lists it.

    Args:
        product: which.
        price: of the last trade.
        days: the last 24 hours, and those before.
        flags: its `state`.
    """
    listing = product.listing
    money = listing.price_decimals + listing.lot_decimals
    quote_volume = days[0].quote_volume * 100 // 10**money
    return {
        "product_id": product.product_id,
        **_figures(listing, price, days),
        **_sizes(product),
        "watched": False,
        "is_disabled": flags["trading_disabled"],
        "new": False,
        **flags,
        **_venue(product),
        "approximate_quote_24h_volume": trimmed_text(quote_volume, 2),
        "new_at": short_instant(listing.listed_at * 1000),
        "market_cap": "",
        "base_cbrn": "",
        "quote_cbrn": "",
        "product_cbrn": "",
        "icon_color": "",
        "icon_url": "",
        "display_name_overwrite": "",
        "is_alpha_testing": False,
        "about_description": "",
        "best_bid_price": "",
        "best_ask_price": "",
    }


def _figures(listing: Listing, price: int, days: tuple[Totals, Totals]) -> Document:
    day, before = days
    return {
        "price": trimmed_text(price, listing.price_decimals),
        "price_percentage_change_24h": percentage(price, day.first),
        "volume_24h": trimmed_text(day.volume, listing.lot_decimals),
        "volume_percentage_change_24h": percentage(day.volume, before.volume),
    }


def _sizes(product: Product) -> Document:
    listing = product.listing
    return {
        "base_increment": listing.lot_size,
        "quote_increment": listing.tick_size,
        "quote_min_size": _SMALLEST_QUOTE,
        "quote_max_size": _LARGEST_QUOTE,
        "base_min_size": listing.lot_size,
        "base_max_size": _LARGEST_BASE,
        "base_name": currency_name(listing.base),
        "quote_name": currency_name(product.quote),
    }


def _venue(product: Product) -> Document:
    listing = product.listing
    return {
        "product_type": "SPOT",
        "quote_currency_id": product.quote,
        "base_currency_id": listing.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": product.alias,
        "alias_to": product.alias_to,
        "base_display_symbol": listing.base,
        "quote_display_symbol": listing.quote,
        "view_only": False,
        "price_increment": listing.tick_size,
        "display_name": product.product_id,
        "product_venue": "CBE",
    }


def exchange_product(listing: Listing, flags: Document) -> Document:
    """A product as Exchange lists it; `flags` is its `state`."""
    return {
        "id": listing.symbol,
        "base_currency": listing.base,
        "quote_currency": listing.quote,
        "quote_increment": listing.tick_size,
        "base_increment": listing.lot_size,
        "display_name": listing.symbol,
        "min_market_funds": _SMALLEST_QUOTE,
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": flags["cancel_only"],
        "status": flags["status"],
        "status_message": "",
        "trading_disabled": flags["trading_disabled"],
        "fx_stablecoin": listing.base in ("USDT", "USDC"),
        "max_slippage_percentage": "0.02000000",
        "auction_mode": False,
        "high_bid_limit_percentage": "",
    }


def status_product(listing: Listing, flags: Document) -> Document:
    """A product as Advanced Trade's status channel describes it."""
    return {
        "product_type": "SPOT",
        "id": listing.symbol,
        "base_currency": listing.base,
        "quote_currency": listing.quote,
        "base_increment": listing.lot_size,
        "quote_increment": listing.tick_size,
        "display_name": f"{listing.base}/{listing.quote}",
        "status": flags["status"],
        "status_message": "",
        "min_market_funds": _SMALLEST_QUOTE,
    }
