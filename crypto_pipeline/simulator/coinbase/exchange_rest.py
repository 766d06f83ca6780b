"""Exchange's public REST on api.exchange.coinbase.com.

What belongs here: paths, parameters, limits and errors. What does not: how products
(`documents.py`), candles (`candles.py`), trades and books (`quotes.py`) are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from crypto_pipeline.simulator.coinbase.bodies import encoded, written
from crypto_pipeline.simulator.coinbase.candles import EXCHANGE_LENGTHS, exchange_rows
from crypto_pipeline.simulator.coinbase.currencies import coins_of, exchange_currencies
from crypto_pipeline.simulator.coinbase.documents import exchange_product, state
from crypto_pipeline.simulator.coinbase.notation import instant
from crypto_pipeline.simulator.coinbase.quotes import (
    exchange_book,
    exchange_ticker,
    exchange_trades,
    newest_first,
)
from crypto_pipeline.simulator.coinbase.refusals import RequestError, exchange_refusal
from crypto_pipeline.simulator.coinbase.sequences import sequence_of
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.market.texts import decimal_text
from crypto_pipeline.simulator.market.timeframes import SECOND, Timeframe
from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.limits import Bucket
from crypto_pipeline.simulator.wire.rules import Rules

Query = Mapping[str, str]
Document = dict[str, object]

REQUESTS_PER_SECOND = 10
BURST = 15
MOST_INTERVALS = 300
CANDLES_WITHOUT_RANGE = 350
MOST_TRADES = 1000
_REFUSALS = {
    403: "Forbidden",
    404: "NotFound",
    429: "Public rate limit exceeded",
    500: "Internal server error",
}
_PRODUCT = re.compile(r"/products/([^/]+)(?:|/(candles|trades|book|ticker|stats))")
_NUMBER = re.compile(r"[0-9]{1,18}")
_UNIX = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")


class ExchangeRest:
    """The answers of api.exchange.coinbase.com.

    Args:
        view: what there is to tell.
        rules: whether limits are enforced.
    """

    def __init__(self, view: View, rules: Rules) -> None:
        self.market, self.clock, self.levels = view.market, view.clock, view.levels
        self.products, self.statistics = view.products, view.statistics
        self._rows = EncodedRows(view.market, exchange_rows)
        self._limit = Bucket(rules, BURST, REQUESTS_PER_SECOND)
        self._routes: dict[str, Callable[[Listing, Query], Answer]] = {
            "": self._product,
            "candles": self._candles,
            "trades": self._trades,
            "book": self._book,
            "ticker": self._ticker,
            "stats": self._stats,
        }

    def slow(self, request: Request) -> bool:
        """All but the time."""
        return request.path != "/time"

    def refusal(self, status: int) -> Answer | None:
        """The documented ones are messages in JSON."""
        said = _REFUSALS.get(status)
        return None if said is None else exchange_refusal(status, said)

    def answer(self, request: Request) -> Answer:
        """Answer a GET, its cost counted first."""
        if not self._limit.take(request.client).allowed:
            refused = exchange_refusal(429, _REFUSALS[429])
            return replace(refused, weight=1, violation=True)
        try:
            answer = self._answered(request.path, request.query)
        except RequestError as error:
            answer = exchange_refusal(error.status, error.message)
        return replace(answer, weight=1)

    def _answered(self, path: str, query: Query) -> Answer:
        if path == "/time":
            return written(self._time())
        if path in ("/products", "/currencies"):
            return written(self._all_products() if path == "/products" else self._currencies())
        matched = _PRODUCT.fullmatch(path)
        listing = matched and self.products.listing(matched[1], self.clock.now_ms())
        if matched is None or listing is None:
            raise RequestError(404, "NotFound")
        return self._routes[matched[2] or ""](listing, query)

    def _time(self) -> Document:
        now = self.clock.now_ms()
        return {"iso": instant(now * 1000)[:-4] + "Z", "epoch": now / 1000}

    def _currencies(self) -> list[Document]:
        return exchange_currencies(coins_of(self.products.listings(self.clock.now_ms())))

    def _all_products(self) -> list[Document]:
        return [self._described(each) for each in self.products.listings(self.clock.now_ms())]

    def _described(self, listing: Listing) -> Document:
        now = self.clock.now_ms()
        flags = state(listing, now, halted=self.market.halted(listing, now))
        return exchange_product(listing, flags)

    def _product(self, listing: Listing, _: Query) -> Answer:
        return written(self._described(listing))

    def _ticker(self, listing: Listing, _: Query) -> Answer:
        now = self.clock.now_us()
        if not listing.trading(now // 1000):
            raise RequestError(404, "NotFound")
        book = self.market.book(listing, now, 1)
        last, day = self.statistics.last_trade(listing, now), self.statistics.day(listing, now)
        return written(exchange_ticker(listing, book, last, day.volume))

    def _stats(self, listing: Listing, _: Query) -> Answer:
        now, price, lots = self.clock.now_us(), listing.price_decimals, listing.lot_decimals
        day, month = self.statistics.day(listing, now), self.statistics.month(listing, now)
        last = self.statistics.last_trade(listing, now)
        prices = {"open": day.first, "high": day.high, "low": day.low}
        document = {name: decimal_text(value, price) for name, value in prices.items()}
        document["last"] = decimal_text(int(last.price[0]) if len(last) else 0, price)
        document["volume"] = decimal_text(day.volume, lots)
        document["volume_30day"] = decimal_text(month.volume, lots)
        return written(document)

    def _book(self, listing: Listing, query: Query) -> Answer:
        level = query.get("level", "1")
        if level not in ("1", "2", "3"):
            raise RequestError(400, "Invalid level")
        now = self.clock.now_us()
        if not listing.trading(now // 1000):
            raise RequestError(404, "NotFound")
        best = level == "1"
        levels = self.levels
        book = self.market.book(listing, now, 1) if best else levels.book(listing, now)
        sequence = sequence_of(self.market.last_id(listing, now + 1))
        return encoded(exchange_book(listing, book, int(level), sequence))

    def _trades(self, listing: Listing, query: Query) -> Answer:
        limit = min(max(_whole(query, "limit", MOST_TRADES), 1), MOST_TRADES)
        until = self.clock.now_us() + 1
        newest = self.market.last_id(listing, until)
        first = newest - limit + 1
        if query.get("after"):
            first = min(newest, _whole(query, "after", 0) - 1) - limit + 1
        if query.get("before"):
            first = max(first, _whole(query, "before", 0) + 1)
        count = limit if not query.get("after") else min(limit, _whole(query, "after", 0) - first)
        trades = newest_first(self.market.trades_from(listing, first, max(count, 0), until))
        answer = encoded(b"[" + b",".join(exchange_trades(listing, trades)) + b"]")
        if not len(trades):
            return answer
        cursors = {"CB-BEFORE": str(trades.trade_id[0]), "CB-AFTER": str(trades.trade_id[-1])}
        return replace(answer, headers={**answer.headers, **cursors})

    def _candles(self, listing: Listing, query: Query) -> Answer:
        length = query.get("granularity", "60")
        if length not in map(str, EXCHANGE_LENGTHS):
            raise RequestError(400, "Unsupported granularity")
        now, frame = self.clock.now_us(), Timeframe(int(length) * SECOND)
        window = self._window(query, frame, now // 1000)
        rows = self._rows.rows(listing, frame, window, now + 1)
        answer = encoded(b"[" + b",".join(reversed(rows)) + b"]")
        cached = {"Cache-Control": "public, max-age=300, must-revalidate"}
        return replace(answer, headers={**answer.headers, **cached})

    def _window(self, query: Query, frame: Timeframe, now: int) -> Window:
        """What is asked for; with one bound alone both are ignored."""
        start, end = query.get("start"), query.get("end")
        if not start or not end:
            return Window(0, now, CANDLES_WITHOUT_RANGE, newest=True)
        first, last = _instant("start", start), _instant("end", end)
        if first > last:
            raise RequestError(400, "start must be before end")
        if last - first > MOST_INTERVALS * frame.step:
            raise RequestError(
                400,
                "granularity too small for the requested time range. "
                f"Count of aggregations requested exceeds {MOST_INTERVALS}",
            )
        return Window(first, min(last, now), MOST_INTERVALS + 1, newest=True)


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not _NUMBER.fullmatch(text):
        raise RequestError(400, f"Invalid {name}")
    return int(text)


def _instant(name: str, text: str) -> int:
    """Read ISO 8601 (UTC unless it says otherwise) or unix seconds, as ms since the epoch."""
    if _UNIX.fullmatch(text):
        return int(float(text) * 1000)
    try:
        read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise RequestError(400, f"Invalid {name} {text}") from None
