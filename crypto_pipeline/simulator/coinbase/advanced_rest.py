"""Advanced Trade's public REST on api.coinbase.com, and what ccxt asks of its older /v2 paths.

What belongs here: paths, parameters, limits and errors. What does not: how products
(`documents.py`), candles (`candles.py`), trades and books (`quotes.py`) are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from crypto_pipeline.simulator.coinbase import currencies
from crypto_pipeline.simulator.coinbase.bodies import encoded, written
from crypto_pipeline.simulator.coinbase.candles import ADVANCED_FRAMES, advanced_rows
from crypto_pipeline.simulator.coinbase.documents import advanced_product, state
from crypto_pipeline.simulator.coinbase.notation import instant
from crypto_pipeline.simulator.coinbase.products import Product
from crypto_pipeline.simulator.coinbase.quotes import advanced_book, advanced_ticker
from crypto_pipeline.simulator.coinbase.refusals import (
    RequestError,
    advanced_refusal,
    invalid,
    legacy_refusal,
    plain_refusal,
)
from crypto_pipeline.simulator.coinbase.view import View
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.limits import Bucket, FixedWindow
from crypto_pipeline.simulator.wire.rules import Rules

Query = Mapping[str, str]
Document = dict[str, object]

REQUESTS_PER_SECOND = 10
LEGACY_REQUESTS_PER_HOUR = 10_000
MOST_CANDLES = 350
MOST_TRADES = 100
MOST_LEVELS = 1000
_ROOT = "/api/v3/brokerage"
_PRODUCT = re.compile(f"{_ROOT}/market/products/([^/]+)(|/candles|/ticker)")
_TWINS = (f"{_ROOT}/products", f"{_ROOT}/product_book")
_NUMBER = re.compile(r"[0-9]{1,12}")
_LAST_SECOND = 253_402_300_799
_TYPES = ("SPOT", "FUTURE", "UNKNOWN_PRODUCT_TYPE")


class AdvancedRest:
    """The answers of api.coinbase.com.

    Args:
        view: what there is to tell.
        rules: whether limits are enforced.
    """

    def __init__(self, view: View, rules: Rules) -> None:
        self.market, self.clock, self.levels = view.market, view.clock, view.levels
        self.products, self.statistics = view.products, view.statistics
        self._rows = EncodedRows(view.market, advanced_rows)
        self._limit = Bucket(rules, REQUESTS_PER_SECOND, REQUESTS_PER_SECOND)
        self._legacy_limit = FixedWindow(rules, LEGACY_REQUESTS_PER_HOUR, 3600)
        self._routes: dict[str, Callable[[Query], object]] = {
            f"{_ROOT}/time": self._time,
            f"{_ROOT}/market/products": self._products,
            f"{_ROOT}/market/product_book": self._book,
            "/v2/time": self._legacy_time,
            "/v2/currencies": lambda _: {"data": currencies.legacy_fiat()},
            "/v2/currencies/crypto": self._crypto,
            "/v2/exchange-rates": self._rates,
        }

    def slow(self, request: Request) -> bool:
        """All but the time."""
        return not request.path.endswith("/time")

    def refusal(self, status: int) -> Answer | None:
        """The bodies that are known: those of 404 and 429."""
        if status == 404:
            return advanced_refusal(404, "NOT_FOUND", "Not found")
        return plain_refusal(429, "Too Many Requests") if status == 429 else None

    def answer(self, request: Request) -> Answer:
        """Answer a GET, its cost counted first."""
        legacy = request.path.startswith("/v2/")
        verdict = (self._legacy_limit if legacy else self._limit).take(request.client)
        if not verdict.allowed:
            return replace(_over_limit(legacy=legacy), weight=1, violation=True)
        try:
            answer = self._answered(_public(request), request.query)
        except RequestError as error:
            answer = _refused(error, legacy=legacy)
        return replace(answer, weight=1)

    def _answered(self, path: str, query: Query) -> Answer:
        route, matched = self._routes.get(path), _PRODUCT.fullmatch(path)
        if route is not None:
            return written(route(query))
        if matched is None:
            if path.startswith(f"{_ROOT}/") and not path.startswith(f"{_ROOT}/market"):
                return plain_refusal(401, "Unauthorized\n")
            raise RequestError(404, "Not found", "NOT_FOUND")
        product = self._product(matched[1], ended=matched[2] != "/ticker")
        if matched[2] == "/candles":
            return self._candles(product, query)
        if matched[2] == "/ticker":
            return self._ticker(product, query)
        return written(self._described(product))

    def _time(self, _: Query) -> Document:
        now = self.clock.now_ms()
        iso = instant(now // 1000 * 1_000_000)[:19] + "Z"
        return {"iso": iso, "epochSeconds": str(now // 1000), "epochMillis": str(now)}

    def _legacy_time(self, _: Query) -> Document:
        now = self.clock.now_us()
        return {"data": {"iso": instant(now)[:19] + "Z", "epoch": now // 1_000_000}}

    def _crypto(self, _: Query) -> Document:
        coins = currencies.coins_of(self.products.listings(self.clock.now_ms()))
        return {"data": currencies.legacy_crypto(coins)}

    def _rates(self, query: Query) -> Document:
        currency, now = query.get("currency", "USD"), self.clock.now_us()
        prices = {"USDC": Decimal(1)}
        for listing in self.products.listings(now // 1000):
            last = self.statistics.last_trade(listing, now)
            if listing.quote == "USD" and len(last):
                prices[listing.base] = Decimal(int(last.price[0])).scaleb(-listing.price_decimals)
        rates = currencies.exchange_rates(prices, currency)
        if rates is None:
            raise RequestError(400, f"Invalid currency ({currency})", "invalid_request")
        return {"data": {"currency": currency, "rates": rates}}

    def _product(self, product_id: str, *, ended: bool = True) -> Product:
        now = self.clock.now_ms()
        product = self.products.product(product_id, now)
        if product is None or not (ended or product.listing.trading(now)):
            raise RequestError(404, f"Product {product_id} not found", "NOT_FOUND")
        return product

    def _products(self, query: Query) -> Document:
        kind, wanted = query.get("product_type", "SPOT"), query.get("product_ids", "")
        if kind not in _TYPES:
            raise invalid(f"product_type {kind} is not valid")
        ended = query.get("get_all_products") == "true"
        found = [] if kind == "FUTURE" else self.products.products(self.clock.now_ms(), ended=ended)
        if wanted:
            found = [each for each in found if each.product_id in wanted.split(",")]
        offset = _whole(query, "offset", 0)
        found = found[offset : offset + (_whole(query, "limit", 0) or len(found))]
        rows = [self._described(product) for product in found]
        return {"products": rows, "num_products": len(rows), "pagination": None}

    def _described(self, product: Product) -> Document:
        listing, now = product.listing, self.clock.now_us()
        last = self.statistics.last_trade(listing, now)
        days = self.statistics.day(listing, now), self.statistics.day_before(listing, now)
        flags = state(listing, now // 1000, halted=self.market.halted(listing, now // 1000))
        return advanced_product(product, int(last.price[0]) if len(last) else 0, days, flags)

    def _book(self, query: Query) -> Document:
        product = self._product(_required(query, "product_id"), ended=False)
        levels = min(_whole(query, "limit", MOST_LEVELS) or MOST_LEVELS, MOST_LEVELS)
        now = self.clock.now_us()
        increment = query.get("aggregation_price_increment", "")
        whole = bool(increment)  # A step of prices may add up more levels than are given.
        book = (
            self.levels.book(product.listing, now)
            if whole
            else self.market.book(product.listing, now, MOST_LEVELS)
        )
        last = self.statistics.last_trade(product.listing, now)
        return advanced_book(product, book, last, levels, increment)

    def _ticker(self, product: Product, query: Query) -> Answer:
        limit = min(max(_whole(query, "limit", None), 1), MOST_TRADES)
        now = self.clock.now_us()
        end = min(_second(query, "end", now // 1_000_000 + 1) * 1_000_000 + 1, now + 1)
        start = _second(query, "start", 0) * 1_000_000
        newest = self.market.last_id(product.listing, end)
        trades = self.market.trades_from(product.listing, newest - limit + 1, limit, end)
        trades = trades[int((trades.time < start).sum()) :]
        best = self.market.book(product.listing, now, 1)
        return encoded(advanced_ticker(product, trades, best))

    def _candles(self, product: Product, query: Query) -> Answer:
        frame = ADVANCED_FRAMES.get(_required(query, "granularity"))
        if frame is None:
            raise invalid("granularity argument is invalid")
        start, end = (_second(query, name, None) * 1000 for name in ("start", "end"))
        if start > end:
            raise invalid("start must be before end")
        if end // frame.step + -start // frame.step + 1 > MOST_CANDLES:
            raise invalid("number of candles requested should be less than 350 ")
        limit = min(_whole(query, "limit", MOST_CANDLES) or MOST_CANDLES, MOST_CANDLES)
        now = self.clock.now_us()
        window = Window(start, min(end, now // 1000), limit, newest=True)
        rows = self._rows.rows(product.listing, frame, window, now + 1)
        return encoded(b'{"candles":[' + b",".join(reversed(rows)) + b"]}")


def _public(request: Request) -> str:
    """The path, that of the public twin where a private one is asked for with a token."""
    keyed = any(name.lower() == "authorization" for name in request.headers)
    twin = keyed and request.path.startswith(_TWINS)
    return request.path.replace(_ROOT, f"{_ROOT}/market", 1) if twin else request.path


def _refused(error: RequestError, *, legacy: bool) -> Answer:
    if legacy:
        return legacy_refusal(error.status, error.kind.lower(), error.message)
    return advanced_refusal(error.status, error.kind, error.message)


def _over_limit(*, legacy: bool) -> Answer:
    if legacy:
        return legacy_refusal(429, "rate_limit_exceeded", "Too many requests")
    return plain_refusal(429, "Too Many Requests")


def _required(query: Query, name: str) -> str:
    if not query.get(name):
        raise invalid(f"missing required query param: {name}")
    return query[name]


def _whole(query: Query, name: str, default: int | None) -> int:
    """A parameter that is a whole number of at most twelve digits; required without a default."""
    text = query.get(name) or ("" if default is None else str(default))
    if not text:
        raise invalid(f"missing required query param: {name}")
    if not _NUMBER.fullmatch(text):
        raise invalid(f'parsing field "{name}": strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _second(query: Query, name: str, default: int | None) -> int:
    """A parameter that is an instant, seconds since the epoch."""
    return min(_whole(query, name, default), _LAST_SECOND)
