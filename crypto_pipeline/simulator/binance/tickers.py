"""Depth and tickers on REST.

What belongs here: depth, ticker/24hr, ticker/bookTicker, ticker/price, avgPrice as documents. What
does not: which symbols a request means, their streams (`ticker_streams.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.binance.books import (
    best_texts,
    levels_text,
    update_id,
    without_levels,
)
from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.digits import SPOT_DIGITS, Digits, digits_of, signed_text
from crypto_pipeline.simulator.binance.parameters import (
    Query,
    RequestError,
    rough_limit,
    row_limit,
)
from crypto_pipeline.simulator.binance.statistics import AVERAGED_MINUTES, Rolling, Statistics
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Book
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text

Document = dict[str, object]

PERCENT_DIGITS = 3
_BEST = ("bidPrice", "bidQty", "askPrice", "askQty")
NEVER_TRADED = Rolling(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1)
"""The day of a symbol that was just listed."""


class Tickers:
    """The answers about book and prices on one host.

    Args:
        dialect: spot or perpetuals.
        market: whose books and trades.
    """

    def __init__(self, dialect: Dialect, market: SyntheticMarket) -> None:
        self.dialect, self.market, self.statistics = dialect, market, Statistics(market)

    def _book(self, listing: Listing, now_us: int, depth: int) -> Book:
        """The best levels, through a halt as before it; none of what does not trade."""
        if listing.trading(now_us // 1000):
            return self.market.book(listing, now_us, depth)
        last = (listing.delisted_at or listing.listed_at) * 1000 - 1
        return without_levels(self.market.book(listing, last, 1))

    def depth_limit(self, query: Query) -> int:
        """How many levels a request asks for.

        Raises:
            RequestError: perpetuals have no such depth, or it is no number.
        """
        allowed = [most for most, _ in self.dialect.depth_weights]
        limit = row_limit(query, allowed[-1], self.dialect.default_depth)
        asked = query.get("limit", str(limit))
        if not self.dialect.spot and int(asked) not in allowed:
            raise RequestError(-4021, f"{asked} is not valid depth limit.")
        return limit

    def depth_weight(self, query: Query) -> int:
        """What the request weighs; a bad one the least."""
        weights = self.dialect.depth_weights
        limit = rough_limit(query, self.dialect.default_depth)
        return next((weight for most, weight in weights if limit <= most), weights[-1][1])

    def depth(self, listing: Listing, query: Query, now_us: int, per_ms: int) -> bytes:
        """The best levels, as JSON text.

        Raises:
            RequestError: the limit is wrong.
        """
        book = self._book(listing, now_us, self.depth_limit(query))
        digits = digits_of(listing)
        sent = now_us * per_ms // 1000
        times = "" if self.dialect.spot else f'"E":{sent},"T":{book.at * per_ms // 1000},'
        return (
            f'{{"lastUpdateId":{update_id(book)},{times}'
            f'"bids":{levels_text(digits, book.bid_price, book.bid_amount)},'
            f'"asks":{levels_text(digits, book.ask_price, book.ask_amount)}}}'
        ).encode()

    def book_ticker(self, listing: Listing, now_us: int) -> Document:
        """Best bid and ask."""
        book = self._book(listing, now_us, 1)
        names, levels = _BEST, best_texts(digits_of(listing), book)
        best: Document = {"symbol": listing.symbol, **dict(zip(names, levels, strict=True))}
        return best if self.dialect.spot else {**best, "time": book.at // 1000}

    def price(self, listing: Listing, now_us: int) -> Document:
        """The newest trade's price, 0 before the first."""
        trades = self.market.last_trade(listing, now_us)
        price = digits_of(listing).price_text(int(trades.price.sum()))
        told: Document = {"symbol": listing.symbol, "price": price}
        return told if self.dialect.spot else {**told, "time": now_us // 1000}

    def average(self, listing: Listing, now_us: int) -> Document:
        """The mean price of five minutes."""
        quote, volume, close = self.statistics.average(listing, now_us)
        price = mean_text(digits_of(listing), quote, volume, close)
        return {"mins": AVERAGED_MINUTES, "price": price, "closeTime": now_us // 1000}

    def day(self, listing: Listing, now_us: int, *, mini: bool = False) -> Document:
        """The 24 h ticker, zeros before any trade; `mini` leaves out changes and the book."""
        day = self.statistics.day(listing, now_us) or NEVER_TRADED
        digits = digits_of(listing)
        times = {"openTime": day.open_time, "closeTime": now_us // 1000}
        ids = {"firstId": day.first_id, "lastId": day.last_id, "count": day.count}
        shown = {"symbol": listing.symbol, **_prices(digits, day)}
        if mini:
            return {**shown, **times, **ids}
        changes = _changes(digits, day)
        best = self.book_ticker(listing, now_us) if self.dialect.spot else {}
        if self.dialect.spot:
            changes["prevClosePrice"] = digits.price_text(day.previous_close)
        return {**shown, **changes, **best, **times, **ids}


def _prices(digits: Digits, day: Rolling) -> Document:
    return {
        "openPrice": digits.price_text(day.open),
        "highPrice": digits.price_text(day.high),
        "lowPrice": digits.price_text(day.low),
        "lastPrice": digits.price_text(day.close),
        "volume": digits.amount_text(day.volume),
        "quoteVolume": digits.value_text(day.quote_volume),
    }


def _changes(digits: Digits, day: Rolling) -> Document:
    return {
        "priceChange": digits.price_text(day.close - day.open),
        "priceChangePercent": percent_text(day),
        "weightedAvgPrice": mean_text(digits, day.quote_volume, day.volume, day.close),
        "lastQty": digits.amount_text(day.last_amount),
    }


def percent_text(day: Rolling) -> str:
    """The day's change in percent, three digits."""
    change = (day.close - day.open) * 10 ** (PERCENT_DIGITS + 2)
    return signed_text(round(change / day.open) if day.open else 0, PERCENT_DIGITS)


def mean_text(digits: Digits, quote: int, volume: int, close: int) -> str:
    """Quote volume by base volume, cut to a price's digits; `close` where nothing traded."""
    if volume == 0:
        return digits.price_text(close)
    printed = SPOT_DIGITS if digits.printed else digits.price
    return decimal_text(quote * 10 ** (printed - digits.price) // volume, printed)
