"""Bybit's public REST, v5.

What belongs here: paths, parameters, pages, limits. What does not: the paths of bars
(`kline_routes.py`), how a trade, a book or an instrument is written.
"""

from __future__ import annotations

from dataclasses import replace

from crypto_pipeline.simulator.bybit import books, executions, tickers
from crypto_pipeline.simulator.bybit.categories import SPOT, listed_in
from crypto_pipeline.simulator.bybit.envelope import (
    PARAMETER,
    ROUTE,
    VISITS,
    RefusedError,
    enveloped,
    refused,
    too_frequent,
)
from crypto_pipeline.simulator.bybit.figures import BybitFigures
from crypto_pipeline.simulator.bybit.instruments import instruments_result
from crypto_pipeline.simulator.bybit.kline_routes import KlineRoutes
from crypto_pipeline.simulator.bybit.limits import PATH_REQUESTS, Judgement, RequestLimits
from crypto_pipeline.simulator.bybit.parameters import (
    Query,
    Route,
    category_of,
    known_listing,
    limit_of,
    trading_listing,
    whole_number,
)
from crypto_pipeline.simulator.bybit.status import notices
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import signed_text
from crypto_pipeline.simulator.market.timeframes import HOUR
from crypto_pipeline.simulator.wire.answers import Answer, Request, compact, missing_page

ROOT = "/v5/"
ILLEGAL = "Illegal category"
_QUICK = ("time", "status", "instruments-info")


class BybitRest:
    """One REST host.

    Args:
        market: what it shows.
        clock: its time.
        limits: of all REST hosts together.
        figures: of the market's tickers.
    """

    def __init__(
        self,
        market: SyntheticMarket,
        clock: SimulatorClock,
        limits: RequestLimits,
        figures: BybitFigures,
    ) -> None:
        self.market, self.clock, self.limits, self.figures = market, clock, limits, figures
        self._routes: dict[str, Route] = {
            "/v5/market/time": _time,
            "/v5/system/status": _status,
            "/v5/market/instruments-info": self._instruments,
            **KlineRoutes(market).routes(),
            "/v5/market/recent-trade": self._recent_trades,
            "/v5/market/orderbook": self._book,
            "/v5/market/full_orderbook": self._full_book,
            "/v5/market/tickers": self._tickers,
            "/v5/market/funding/history": self._fundings,
        }

    def slow(self, request: Request) -> bool:
        """All that may have to make a day of the market first."""
        return request.path.rpartition("/")[2] not in _QUICK

    def refusal(self, status: int) -> Answer | None:
        """Bybit's own body of an HTTP error."""
        return too_frequent() if status == 403 else None

    def answer(self, request: Request) -> Answer:
        """Answer a GET, the limits first."""
        judged = self.limits.judge(request.client, request.path)
        if judged.banned:
            return replace(too_frequent(), weight=1)
        if not request.path.startswith(ROOT):
            return replace(missing_page(), weight=1)
        now = self.clock.now_us()
        answer = self._judged(request, judged, now)
        headers = {**answer.headers, **_limit_headers(judged, now // 1000)}
        return replace(answer, headers=headers, weight=1, violation=not judged.allowed)

    def _judged(self, request: Request, judged: Judgement, now: int) -> Answer:
        route = self._routes.get(request.path)
        try:
            if not judged.allowed:
                raise RefusedError(VISITS, "Too many visits!")
            if route is None:
                raise RefusedError(ROUTE, "Route not found.")
            result = route(request.query, now)
        except RefusedError as error:
            return refused(error, now // 1000)
        message = "" if route is _status else "OK"
        return enveloped(result, now // 1000, message=message)

    def _instruments(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        return instruments_result(self.market, category, query, now // 1000)

    def _recent_trades(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        listing = trading_listing(self.market, category, query, now)
        limit = limit_of(query, 60, 60) if category is SPOT else limit_of(query, 500, 1000)
        last = self.market.last_id(listing, now)
        trades = self.market.trades_from(listing, last - limit + 1, limit, now)
        rows = ",".join(reversed(executions.rest_rows(category, listing, trades)))
        return f'{{"category":"{category.name}","list":[{rows}]}}'.encode()

    def _book(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        listing = trading_listing(self.market, category, query, now)
        depth = limit_of(query, 1 if category is SPOT else 25, 1000)
        state = books.state_at(self.market, listing, now, "1000", depth)
        return books.rest_result(listing, state, now // 1000)

    def _full_book(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        if category is not SPOT:
            raise RefusedError(PARAMETER, ILLEGAL)
        listing = trading_listing(self.market, category, query, now)
        depth = books.LEVELS[books.FULL]
        state = books.state_at(self.market, listing, now, books.FULL, depth)
        return books.rest_result(listing, state, now // 1000)

    def _tickers(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        if query.get("symbol"):
            listings = [trading_listing(self.market, category, query, now)]
        else:
            known = listed_in(self.market, category, now // 1000)
            listings = [listing for listing in known if listing.trading(now // 1000)]
        row = tickers.linear_row if category.padded else tickers.spot_row
        rows = [row(self.figures, listing, now) for listing in listings]
        return compact({"category": category.name, "list": rows})

    def _fundings(self, query: Query, now: int) -> bytes:
        category = category_of(query, ILLEGAL)
        if category.name not in ("linear", "inverse"):
            raise RefusedError(PARAMETER, ILLEGAL)
        listing = known_listing(self.market, category, query, now)
        first, until = _funding_span(query, listing, now // 1000)
        found = self.market.fundings(listing, first, until + 1) if first <= until else []
        rows = [
            {
                "symbol": listing.symbol,
                "fundingRate": signed_text(funding.rate, DECIMALS),
                "fundingRateTimestamp": str(funding.settled_at),
            }
            for funding in reversed(found)
        ]
        return compact({"category": category.name, "list": rows})


def _time(_: Query, now: int) -> bytes:
    return compact({"timeSecond": str(now // 1_000_000), "timeNano": str(now * 1000)})


def _status(query: Query, now: int) -> bytes:
    wanted = {name: query[name] for name in ("id", "state") if query.get(name)}
    found = [
        notice
        for notice in notices(now // 1000)
        if all(notice[name] == text for name, text in wanted.items())
    ]
    return compact({"list": found})


def _funding_span(query: Query, listing: Listing, now_ms: int) -> tuple[int, int]:
    """First and last instant (ms, both inclusive) of the settlements that a page holds."""
    start, end = whole_number(query, "startTime"), whole_number(query, "endTime")
    if start is not None and end is None:
        raise RefusedError(PARAMETER, "params error: endTime is required with startTime")
    longest = limit_of(query, 200, 200) * listing.interval_hours * HOUR
    until = now_ms if end is None else min(end, now_ms)
    return max(start or 0, until - longest + 1, 0), until


def _limit_headers(judged: Judgement, now_ms: int) -> dict[str, str]:
    return {
        "X-Bapi-Limit": str(PATH_REQUESTS),
        "X-Bapi-Limit-Status": str(judged.left),
        "X-Bapi-Limit-Reset-Timestamp": str(now_ms + int(judged.wait * 1000)),
    }
