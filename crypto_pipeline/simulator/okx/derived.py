"""The REST paths of what follows from trades and premiums: tickers, marks, indices, funding.

What belongs here: their parameters. What does not: how a row is written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import candles, funding, instruments
from crypto_pipeline.simulator.okx.candles import THREE_MONTHS
from crypto_pipeline.simulator.okx.envelope import (
    Query,
    choice,
    joined,
    limit_of,
    required,
    unknown_instrument,
    whole_number,
    wrong,
)
from crypto_pipeline.simulator.okx.feeds import mark_row
from crypto_pipeline.simulator.okx.marks import INDEX, MARK, Quote
from crypto_pipeline.simulator.okx.tickers import Tickers

ANY = "ANY"
_QUOTE_ROWS = 100
_DERIVATIVES = ("SWAP", *instruments.WITHOUT_INSTRUMENTS)
_ALL_TYPES = ("SPOT", *_DERIVATIVES)


class DerivedPrices:
    """These paths of one REST host.

    Args:
        market: what it shows.
        tickers: of the market.
    """

    def __init__(self, market: SyntheticMarket, tickers: Tickers) -> None:
        self.market, self.tickers = market, tickers

    def routes(self) -> dict[str, Callable[[Query, int], bytes]]:
        """What answers each path."""
        return {
            "/api/v5/market/ticker": self._ticker,
            "/api/v5/market/tickers": self._tickers,
            "/api/v5/market/index-tickers": self._index_tickers,
            "/api/v5/market/index-candles": partial(self._quote_candles, INDEX, True),
            "/api/v5/market/history-index-candles": partial(self._quote_candles, INDEX, False),
            "/api/v5/market/mark-price-candles": partial(self._quote_candles, MARK, True),
            "/api/v5/market/history-mark-price-candles": partial(self._quote_candles, MARK, False),
            "/api/v5/public/mark-price": partial(self._of_swaps, partial(mark_row, self.market)),
            "/api/v5/public/open-interest": partial(self._of_swaps, self.tickers.open_interest),
            "/api/v5/public/funding-rate": self._funding,
            "/api/v5/public/funding-rate-history": self._funding_history,
        }

    def _ticker(self, query: Query, now: int) -> bytes:
        inst_id = required(query, "instId")
        listing = instruments.listing_of(self.market, inst_id, now // 1000)
        if listing is None:
            raise unknown_instrument()
        return joined([self.tickers.row(listing, now)])

    def _tickers(self, query: Query, now: int) -> bytes:
        kind = choice(query, "instType", _ALL_TYPES)
        found = self._filtered(instruments.listed(self.market, kind, now // 1000), query)
        return joined(self.tickers.row(listing, now) for listing in found)

    def _of_swaps(
        self, row: Callable[[Listing, int], dict[str, str]], query: Query, now: int
    ) -> bytes:
        kind = choice(query, "instType", _DERIVATIVES)
        if query.get("instId"):
            return joined([row(self._swap(query["instId"], now), now)])
        found = self._filtered(instruments.listed(self.market, kind, now // 1000), query)
        return joined(row(listing, now) for listing in found)

    def _index_tickers(self, query: Query, now: int) -> bytes:
        if query.get("instId"):
            return joined([self.tickers.index_row(self._of_index(query["instId"], now), now)])
        quote = required(query, "quoteCcy")
        swaps = instruments.listed(self.market, "SWAP", now // 1000)
        found = [listing for listing in swaps if listing.quote == quote]
        return joined(self.tickers.index_row(listing, now) for listing in found)

    def _quote_candles(self, quote: Quote, recent: bool, query: Query, now: int) -> bytes:
        named = required(query, "instId")
        listing = self._of_index(named, now) if quote.of_index else self._swap(named, now)
        if query.get("bar") == "1s":
            raise wrong("bar")
        frame = candles.frame_of(query)
        window = candles.window_of(query, frame, now // 1000, recent=recent, most=_QUOTE_ROWS)
        if window is None:
            return b""
        found = self.tickers.quotes.page(listing, quote, frame, window, now)
        return candles.newest_first(found, frame.opening(now // 1000))

    def _funding(self, query: Query, now: int) -> bytes:
        named = required(query, "instId")
        every = instruments.listed(self.market, "SWAP", now // 1000)
        found = every if named == ANY else [self._swap(named, now)]
        return joined(funding.current(self.market, listing, now) for listing in found)

    def _funding_history(self, query: Query, now: int) -> bytes:
        listing = self._swap(required(query, "instId"), now)
        limit = limit_of(query, funding.HISTORY_ROWS, funding.HISTORY_ROWS)
        after, before = whole_number(query, "after"), whole_number(query, "before")
        now_ms = now // 1000
        first = max(now_ms - THREE_MONTHS, 0 if before is None else before + 1)
        last = now_ms if after is None else min(after - 1, now_ms)
        return joined(funding.history(self.market, listing, first, last, limit))

    def _filtered(self, found: list[Listing], query: Query) -> list[Listing]:
        underlying = query.get("instFamily") or query.get("uly")
        return [each for each in found if underlying in (None, "", instruments.family(each))]

    def _swap(self, inst_id: str, now: int) -> Listing:
        found = instruments.listing_of(self.market, inst_id, now // 1000)
        if found is None or not instruments.is_swap(found):
            raise unknown_instrument()
        return found

    def _of_index(self, underlying: str, now: int) -> Listing:
        found = instruments.swap_of(self.market, underlying, now // 1000)
        if found is None:
            raise unknown_instrument()
        return found
