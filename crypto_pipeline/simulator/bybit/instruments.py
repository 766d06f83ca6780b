"""Bybit's instruments-info: what is listed, with steps and limits.

What belongs here: one row's keys, filters, and pages. What does not: which coins there are.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote

from crypto_pipeline.simulator.bybit.categories import LINEAR, SPOT, Category, listed_in
from crypto_pipeline.simulator.bybit.envelope import PARAMETER, RefusedError
from crypto_pipeline.simulator.bybit.parameters import Query, limit_of, unknown_symbol
from crypto_pipeline.simulator.bybit.tickers import FUNDING_CAP
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text
from crypto_pipeline.simulator.wire.answers import compact

DEFAULT_ROWS, MOST_ROWS = 500, 1000
TRADING, CLOSED = "Trading", "Closed"
_MOST_TICKS = 19_999_998
_MOST_LOTS = 1_190_000
_EMPTY = b'{"category":"","list":[],"nextPageCursor":""}'
_LIMIT_RATIOS = {
    SPOT: {"priceLimitRatioX": "0.005", "priceLimitRatioY": "0.01"},
    LINEAR: {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
}
Row = dict[str, object]


def instruments_result(
    market: SyntheticMarket, category: Category, query: Query, now_ms: int
) -> bytes:
    """The `result` of instruments-info.

    Spot is one page. The others are cut at `limit`, and `nextPageCursor` (URL-encoded, as Bybit
    sends it) leads on; it is empty on the last page.

    Raises:
        RefusedError: a linear symbol that was never listed, a cursor that is none.
    """
    known = listed_in(market, category, now_ms)
    rows = [listing for listing in known if _wanted(listing, query, now_ms)]
    symbol = query.get("symbol")
    if category is not SPOT and symbol and all(symbol != each.symbol for each in known):
        raise unknown_symbol(category, _EMPTY)
    if category is SPOT:
        listed = [spot_row(each, _number(known, each)) for each in rows]
        return compact({"category": category.name, "list": listed})
    page, cursor = _page(rows, query)
    listed = [linear_row(each, _number(known, each), now_ms) for each in page]
    return compact({"category": category.name, "list": listed, "nextPageCursor": cursor})


def _wanted(listing: Listing, query: Query, now_ms: int) -> bool:
    status = TRADING if listing.trading(now_ms) else CLOSED
    return (
        status == (query.get("status") or TRADING)
        and listing.symbol == (query.get("symbol") or listing.symbol)
        and listing.base == (query.get("baseCoin") or listing.base)
    )


def _page(rows: list[Listing], query: Query) -> tuple[list[Listing], str]:
    """The rows after the cursor, and the next cursor."""
    after, limit = query.get("cursor", ""), limit_of(query, DEFAULT_ROWS, MOST_ROWS)
    if after:
        last = parse_qs(after).get("last")
        if last is None:
            raise RefusedError(PARAMETER, "params error: cursor invalid")
        rows = [listing for listing in rows if listing.symbol > last[0]]
    page = rows[:limit]
    if len(rows) <= limit:
        return page, ""
    return page, quote(f"first={page[0].symbol}&last={page[-1].symbol}", safe="")


def _number(known: list[Listing], listing: Listing) -> int:
    return known.index(listing) + 1


def spot_row(listing: Listing, number: int) -> Row:
    """A spot pair."""
    lots, money = listing.lot_decimals, listing.price_decimals + listing.lot_decimals
    most = decimal_text(_MOST_LOTS * listing.lot, lots)
    return {
        "symbolId": number,
        "symbol": listing.symbol,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "status": TRADING,
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": decimal_text(1, lots),
            "quotePrecision": decimal_text(1, money),
            "minOrderQty": listing.lot_size,
            "maxOrderQty": most,
            "minOrderAmt": "5",
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": most,
            "maxMarketOrderQty": decimal_text(_MOST_LOTS // 2 * listing.lot, lots),
            "postOnlyMaxLimitOrderSize": most,
        },
        "priceFilter": {"tickSize": listing.tick_size},
        "riskParameters": _LIMIT_RATIOS[SPOT],
        "symbolType": "",
    }


def linear_row(listing: Listing, number: int, now_ms: int) -> Row:
    """A linear perpetual; `fundingInterval` is in minutes."""
    closed = listing.delisted_at if not listing.trading(now_ms) else None
    return {
        "symbol": listing.symbol,
        "symbolId": number,
        "contractType": "LinearPerpetual",
        "status": TRADING if closed is None else CLOSED,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "launchTime": str(listing.listed_at),
        "deliveryTime": str(closed or 0),
        "deliveryFeeRate": "",
        "priceScale": str(listing.price_decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": listing.tick_size,
            "maxPrice": decimal_text(_MOST_TICKS * listing.tick, listing.price_decimals),
            "tickSize": listing.tick_size,
        },
        "lotSizeFilter": _linear_lots(listing),
        "unifiedMarginTrade": True,
        "fundingInterval": listing.interval_hours * 60,
        "settleCoin": listing.quote,
        "copyTrading": "both",
        "upperFundingRate": FUNDING_CAP,
        "lowerFundingRate": f"-{FUNDING_CAP}",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": _LIMIT_RATIOS[LINEAR],
        "symbolType": "",
    }


def _linear_lots(listing: Listing) -> Row:
    lots = listing.lot_decimals
    most = decimal_text(_MOST_LOTS * listing.lot, lots)
    return {
        "maxOrderQty": most,
        "minOrderQty": listing.lot_size,
        "qtyStep": listing.lot_size,
        "postOnlyMaxOrderQty": most,
        "maxMktOrderQty": decimal_text(_MOST_LOTS // 2 * listing.lot, lots),
        "minNotionalValue": "5",
    }
