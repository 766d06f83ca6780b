"""Tickers as Bybit writes them: REST rows and the data of the tickers topic.

What belongs here: keys and their texts. What does not: the figures (`figures.py`), and when a
frame is due (`ticker_feed.py`).
"""

from __future__ import annotations

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.bybit.figures import BybitFigures, LastTrade
from crypto_pipeline.simulator.bybit.numbers import rounded_text
from crypto_pipeline.simulator.market.figures import Totals
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book, Mark
from crypto_pipeline.simulator.market.texts import decimal_text, signed_text, trimmed_text

FUNDING_CAP = "0.005"
Row = dict[str, str]
_BEST_KEYS = ("bid1Price", "bid1Size", "ask1Price", "ask1Size")


def change_text(price: int, before: int, digits: int) -> str:
    """The relative change between two prices, rounded."""
    if not price or not before:
        return "0"
    scaled = abs(price - before) * 10**digits
    rounded = (2 * scaled + before) // (2 * before)
    return signed_text(rounded if price >= before else -rounded, digits)


def linear_data(figures: BybitFigures, listing: Listing, at: int) -> Row:
    """The `data` of a linear ticker's snapshot, at an instant in µs."""
    decimals, mark = listing.price_decimals, figures.mark(listing, at)
    last = figures.last(listing, at)
    day = figures.day(listing, at).with_price(last.price)
    prices = {**_prices(last, day), "prevPrice1h": figures.hour_ago(listing, at)}
    return {
        "symbol": listing.symbol,
        "tickDirection": last.direction,
        "price24hPcnt": change_text(last.price, day.first, 6),
        **{name: decimal_text(price, decimals) for name, price in prices.items()},
        "markPrice": rounded_text(mark.mark, DECIMALS, decimals),
        "indexPrice": rounded_text(mark.index, DECIMALS, decimals),
        **_open_interest(listing, figures.open_interest(listing, at), mark),
        "turnover24h": rounded_text(day.quote_volume, decimals + listing.lot_decimals, 4),
        "volume24h": rounded_text(day.volume, listing.lot_decimals, 4),
        "fundingIntervalHour": str(mark.interval_hours),
        "fundingCap": FUNDING_CAP,
        "nextFundingTime": str(mark.next_funding),
        "fundingRate": signed_text(mark.predicted_rate, DECIMALS),
        **_best(listing, figures.best(listing, at), padded=True),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def linear_row(figures: BybitFigures, listing: Listing, at: int) -> Row:
    """A REST row of a linear ticker: the snapshot's keys, some of futures, no tick direction."""
    data = linear_data(figures, listing, at)
    empty = ("predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "basis", "basisRateYear")
    row = {name: text for name, text in data.items() if name != "tickDirection"}
    return {**row, **dict.fromkeys(empty, ""), "deliveryTime": "0"}


def spot_row(figures: BybitFigures, listing: Listing, at: int) -> Row:
    """A REST row of a spot ticker, at an instant in µs: the frame's keys, best bid and ask."""
    best = _best(listing, figures.best(listing, at), padded=False)
    return {"symbol": listing.symbol, **best, **spot_data(figures, listing, at)}


def spot_data(figures: BybitFigures, listing: Listing, at: int) -> Row:
    """The `data` of a spot ticker's frame, at an instant in µs: no bid and ask."""
    decimals, lots = listing.price_decimals, listing.lot_decimals
    last = figures.last(listing, at)
    day = figures.day(listing, at).with_price(last.price)
    prices = _prices(last, day)
    names = ("lastPrice", "highPrice24h", "lowPrice24h", "prevPrice24h")
    return {
        "symbol": listing.symbol,
        **{name: trimmed_text(prices[name], decimals) for name in names},
        "volume24h": trimmed_text(day.volume, lots),
        "turnover24h": trimmed_text(day.quote_volume, decimals + lots),
        "price24hPcnt": change_text(last.price, day.first, 4),
        "usdIndexPrice": _usd_index(figures, listing, at),
    }


def _prices(last: LastTrade, day: Totals) -> dict[str, int]:
    return {
        "lastPrice": last.price,
        "prevPrice24h": day.first,
        "highPrice24h": day.high,
        "lowPrice24h": day.low,
    }


def _open_interest(listing: Listing, single: int, mark: Mark) -> Row:
    """Of both sides and of one; values in the quote coin with two digits."""
    lots, decimals = listing.lot_decimals, listing.lot_decimals + DECIMALS
    return {
        "openInterest": decimal_text(2 * single, lots),
        "openInterestValue": rounded_text(2 * single * mark.mark, decimals, 2),
        "singleOpenInterest": decimal_text(single, lots),
        "singleOpenInterestValue": rounded_text(single * mark.mark, decimals, 2),
    }


def _best(listing: Listing, book: Book, *, padded: bool) -> Row:
    write = decimal_text if padded else trimmed_text
    price, lot = listing.price_decimals, listing.lot_decimals
    texts = (
        write(int(book.bid_price[0]), price),
        write(int(book.bid_amount[0]), lot),
        write(int(book.ask_price[0]), price),
        write(int(book.ask_amount[0]), lot),
    )
    return dict(zip(_BEST_KEYS, texts, strict=True))


def _usd_index(figures: BybitFigures, listing: Listing, at: int) -> str:
    """The index of the coin's perpetual, empty where it has none."""
    perpetual = figures.market.listing("bybit", InstrumentType.PERP, f"{listing.base}USDT")
    if perpetual is None or not perpetual.trading(at // 1000):
        return ""
    return trimmed_text(figures.mark(perpetual, at).index, DECIMALS)
