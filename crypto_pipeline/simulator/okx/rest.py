"""OKX's public REST, v5.

What belongs here: paths, parameters, limits. What does not: how a trade, a candle, a book or an
instrument is written; the paths of derived prices (`derived.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import books, candles, instruments, status, trades
from crypto_pipeline.simulator.okx.archive import ROOT as ARCHIVE_ROOT
from crypto_pipeline.simulator.okx.archive import OkxArchive
from crypto_pipeline.simulator.okx.candles import THREE_MONTHS
from crypto_pipeline.simulator.okx.derived import DerivedPrices
from crypto_pipeline.simulator.okx.downloads import Downloads
from crypto_pipeline.simulator.okx.envelope import (
    Query,
    RefusedError,
    choice,
    enveloped,
    joined,
    limit_of,
    required,
    too_many_requests,
    unknown_instrument,
    unknown_path,
    whole_number,
    wrong,
)
from crypto_pipeline.simulator.okx.limits import RequestLimits
from crypto_pipeline.simulator.okx.tickers import Tickers
from crypto_pipeline.simulator.wire.answers import Answer, Request, compact

Route = Callable[[Query, int], bytes]
"""From the parameters and now (µs) to the rows of an answer."""

_QUICK = ("/api/v5/public/time", "/api/v5/system/status")
_REFUSALS = {
    429: too_many_requests(),
    500: RefusedError("50026", "System error. Try again later", 500),
    503: RefusedError("50001", "Service temporarily unavailable. Please try again later.", 503),
}


class OkxRest:
    """One REST host.

    Args:
        market: what it shows.
        clock: its time.
        limits: of all REST hosts together.
        tickers: of the market.
        archive: the download folders, which are found here as well.
    """

    def __init__(
        self,
        market: SyntheticMarket,
        clock: SimulatorClock,
        limits: RequestLimits,
        tickers: Tickers,
        archive: OkxArchive,
    ) -> None:
        self.market, self.clock, self.limits, self.archive = market, clock, limits, archive
        self._rows = EncodedRows(market, candles.rows)
        self._routes: dict[str, Route] = {
            "/api/v5/public/time": _time,
            "/api/v5/system/status": _status,
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/market/candles": lambda query, now: self._candles(query, now, recent=True),
            "/api/v5/market/history-candles": lambda query, now: self._candles(
                query, now, recent=False
            ),
            "/api/v5/market/trades": self._trades,
            "/api/v5/market/history-trades": self._history_trades,
            "/api/v5/market/books": self._book,
            "/api/v5/market/books-full": self._full_book,
            **DerivedPrices(market, tickers).routes(),
            "/api/v5/public/market-data-history": Downloads(archive).rows,
        }

    def slow(self, request: Request) -> bool:
        """All but time and status may have to make a day of the market first."""
        return request.path not in _QUICK

    def refusal(self, status: int) -> Answer | None:
        """OKX's own body of an HTTP error."""
        found = _REFUSALS.get(status)
        return None if found is None else found.answer()

    def answer(self, request: Request) -> Answer:
        """Answer a GET, the limits first."""
        if request.path.startswith(ARCHIVE_ROOT):
            return self.archive.answer(request)
        route = self._routes.get(request.path)
        if route is None:
            return replace(unknown_path().answer(), weight=1)
        if not self.limits.admits(request):
            return replace(too_many_requests().answer(), weight=1, violation=True)
        try:
            answer = enveloped(route(request.query, self.clock.now_us()))
        except RefusedError as error:
            answer = error.answer()
        return replace(answer, weight=1)

    def _instruments(self, query: Query, now: int) -> bytes:
        kinds = (*instruments.TYPES, *instruments.WITHOUT_INSTRUMENTS)
        kind = choice(query, "instType", kinds)
        underlying = query.get("instFamily") or query.get("uly")
        if kind == "OPTION" and not underlying:
            message = "Either parameter uly or instFamily is required"
            raise RefusedError("50015", message)
        found = instruments.listed(self.market, kind, now // 1000)
        if query.get("instId"):
            found = [each for each in found if each.symbol == query["instId"]]
            if not found and kind in instruments.TYPES:
                raise unknown_instrument()
        if underlying and kind == "SWAP":
            found = [each for each in found if instruments.family(each) == underlying]
        return joined(instruments.row(self.market, each, now // 1000) for each in found)

    def _candles(self, query: Query, now: int, *, recent: bool) -> bytes:
        listing = self._listing(query, now)
        frame = candles.frame_of(query)
        window = candles.window_of(query, frame, now // 1000, recent=recent)
        if window is None:
            return b""
        found = self._rows.rows(listing, frame, window, now)
        return candles.newest_first(found, frame.opening(now // 1000))

    def _trades(self, query: Query, now: int) -> bytes:
        listing = self._listing(query, now)
        limit = limit_of(query, 100, 500)
        last = self.market.last_id(listing, now)
        found = self.market.trades_from(listing, last - limit + 1, limit, now)
        return _newest_first(listing, found)

    def _history_trades(self, query: Query, now: int) -> bytes:
        """Pages by trade id (type 1) or time (type 2), whose bounds are exclusive."""
        listing = self._listing(query, now)
        kind = query.get("type") or "1"
        if kind not in ("1", "2"):
            raise wrong("type")
        limit = limit_of(query, 100, 100)
        after, before = whole_number(query, "after"), whole_number(query, "before")
        oldest = self.market.last_id(listing, now - THREE_MONTHS * 1000)
        until = now
        if kind == "2":
            if before is not None:
                message = 'Parameter "before" isn\'t supported for timestamp pagination'
                raise RefusedError("50039", message, 200)
            until, after = (now if after is None else min(max(after, 0) * 1000, now)), None
        last = self.market.last_id(listing, until) if until > 0 else 0
        last = last if after is None else min(last, after - 1)
        first = max(last - limit + 1, oldest + 1, 0 if before is None else before + 1)
        found = self.market.trades_from(listing, first, last - first + 1, now)
        return _newest_first(listing, found)

    def _book(self, query: Query, now: int) -> bytes:
        listing = self._listing(query, now)
        depth = limit_of(query, 1, books.DEPTH, "sz")
        book = self.market.book(listing, now, depth)
        sides = books.sides_text(listing, book)
        return f'{{{sides},"ts":"{book.at // 1000}","seqId":{books.seq_id(book)}}}'.encode()

    def _full_book(self, query: Query, now: int) -> bytes:
        listing = self._listing(query, now)
        depth = limit_of(query, 1, books.FULL_DEPTH, "sz")
        second = now // 1_000_000 * 1_000_000
        book = self.market.book(listing, second, depth)
        sides = books.sides_text(listing, book, '["{}","{}","{}"]')
        return f'{{{sides},"ts":"{book.at // 1000}"}}'.encode()

    def _listing(self, query: Query, now: int) -> Listing:
        found = instruments.listing_of(self.market, required(query, "instId"), now // 1000)
        if found is None:
            raise unknown_instrument()
        return found


def _time(_: Query, now: int) -> bytes:
    return compact({"ts": str(now // 1000)})


def _status(query: Query, now: int) -> bytes:
    state = query.get("state", "")
    if state and state not in status.STATES:
        raise wrong("state")
    return joined(status.maintenance(now // 1000, state))


def _newest_first(listing: Listing, found: Trades) -> bytes:
    return ",".join(reversed(trades.rest_rows(listing, found))).encode()
