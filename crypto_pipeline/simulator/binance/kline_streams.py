"""The streams of klines, continuous ones of perpetuals too.

What belongs here: their frames and when they are due. What does not: REST's rows (`klines.py`).

A bar is told at each instant of the cadence at which it has changed, and once, closed, at the
instant that ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import Timeframe
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame


@dataclass(frozen=True, slots=True)
class KlineStream:
    """Which bars a stream tells.

    Attributes:
        listing: of which symbol.
        channel: the stream's name after the symbol or pair.
        interval: the exchange's name of the length.
        frame: that length.
        every: µs between two looks at the open bar.
        per_ms: 1 for times in ms, 1000 for µs.
        continuous: whether it is a pair's perpetual contract rather than a symbol.
    """

    listing: Listing
    channel: str
    interval: str
    frame: Timeframe
    every: int
    per_ms: int
    continuous: bool = False


class KlineFeed(CadencedFeed):
    """The bars of one stream.

    Args:
        market: whose bars.
        stream: which.
    """

    def __init__(self, market: SyntheticMarket, stream: KlineStream) -> None:
        super().__init__(stream.every)
        self.market, self.stream = market, stream
        self._told = (0, 0)

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing; the first frame is at the cadence's next instant."""
        self._told = (0, 0)
        return super().opening(now)

    def told(self, at: int) -> list[Frame]:
        """The open bar if it has changed, the closed one at its end."""
        frame, now = self.stream.frame, at // 1000
        opening = frame.opening(now)
        ended = now == opening
        if ended:
            opening = frame.before(opening, 1)
        bars = self.market.bars(self.stream.listing, frame, opening, frame.following(opening), at)
        if not len(bars):
            return []
        state = (opening, int(bars.count[0]))
        if not ended and (state == self._told or not state[1]):
            return []
        self._told = state
        text = kline_text(self.stream, bars, at, closed=ended)
        symbol = self.stream.listing.symbol
        return [Frame(text.encode(), at, self.stream.channel, symbol)]


def kline_text(stream: KlineStream, bars: Bars, at: int, *, closed: bool) -> str:
    """One bar as a frame.

    Args:
        stream: which.
        bars: the bar alone.
        at: µs since the epoch.
        closed: whether it is over.
    """
    digits, opening = digits_of(stream.listing), int(bars.open_time[0])
    ends = stream.frame.following(opening) * stream.per_ms - 1
    sent, symbol = at * stream.per_ms // 1000, stream.listing.symbol
    price, amount, value = digits.price_text, digits.amount_text, digits.value_text
    kind = "continuous_kline" if stream.continuous else "kline"
    of = f'"ps":"{symbol}","ct":"PERPETUAL"' if stream.continuous else f'"s":"{symbol}"'
    named = "" if stream.continuous else f'"s":"{symbol}",'
    return (
        f'{{"e":"{kind}","E":{sent},{of},"k":{{"t":{opening * stream.per_ms},"T":{ends},'
        f'{named}"i":"{stream.interval}","f":{int(bars.first_id[0])},"L":{int(bars.last_id[0])},'
        f'"o":"{price(int(bars.open[0]))}","c":"{price(int(bars.close[0]))}",'
        f'"h":"{price(int(bars.high[0]))}","l":"{price(int(bars.low[0]))}",'
        f'"v":"{amount(int(bars.volume[0]))}","n":{int(bars.count[0])},'
        f'"x":{"true" if closed else "false"},"q":"{value(int(bars.quote_volume[0]))}",'
        f'"V":"{amount(int(bars.taker_volume[0]))}",'
        f'"Q":"{value(int(bars.taker_quote_volume[0]))}","B":"0"}}}}'
    )
