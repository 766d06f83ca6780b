"""A feed that tells one message of each symbol: tickers, average prices, mark prices.

What belongs here: which symbols it tells of, and whether together. What does not: the messages
(`ticker_streams.py`, `mark_streams.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Frame

SymbolText = Callable[[Listing, int, int], str | None]
"""A symbol's message at an instant (µs), 1 or 1000 per ms of its times; None where it has none."""


class SymbolFeed(CadencedFeed):
    """Messages at a cadence: a frame a symbol, or one array of all.

    Args:
        text: a symbol's message.
        listings: of which symbols.
        channel: the stream's name, without the symbol if there is one.
        every: µs between two frames.
        per_ms: 1 for times in ms, 1000 for µs.
        together: whether they are one array.
    """

    def __init__(
        self,
        text: SymbolText,
        listings: Sequence[Listing],
        channel: str,
        every: int,
        per_ms: int,
        *,
        together: bool,
    ) -> None:
        super().__init__(every)
        self.text, self.listings, self.channel = text, listings, channel
        self.per_ms, self.together = per_ms, together

    def told(self, at: int) -> list[Frame]:
        """The frames of one instant, µs since the epoch."""
        trading = [each for each in self.listings if each.trading(at // 1000)]
        told = [(each.symbol, self.text(each, at, self.per_ms)) for each in trading]
        texts = [(symbol, text) for symbol, text in told if text is not None]
        if self.together:
            array = ",".join(text for _, text in texts)
            return [Frame(f"[{array}]".encode(), at, self.channel)]
        return [Frame(text.encode(), at, self.channel, symbol) for symbol, text in texts]
