"""Binance's stream names, and the feed behind each.

What belongs here: names, speeds, and on which of the perpetuals' bases a stream is heard. What
does not: frames (`*_streams.py`), subscribing (`conversation.py`).
"""

from __future__ import annotations

import re
from copy import copy

from crypto_pipeline.simulator.binance.book_streams import (
    AllBestFeed,
    BestFeed,
    BookStream,
    DiffFeed,
    PartialFeed,
)
from crypto_pipeline.simulator.binance.books import STEP, Books
from crypto_pipeline.simulator.binance.dialects import Dialect, timeframe
from crypto_pipeline.simulator.binance.kline_streams import KlineFeed, KlineStream
from crypto_pipeline.simulator.binance.mark_streams import Marks
from crypto_pipeline.simulator.binance.statistics import Statistics
from crypto_pipeline.simulator.binance.symbol_feed import SymbolFeed, SymbolText
from crypto_pipeline.simulator.binance.ticker_streams import TickerTexts
from crypto_pipeline.simulator.binance.trade_streams import TradeFeed
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import HOUR
from crypto_pipeline.simulator.streams.feeds import Feed

MS = 1000
SECOND = 1000 * MS
PUBLIC, MARKET, UNROUTED = "/public", "/market", "/"
"""Bases of perpetuals; spot has none."""

_BEST = "bookTicker"
_BOOK = re.compile(
    rf"{_BEST}|depth(?:@(?P<diff>\d{{3,4}})ms)?"
    r"|depth(?P<levels>5|10|20)(?:@(?P<partial>\d{3,4})ms)?"
)
_KLINE = re.compile(r"kline_(?P<interval>\w+?)(?P<zone>@\+08:00)?")
_CONTINUOUS = re.compile(r"continuousKline_(?P<interval>\w+)")
_MARK = re.compile(r"markPrice(?P<fast>@1s)?")
_MARKS = re.compile(r"!markPrice@arr(?P<fast>@1s)?")
_ZONE = 8 * HOUR
_SPEEDS = {True: (100, 1000), False: (100, 250, 500)}
"""ms between two frames of the book that may be asked for, by whether it is spot."""
_USUAL_SPEED = {True: 1000, False: 250}
_CONTRACT = "_perpetual"


class BinanceFeeds:
    """The feeds of the synthetic market; a `FeedSource`.

    Args:
        dialect: spot or perpetuals.
        market: the market.
        per_ms: 1 for times in ms, 1000 for µs.
    """

    def __init__(self, dialect: Dialect, market: SyntheticMarket, per_ms: int = 1) -> None:
        self.dialect, self.market, self.per_ms = dialect, market, per_ms
        self.books, self.marks = Books(market), Marks(market)
        self.texts = TickerTexts(dialect, self.books, Statistics(market))
        self.listings = market.listings("binance", dialect.instrument_type)

    def in_microseconds(self) -> BinanceFeeds:
        """The same feeds with times in µs; they share what they compute."""
        finer = copy(self)
        finer.per_ms = 1000
        return finer

    def feed(self, stream: str, base: str) -> Feed | None:
        """The feed of a stream; None where there is none, or not on that base."""
        symbol, _, channel = stream.partition("@")
        if not self._heard(symbol, channel, base):
            return None
        if symbol.startswith("!"):
            return self._of_all(stream)
        if symbol != symbol.lower():
            return None
        if symbol.endswith(_CONTRACT) and _CONTINUOUS.fullmatch(channel):
            listing = self._listing(symbol.removesuffix(_CONTRACT))
            return None if listing is None else self._kline(listing, channel, continuous=True)
        listing = self._listing(symbol)
        return None if listing is None else self._of_symbol(listing, channel)

    def _listing(self, symbol: str) -> Listing | None:
        return self.market.listing("binance", self.dialect.instrument_type, symbol.upper())

    def _heard(self, symbol: str, channel: str, base: str) -> bool:
        """Whether a base carries a stream; the un-routed one has kept the book alone."""
        if self.dialect.spot:
            return True
        book = symbol == "!bookTicker" or _BOOK.fullmatch(channel) is not None
        if base == UNROUTED:
            return book
        return base == (PUBLIC if book or channel == "trade" else MARKET)

    def _of_symbol(self, listing: Listing, channel: str) -> Feed | None:
        if channel in ("trade", "aggTrade"):
            aggregated = channel == "aggTrade"
            return TradeFeed(self.dialect, self.market, listing, self.per_ms, aggregated=aggregated)
        if _BOOK.fullmatch(channel):
            return self._book(listing, channel)
        if channel.startswith("kline_"):
            return self._kline(listing, channel, continuous=False)
        if not self.dialect.spot and (named := _MARK.fullmatch(channel)):
            return self._mark([listing], channel, named, together=False)
        text = self._ticker_texts().get(channel)
        return None if text is None else self._ticker(text, [listing], channel, together=False)

    def _of_all(self, stream: str) -> Feed | None:
        if stream == "!miniTicker@arr":
            return self._ticker(self.texts.mini, self.listings, stream, together=True)
        if self.dialect.spot:
            return None
        if stream == "!ticker@arr":
            return self._ticker(self.texts.full, self.listings, stream, together=True)
        if stream == "!bookTicker":
            return AllBestFeed([self._stream(each, stream, 5 * SECOND) for each in self.listings])
        named = _MARKS.fullmatch(stream)
        return None if named is None else self._mark(self.listings, stream, named, together=True)

    def _mark(
        self, listings: list[Listing], channel: str, named: re.Match[str], *, together: bool
    ) -> Feed:
        every, text = SECOND if named["fast"] else 3 * SECOND, self.marks.text
        return SymbolFeed(text, listings, channel, every, self.per_ms, together=together)

    def _ticker_texts(self) -> dict[str, SymbolText]:
        texts = self.texts
        found: dict[str, SymbolText] = {"miniTicker": texts.mini, "ticker": texts.full}
        return {**found, "avgPrice": texts.average} if self.dialect.spot else found

    def _ticker(
        self, text: SymbolText, listings: list[Listing], channel: str, *, together: bool
    ) -> Feed:
        every = SECOND if self.dialect.spot or together else 2 * SECOND
        return SymbolFeed(text, listings, channel, every, self.per_ms, together=together)

    def _book(self, listing: Listing, channel: str) -> Feed | None:
        named = _BOOK.fullmatch(channel)
        if named is None:
            return None
        if channel == _BEST:
            return BestFeed(self._stream(listing, channel, STEP))
        asked, spot = named["diff"] or named["partial"], self.dialect.spot
        speed = int(asked or _USUAL_SPEED[spot])
        if speed not in _SPEEDS[spot]:
            return None
        stream = self._stream(listing, channel, speed * MS)
        return PartialFeed(stream, int(named["levels"])) if named["levels"] else DiffFeed(stream)

    def _stream(self, listing: Listing, channel: str, every: int) -> BookStream:
        return BookStream(self.dialect, self.books, listing, channel, every, self.per_ms)

    def _kline(self, listing: Listing, channel: str, *, continuous: bool) -> Feed | None:
        named = (_CONTINUOUS if continuous else _KLINE).fullmatch(channel)
        if named is None:
            return None
        zoned = not continuous and named["zone"] is not None
        interval = named["interval"]
        frame = timeframe(self.dialect, interval, _ZONE if zoned else 0)
        if frame is None:
            return None
        every = 250 * MS if not self.dialect.spot else SECOND if interval == "1s" else 2 * SECOND
        stream = KlineStream(listing, channel, interval, frame, every, self.per_ms, continuous)
        return KlineFeed(self.market, stream)
