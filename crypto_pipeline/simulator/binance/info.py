"""Binance's exchangeInfo: the document that names symbols, tick and lot sizes, and limits.

What belongs here: that document for spot, USDⓈ-M and the empty COIN-M, with every filter that the
exchange writes. What does not: which symbols there are.
"""

from __future__ import annotations

from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.binance.limits import RAW_REQUESTS
from crypto_pipeline.simulator.market.listings import Listing

Document = dict[str, object]

NEVER_DELIVERED = 4_133_404_800_000
"""The delivery date that Binance gives to perpetuals, ms."""
_SPOT_ORDERS = "LIMIT LIMIT_MAKER MARKET STOP_LOSS STOP_LOSS_LIMIT TAKE_PROFIT TAKE_PROFIT_LIMIT"
_PERP_ORDERS = "LIMIT MARKET STOP STOP_MARKET TAKE_PROFIT TAKE_PROFIT_MARKET TRAILING_STOP_MARKET"
_COLLATERAL = (("USDT", "-10000"), ("BTC", "-0.10000000"), ("USDC", "-10000"), ("BNB", "0"))


def spot_info(
    dialect: Dialect,
    listings: list[tuple[Listing, str]],
    now: int,
    *,
    permission_sets: bool = True,
) -> Document:
    """The whole document of spot.

    Args:
        dialect: spot.
        listings: what to list, each with its status.
        now: ms since the epoch, or µs.
        permission_sets: whether each symbol's are told.
    """
    sets = [["SPOT"]] if permission_sets else []
    limits = [
        _rate_limit("REQUEST_WEIGHT", "MINUTE", 1, dialect.weight_limit),
        _rate_limit("ORDERS", "SECOND", 10, 100),
        _rate_limit("ORDERS", "DAY", 1, 200_000),
        _rate_limit("RAW_REQUESTS", "MINUTE", 5, RAW_REQUESTS),
    ]
    return {
        "timezone": "UTC",
        "serverTime": now,
        "rateLimits": limits,
        "exchangeFilters": [],
        "symbols": [_spot_symbol(listing, status, sets) for listing, status in listings],
    }


def perp_info(dialect: Dialect, listings: list[tuple[Listing, str]], now: int) -> Document:
    """The whole document of USDⓈ-M; arguments as `spot_info`."""
    collateral = [
        {"asset": asset, "marginAvailable": True, "autoAssetExchange": floor}
        for asset, floor in _COLLATERAL
    ]
    return {
        "timezone": "UTC",
        "serverTime": now,
        "futuresType": "U_MARGINED",
        "rateLimits": _perp_limits(dialect),
        "exchangeFilters": [],
        "assets": collateral,
        "symbols": [_perp_symbol(listing, status) for listing, status in listings],
    }


def coin_margined_info(dialect: Dialect, now: int) -> Document:
    """The document of COIN-M, which lists nothing here."""
    limits = _perp_limits(dialect)[:2]
    info: Document = {"timezone": "UTC", "serverTime": now, "rateLimits": limits}
    return {**info, "exchangeFilters": [], "symbols": []}


def _perp_limits(dialect: Dialect) -> list[Document]:
    return [
        _rate_limit("REQUEST_WEIGHT", "MINUTE", 1, dialect.weight_limit),
        _rate_limit("ORDERS", "MINUTE", 1, 1200),
        _rate_limit("ORDERS", "SECOND", 10, 300),
    ]


def _rate_limit(kind: str, interval: str, number: int, limit: int) -> Document:
    named = {"rateLimitType": kind, "interval": interval}
    return {**named, "intervalNum": number, "limit": limit}


def _spot_symbol(listing: Listing, status: str, sets: list[list[str]]) -> Document:
    digits = {"baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8}
    return {
        "symbol": listing.symbol,
        "status": status,
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        **digits,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": _SPOT_ORDERS.split(),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": status == "TRADING",
        "isMarginTradingAllowed": False,
        "filters": _spot_filters(listing),
        "permissions": [],
        "permissionSets": sets,
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": [
            *("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")
        ],
    }


def _spot_filters(listing: Listing) -> list[Document]:
    digits = digits_of(listing)
    tick, lot = digits.price_text(listing.tick), digits.amount_text(listing.lot)
    return [
        _price_filter(tick, "922327.00000000"),
        _lot_filter("LOT_SIZE", lot, "9000000.00000000"),
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        _lot_filter("MARKET_LOT_SIZE", "0.00000000", "1378.22417541"),
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "5",
            "askMultiplierDown": "0.2",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": "5.00000000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


def _perp_symbol(listing: Listing, status: str) -> Document:
    return {
        "symbol": listing.symbol,
        "pair": listing.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _delivery(listing, status),
        "onboardDate": listing.listed_at,
        "status": status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": listing.price_decimals,
        "quantityPrecision": listing.lot_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["Layer-1"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": _perp_filters(listing),
        "orderTypes": _PERP_ORDERS.split(),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY", "DCA", "PSB"],
    }


def _delivery(listing: Listing, status: str) -> int:
    settling = status == "SETTLING" and listing.delisted_at is not None
    return listing.delisted_at or 0 if settling else NEVER_DELIVERED


def _perp_filters(listing: Listing) -> list[Document]:
    return [
        _price_filter(listing.tick_size, "4529764"),
        _lot_filter("LOT_SIZE", listing.lot_size, "10000000"),
        _lot_filter("MARKET_LOT_SIZE", listing.lot_size, "120000"),
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]


def _price_filter(tick: str, highest: str) -> Document:
    return {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": highest, "tickSize": tick}


def _lot_filter(kind: str, lot: str, most: str) -> Document:
    return {"filterType": kind, "minQty": lot, "maxQty": most, "stepSize": lot}
