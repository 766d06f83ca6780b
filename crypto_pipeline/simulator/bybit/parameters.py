"""How Bybit's REST reads its parameters.

What belongs here: categories, symbols, numbers, and how a wrong one is refused. What does not:
what is done with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from crypto_pipeline.simulator.bybit.categories import (
    CATEGORIES,
    SPOT,
    Category,
    ever_listed,
    trading,
)
from crypto_pipeline.simulator.bybit.envelope import PARAMETER, RefusedError
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

Query = Mapping[str, str]
Route = Callable[[Query, int], bytes]
"""From the parameters and now (µs) to a `result`."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def category_of(query: Query, message: str, default: str = "") -> Category:
    """The category that a request names.

    Args:
        query: the parameters.
        message: `retMsg` where there is no such category.
        default: the category of a request that names none.
    """
    found = CATEGORIES.get(query.get("category") or default)
    if found is None:
        raise RefusedError(PARAMETER, message)
    return found


def unknown_symbol(category: Category, result: bytes = b"{}") -> RefusedError:
    """How a category refuses a symbol."""
    spot = category is SPOT
    message = "Not supported symbols" if spot else "params error: symbol invalid"
    return RefusedError(PARAMETER, message, result)


def whole_number(query: Query, name: str) -> int | None:
    """An integer parameter, None where it was not sent or is empty."""
    written = query.get(name, "")
    if not written:
        return None
    if not _WHOLE.fullmatch(written):
        raise RefusedError(PARAMETER, f"params error: {name} invalid")
    return int(written)


def limit_of(query: Query, default: int, most: int) -> int:
    """The `limit` parameter: silently brought down to `most`, the default where it is below 1."""
    limit = whole_number(query, "limit")
    return default if limit is None or limit < 1 else min(limit, most)


def known_listing(market: SyntheticMarket, category: Category, query: Query, now: int) -> Listing:
    """The listing that a request names, delisted or not.

    Raises:
        RefusedError: it was not listed by `now` (µs).
    """
    return _found(ever_listed(market, category, query.get("symbol", ""), now // 1000), category)


def trading_listing(market: SyntheticMarket, category: Category, query: Query, now: int) -> Listing:
    """The listing that a request names.

    Raises:
        RefusedError: it does not trade at `now` (µs).
    """
    return _found(trading(market, category, query.get("symbol", ""), now // 1000), category)


def _found(listing: Listing | None, category: Category) -> Listing:
    if listing is None:
        raise unknown_symbol(category)
    return listing
