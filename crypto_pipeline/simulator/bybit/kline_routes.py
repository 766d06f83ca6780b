"""The REST paths of bars: of trades, of mark and index prices, of the premium.

What belongs here: their parameters and pages. What does not: the bars and their text
(`klines.py`, `marks.py`).
"""

from __future__ import annotations

from functools import partial

from crypto_pipeline.simulator.bybit.categories import INTERVALS, LINEAR, Category
from crypto_pipeline.simulator.bybit.envelope import PARAMETER, RefusedError
from crypto_pipeline.simulator.bybit.klines import rest_rows
from crypto_pipeline.simulator.bybit.marks import INDEX, MARK, PREMIUM, MarkBars
from crypto_pipeline.simulator.bybit.parameters import (
    Query,
    Route,
    category_of,
    known_listing,
    limit_of,
    whole_number,
)
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.pages import EncodedRows
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import Timeframe

NO_CATEGORY = "params error: Category is invalid"
DEFAULT_ROWS, MOST_ROWS = 200, 1000


class KlineRoutes:
    """The four paths.

    Args:
        market: whose bars.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self._rows = EncodedRows(market, rest_rows)
        self._marks = MarkBars(market)

    def routes(self) -> dict[str, Route]:
        """Each path's route."""
        return {
            "/v5/market/kline": self._klines,
            "/v5/market/mark-price-kline": partial(self._mark_klines, MARK),
            "/v5/market/index-price-kline": partial(self._mark_klines, INDEX),
            "/v5/market/premium-index-price-kline": partial(self._mark_klines, PREMIUM),
        }

    def _klines(self, query: Query, now: int) -> bytes:
        category = category_of(query, NO_CATEGORY, default=LINEAR.name)
        listing, frame, window = self._asked(category, query, now)
        rows = [] if window is None else self._rows.rows(listing, frame, window, now)
        return _result(category, listing, rows)

    def _mark_klines(self, kind: str, query: Query, now: int) -> bytes:
        category = category_of(query, NO_CATEGORY, default=LINEAR.name)
        if category.name not in ("linear", "inverse"):
            raise RefusedError(PARAMETER, NO_CATEGORY)
        listing, frame, window = self._asked(category, query, now)
        rows = [] if window is None else self._marks.rows(kind, listing, frame, window, now)
        return _result(category, listing, rows)

    def _asked(
        self, category: Category, query: Query, now: int
    ) -> tuple[Listing, Timeframe, Window | None]:
        """Which bars a request is for; no window where it can hold none."""
        listing = known_listing(self.market, category, query, now)
        frame = INTERVALS.get(query.get("interval", ""))
        if frame is None:
            raise RefusedError(PARAMETER, "Invalid period!")
        return listing, frame, _window(query, listing, frame, now // 1000)


def _window(query: Query, listing: Listing, frame: Timeframe, now_ms: int) -> Window | None:
    """Both bounds inclusive; with a start alone the bars nearest to it, else to the end."""
    start, end = whole_number(query, "start"), whole_number(query, "end")
    limit = limit_of(query, DEFAULT_ROWS, MOST_ROWS)
    first = max(start or 0, 0)
    last = now_ms if end is None else min(end, now_ms)
    if first > last or last < frame.opening(listing.listed_at):
        return None
    return Window(first, last, limit, newest=start is None or end is not None)


def _result(category: Category, listing: Listing, rows: list[bytes]) -> bytes:
    """The `result` of any of them, newest first."""
    head = f'{{"category":"{category.name}","symbol":"{listing.symbol}","list":['.encode()
    return head + b",".join(reversed(rows)) + b"]}"
