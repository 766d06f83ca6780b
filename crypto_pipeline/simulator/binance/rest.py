"""Binance's public REST: ping, time, exchangeInfo and klines, spot and USDⓈ-M perpetuals.

What belongs here: parameters, limits, error bodies and weights as Binance documents them. What
does not: where klines come from (a `KlineSource`).

Of the intervals, those of the project's grid are served; others are answered as unknown ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.binance.info import exchange_info
from crypto_pipeline.simulator.binance.limits import Verdict, WeightLimiter
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.bars import KlineSource, Row, Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.wire.answers import Answer, Request, json_answer, missing_page

Query = Mapping[str, str]

DEFAULT_ROWS = 500
_SYMBOL = "^[A-Z0-9-_.]{1,20}$"
_NUMBER = "^[0-9]{1,20}$"
_FIRST_MICROSECONDS = 10**14
_USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where spot and perpetuals differ.

    Attributes:
        instrument_type: which of the two.
        root: what paths start with.
        weight_limit: REQUEST_WEIGHT allowed in a minute.
        info_weight: what exchangeInfo weighs.
        most_rows: klines in one answer.
    """

    instrument_type: InstrumentType
    root: str
    weight_limit: int
    info_weight: int
    most_rows: int


SPOT = Dialect(InstrumentType.SPOT, "/api/v3", 6000, 20, 1000)
PERP = Dialect(InstrumentType.PERP, "/fapi/v1", 2400, 1, 1500)


class RequestError(Exception):
    """A request that Binance answers with HTTP 400, a code and a message."""

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(code, message)


