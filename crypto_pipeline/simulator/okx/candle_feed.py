"""The candle channels as feeds.

What belongs here: when a candle is sent. What does not: how it is written (`candles.py`).

The running candle is sent at once, then each second in which it changed, and once more when it is
over, confirmed.
"""

from __future__ import annotations

from abc import abstractmethod

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import Timeframe
from crypto_pipeline.simulator.okx.candles import BARS, rows, unconfirmed
from crypto_pipeline.simulator.okx.marks import Quote, QuoteBars
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame

SECOND_US = 1_000_000


class ChangingFeed(CadencedFeed):
    """Candles of any kind.

    Args:
        channel: its name, the bar included.
        symbol: instId, or the index.
        frame: length of a candle.
    """

    def __init__(self, channel: str, symbol: str, frame: Timeframe) -> None:
        super().__init__(SECOND_US)
        self.channel, self.symbol, self.frame = channel, symbol, frame

    def opening(self, now: int) -> list[Frame]:
        """The running candle."""
        self._at = now
        self._sent = self._row(self.frame.opening(now // 1000), now)
        return self._frames(_running(self._sent), now)

    def told(self, at: int) -> list[Frame]:
        """The confirmed candle at its end, else the running one if it changed."""
        opening = self.frame.opening(at // 1000)
        if opening == at // 1000:
            return self._frames(self._row(self.frame.before(opening, 1), at), at)
        row = self._row(opening, at)
        if row == self._sent:
            return []
        self._sent = row
        return self._frames(_running(row), at)

    def _frames(self, row: bytes, at: int) -> list[Frame]:
        if not row:
            return []
        argument = f'{{"arg":{{"channel":"{self.channel}","instId":"{self.symbol}"}},"data":['
        return [Frame(argument.encode() + row + b"]}", at, self.channel, self.symbol)]

    @abstractmethod
    def _row(self, opening: int, now: int) -> bytes:
        """The candle that opens then (ms) as it is now (µs), confirmed; empty where none is."""


class CandleFeed(ChangingFeed):
    """`candle…` of one instrument.

    Args:
        market: whose bars.
        listing: of what.
        bar: OKX's name of the length.
    """

    def __init__(self, market: SyntheticMarket, listing: Listing, bar: str) -> None:
        super().__init__(f"candle{bar}", listing.symbol, BARS[bar])
        self.market, self.listing = market, listing

    def _row(self, opening: int, now: int) -> bytes:
        bars = self.market.bars(self.listing, self.frame, opening, opening + 1, now)
        found = rows(self.listing, bars, self.frame)
        return found[0] if found else b""


class QuoteCandleFeed(ChangingFeed):
    """`mark-price-candle…` of a swap, or `index-candle…` of an index.

    Args:
        quotes: their bars.
        listing: the swap.
        quote: which of the two.
        bar: OKX's name of the length.
    """

    def __init__(self, quotes: QuoteBars, listing: Listing, quote: Quote, bar: str) -> None:
        super().__init__(f"{quote.channel}{bar}", quote.symbol(listing), BARS[bar])
        self.quotes, self.listing, self.quote = quotes, listing, quote

    def _row(self, opening: int, now: int) -> bytes:
        found = self.quotes.rows(self.listing, self.quote, self.frame, (opening, opening), now)
        return found[0] if found else b""


def _running(row: bytes) -> bytes:
    return unconfirmed(row) if row else row
