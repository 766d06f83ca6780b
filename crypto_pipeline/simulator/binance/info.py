"""Binance's exchangeInfo: the document that names symbols, tick and lot sizes, and limits.

What belongs here: that document for spot and USDⓈ-M perpetuals, complete enough for ccxt and the
exchange's own connector. What does not: which symbols there are (a `KlineSource` says).
"""

from __future__ import annotations

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.bars import SPOT_DECIMALS
from crypto_pipeline.simulator.market.listings import Listing, decimal_text

Document = dict[str, object]

NEVER_DELIVERED = 4_133_404_800_000
"""The delivery date that Binance gives to perpetuals, ms."""


def exchange_info(
    instrument_type: InstrumentType, listings: list[Listing], now: int, weight_limit: int
) -> Document:
    """The whole document.

    Args:
        instrument_type: spot, or USDⓈ-M perpetuals.
        listings: what to list; all of that type.
        now: ms since the epoch.
        weight_limit: REQUEST_WEIGHT allowed in a minute.
    """
    spot = instrument_type is InstrumentType.SPOT
    limits = [_rate_limit("REQUEST_WEIGHT", 1, weight_limit)]
    if spot:
        limits.append(_rate_limit("RAW_REQUESTS", 5, 300_000))
    info: Document = {"timezone": "UTC", "serverTime": now, "rateLimits": limits}
    if not spot:
        assets = {listing.quote for listing in listings}
        info["futuresType"] = "U_MARGINED"
        info["assets"] = [_margin_asset(asset) for asset in sorted(assets)]
    describe = _spot_symbol if spot else _perp_symbol
    symbols = [describe(listing) for listing in listings]
    return {**info, "exchangeFilters": [], "symbols": symbols}


def _rate_limit(kind: str, minutes: int, limit: int) -> Document:
    return {
        "rateLimitType": kind,
        "interval": "MINUTE",
        "intervalNum": minutes,
        "limit": limit,
    }


def _margin_asset(asset: str) -> Document:
    return {"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"}


def _spot_symbol(listing: Listing) -> Document:
    padded_tick = listing.tick * 10 ** (SPOT_DECIMALS - listing.price_decimals)
    tick = decimal_text(padded_tick, SPOT_DECIMALS)
    lot = decimal_text(10 ** (SPOT_DECIMALS - listing.lot_decimals), SPOT_DECIMALS)
    return {
        "symbol": listing.symbol,
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            _price_filter(tick, "922327.00000000"),
            _lot_filter("LOT_SIZE", lot, "9000.00000000"),
            {
                "filterType": "NOTIONAL",
                "minNotional": "5.00000000",
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _perp_symbol(listing: Listing) -> Document:
    return {
        "symbol": listing.symbol,
        "pair": listing.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER_DELIVERED,
        "onboardDate": listing.listed_at,
        "status": "TRADING",
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
        "filters": [
            _price_filter(listing.tick_size, "4529764"),
            _lot_filter("LOT_SIZE", listing.lot_size, "1000"),
            _lot_filter("MARKET_LOT_SIZE", listing.lot_size, "120"),
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }


def _price_filter(tick: str, highest: str) -> Document:
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": tick,
        "maxPrice": highest,
        "tickSize": tick,
    }


def _lot_filter(kind: str, lot: str, most: str) -> Document:
    return {"filterType": kind, "minQty": lot, "maxQty": most, "stepSize": lot}