class BinanceRest:
    """One REST host.

    Args:
        dialect: spot or perpetuals.
        source: its klines and symbols.
        clock: its time.
    """

    def __init__(self, dialect: Dialect, source: KlineSource, clock: SimulatorClock) -> None:
        self.dialect, self.source, self.clock = dialect, source, clock
        self._limiter, self._lock = WeightLimiter(dialect.weight_limit), Lock()
        self._routes: dict[str, Callable[[Query], object]] = {
            f"{dialect.root}/ping": lambda _: {},
            f"{dialect.root}/time": lambda _: {"serverTime": clock.now_ms()},
            f"{dialect.root}/exchangeInfo": self._exchange_info,
            f"{dialect.root}/klines": self._klines,
        }
        if dialect is SPOT:
            self._routes["/sapi/v1/system/status"] = lambda _: {"status": 0, "msg": "normal"}

    def slow(self, request: Request) -> bool:
        """Long stretches of bars are."""
        return request.path.endswith("/klines")

    def answer(self, request: Request) -> Answer:
        """Answer a GET, its weight counted first."""
        path, query, headers = request.path, request.query, request.headers
        weight = self._weight(path, query)
        with self._lock:
            verdict = self._limiter.charge(weight)
        answer = self._judged(path, query, headers, verdict)
        with_used = {**answer.headers, _USED_WEIGHT: str(verdict.used)}
        return replace(answer, headers=with_used, weight=weight, violation=verdict.status != 200)

    def _judged(
        self, path: str, query: Query, headers: Mapping[str, str], verdict: Verdict
    ) -> Answer:
        if verdict.status != 200:
            return self._refusal(verdict)
        route = self._routes.get(path)
        if route is None:
            return missing_page()
        try:
            document = route(query)
        except RequestError as error:
            return json_answer({"code": error.code, "msg": error.message}, 400)
        if self.dialect is SPOT and headers.get("X-MBX-TIME-UNIT", "").upper() == "MICROSECOND":
            document = _in_microseconds(document)
        return json_answer(document)

    def _refusal(self, verdict: Verdict) -> Answer:
        banned_until = self.clock.now_ms() + verdict.retry_after * 1000
        message = (
            f"Way too many requests; IP(127.0.0.1) banned until {banned_until}. Please use the "
            f"websocket for live updates to avoid bans."
            if verdict.status == 418
            else f"Too many requests; current limit of IP(127.0.0.1) is "
            f"{self.dialect.weight_limit} requests per minute."
        )
        refusal = json_answer({"code": -1003, "msg": message}, verdict.status)
        headers = {**refusal.headers, "Retry-After": str(verdict.retry_after)}
        return replace(refusal, headers=headers)

    def _weight(self, path: str, query: Query) -> int:
        if path == f"{self.dialect.root}/exchangeInfo":
            return self.dialect.info_weight
        if path != f"{self.dialect.root}/klines":
            return 1
        if self.dialect is SPOT:
            return 2
        limit = query.get("limit", "")
        return _perp_weight(int(limit) if limit.isdecimal() else DEFAULT_ROWS)

    def _exchange_info(self, query: Query) -> object:
        kind = self.dialect.instrument_type
        listings = self.source.listings(kind)
        if self.dialect is SPOT and ("symbol" in query or "symbols" in query):
            listings = [self._listing(symbol) for symbol in _wanted_symbols(query)]
        return exchange_info(kind, listings, self.clock.now_ms(), self.dialect.weight_limit)

    def _klines(self, query: Query) -> list[Row]:
        listing = self._listing(_required(query, "symbol"))
        interval = _interval(_required(query, "interval"))
        limit = self._limit(query)
        if query.get("timeZone", "0") not in ("0", "00:00", "+0", "+00:00"):
            raise RequestError(-1130, "Data sent for parameter 'timeZone' is not valid.")
        start, end = _time(query, "startTime"), _time(query, "endTime")
        if start is not None and end is not None and start > end:
            return []
        now = self.clock.now_ms()
        last = now if end is None else min(end, now)
        window = Window(start or 0, last, limit, newest=start is None)
        return self.source.rows(listing, interval, window, now)

    def _listing(self, symbol: str) -> Listing:
        if not re.fullmatch(_SYMBOL, symbol):
            raise _illegal("symbol", _SYMBOL)
        listings = self.source.listings(self.dialect.instrument_type)
        found = next((listing for listing in listings if listing.symbol == symbol), None)
        if found is None:
            raise RequestError(-1121, "Invalid symbol.")
        return found

    def _limit(self, query: Query) -> int:
        text = query.get("limit", str(DEFAULT_ROWS))
        if not re.fullmatch(r"-?[0-9]{1,20}", text):
            raise _illegal("limit", _NUMBER)
        if int(text) < 1:
            raise RequestError(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(int(text), self.dialect.most_rows)


def _perp_weight(limit: int) -> int:
    steps = ((100, 1), (500, 2), (1001, 5))
    return next((weight for below, weight in steps if limit < below), 10)


def _required(query: Query, name: str) -> str:
    if not query.get(name):
        raise RequestError(
            -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        )
    return query[name]


def _illegal(name: str, legal: str) -> RequestError:
    message = f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    return RequestError(-1100, message)


def _interval(text: str) -> Interval:
    found = next((interval for interval in Interval if interval == text), None)
    if found is None:
        raise RequestError(-1120, "Invalid interval.")
    return found


def _time(query: Query, name: str) -> int | None:
    """A time in ms; µs are recognised by their size."""
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(_NUMBER, text):
        raise _illegal(name, _NUMBER)
    return int(text) // 1000 if int(text) >= _FIRST_MICROSECONDS else int(text)


def _wanted_symbols(query: Query) -> list[str]:
    if "symbols" not in query:
        return [query["symbol"]]
    try:
        symbols = json.loads(query["symbols"])
    except json.JSONDecodeError:
        raise _illegal("symbols", '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\\]$') from None
    return [str(symbol) for symbol in symbols]


def _in_microseconds(document: object) -> object:
    if isinstance(document, dict) and "serverTime" in document:
        return {**document, "serverTime": document["serverTime"] * 1000}
    if isinstance(document, list):
        ends = [(row[0] * 1000, row[6] * 1000 + 999) for row in document]
        return [
            [start, *row[1:6], end, *row[7:]]
            for row, (start, end) in zip(document, ends, strict=True)
        ]
    return document
