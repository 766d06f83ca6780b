"""What Coinbase says of coins and of government money: lists and exchange rates.

What belongs here: the documents of /v2 and of Exchange's /currencies. What does not: products.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np

from crypto_pipeline.simulator.coinbase.notation import order_ids
from crypto_pipeline.simulator.market.listings import Listing

Document = dict[str, object]

FIAT = {
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
}
"""The government money that is listed; only USD has products."""

_NAMES = {
    "AAVE": "Aave",
    "ADA": "Cardano",
    "AVAX": "Avalanche",
    "BCH": "Bitcoin Cash",
    "BTC": "Bitcoin",
    "DOGE": "Dogecoin",
    "DOT": "Polkadot",
    "ETH": "Ethereum",
    "LINK": "Chainlink",
    "LTC": "Litecoin",
    "SOL": "Solana",
    "USD": "US Dollar",
    "USDC": "USDC",
    "USDT": "Tether",
    "XRP": "XRP",
}
_FIAT_RATES = {"USD": Decimal(1), "EUR": Decimal("0.92"), "GBP": Decimal("0.79")}
_DIGITS = Context(prec=18, rounding=ROUND_HALF_EVEN)
_DECIMALS = 8
_ANY_ADDRESS = "^[a-zA-Z0-9]{20,80}$"


def currency_name(code: str) -> str:
    """The name that people call a coin by; its code where none is known."""
    return _NAMES.get(code, code)


def coins_of(listings: list[Listing]) -> list[str]:
    """Every coin of the listings, and USDC, which shares the books of USD."""
    found = {coin: None for listing in listings for coin in (listing.base, listing.quote)}
    return [coin for coin in [*found, "USDC"] if coin not in FIAT]


def legacy_fiat() -> list[Document]:
    """The rows of /v2/currencies."""
    return [{"id": code, "name": name, "min_size": "0.01"} for code, name in FIAT.items()]


def legacy_crypto(coins: list[str]) -> list[Document]:
    """The rows of /v2/currencies/crypto."""
    return [
        {
            "asset_id": order_ids(f"asset:{coin}", np.array([0]))[0],
            "code": coin,
            "name": currency_name(coin),
            "color": "#0052FF",
            "sort_index": 100 + place,
            "exponent": _DECIMALS,
            "type": "crypto",
            "address_regex": _ANY_ADDRESS,
        }
        for place, coin in enumerate(coins)
    ]


def exchange_rates(prices: dict[str, Decimal], currency: str) -> dict[str, str] | None:
    """How much of every currency one of `currency` is worth; None where that is not known.

    Args:
        prices: of each coin in USD, above 0.
        currency: what is exchanged.
    """
    per_dollar = {**_FIAT_RATES}
    per_dollar.update({coin: _DIGITS.divide(Decimal(1), price) for coin, price in prices.items()})
    if currency not in per_dollar:
        return None
    one = per_dollar[currency]
    return {code: f"{_DIGITS.divide(rate, one):f}" for code, rate in per_dollar.items()}


def exchange_currencies(coins: list[str]) -> list[Document]:
    """The rows of Exchange's /currencies."""
    kinds = [*((code, "fiat") for code in FIAT), *((coin, "crypto") for coin in coins)]
    return [_exchange_currency(code, kind, place) for place, (code, kind) in enumerate(kinds)]


def _exchange_currency(code: str, kind: str, place: int) -> Document:
    smallest = "0.01" if kind == "fiat" else "0.00000001"
    return {
        "id": code,
        "name": FIAT.get(code) or currency_name(code),
        "min_size": smallest,
        "status": "online",
        "message": "",
        "max_precision": smallest,
        "convertible_to": [],
        "details": {
            "type": kind,
            "symbol": code,
            "network_confirmations": 1,
            "sort_order": place,
            "crypto_address_link": "",
            "crypto_transaction_link": "",
            "push_payment_methods": [kind],
            "group_types": [kind],
            "display_name": None,
            "processing_time_seconds": None,
            "min_withdrawal_amount": 0.01,
            "max_withdrawal_amount": 1_000_000,
        },
        "default_network": "",
        "supported_networks": [],
        "display_name": code,
    }
