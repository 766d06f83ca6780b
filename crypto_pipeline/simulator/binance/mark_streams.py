"""The streams of perpetuals' mark prices, one symbol's and all.

What belongs here: their frames. What does not: REST's premiumIndex (`funding.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from crypto_pipeline.simulator.binance.cadence import CadencedFeed
from crypto_pipeline.simulator.binance.dialects import AVERAGED_MARK_FROM, MERGED_FROM
from crypto_pipeline.simulator.binance.digits import rate_text
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import Frame


class Marks:
    """The mark prices of one market as text.

    Args:
        market: whose perpetuals.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self.text = lru_cache(maxsize=4096)(self._text)

    def _text(self, listing: Listing, at: int) -> str:
        """A `markPriceUpdate` at an instant, µs."""
        mark = self.market.mark(listing, at)
        price, index = rate_text(mark.mark), rate_text(mark.index)
        settles = rate_text((mark.mark + mark.index) // 2)
        averaged = f'"ap":"{price}",' if at >= AVERAGED_MARK_FROM else ""
        kind = ',"st":1' if at >= MERGED_FROM else ""
        return (
            f'{{"e":"markPriceUpdate","E":{at // 1000},"s":"{listing.symbol}","p":"{price}",'
            f'{averaged}"P":"{settles}","i":"{index}","r":"{rate_text(mark.predicted_rate)}",'
            f'"T":{mark.next_funding}{kind}}}'
        )


class MarkFeed(CadencedFeed):
    """Mark prices at a cadence: a frame a symbol, or one array of all.

    Args:
        marks: whose.
        listings: of which symbols.
        channel: the stream's name, without the symbol if there is one.
        every: µs between two frames.
        together: whether they are one array.
    """

    def __init__(
        self, marks: Marks, listings: Sequence[Listing], channel: str, every: int, *, together: bool
    ) -> None:
        super().__init__(every)
        self.marks, self.listings, self.channel = marks, listings, channel
        self.together = together

    def told(self, at: int) -> list[Frame]:
        """The frames of one instant, µs since the epoch."""
        trading = [each for each in self.listings if each.trading(at // 1000)]
        texts = [self.marks.text(each, at) for each in trading]
        if self.together:
            return [Frame(f"[{','.join(texts)}]".encode(), at, self.channel)]
        return [
            Frame(text.encode(), at, self.channel, each.symbol)
            for each, text in zip(trading, texts, strict=True)
        ]
