"""The messages of perpetuals' mark prices.

What belongs here: their text. What does not: when they are told (`symbol_feed.py`), REST's
premiumIndex (`funding.py`).
"""

from __future__ import annotations

from functools import lru_cache

from crypto_pipeline.simulator.binance.dialects import AVERAGED_MARK_FROM, MERGED_FROM
from crypto_pipeline.simulator.binance.digits import rate_text
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket


class Marks:
    """The mark prices of one market as text.

    Args:
        market: whose perpetuals.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market
        self.text = lru_cache(maxsize=4096)(self._text)

    def _text(self, listing: Listing, at: int, per_ms: int) -> str:
        """A `markPriceUpdate` at an instant, µs; `per_ms` as in `SymbolText`."""
        mark = self.market.mark(listing, at)
        price, index, now = rate_text(mark.mark), rate_text(mark.index), at * per_ms // 1000
        settles = rate_text((mark.mark + mark.index) // 2)
        averaged = f'"ap":"{price}",' if at >= AVERAGED_MARK_FROM else ""
        kind = ',"st":1' if at >= MERGED_FROM else ""
        return (
            f'{{"e":"markPriceUpdate","E":{now},"s":"{listing.symbol}","p":"{price}",'
            f'{averaged}"P":"{settles}","i":"{index}","r":"{rate_text(mark.predicted_rate)}",'
            f'"T":{mark.next_funding * per_ms}{kind}}}'
        )
