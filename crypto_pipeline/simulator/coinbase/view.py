"""What REST and the websocket feeds of both interfaces look at, shared by all connections.

What belongs here: the market, and what is computed once for everyone. What does not: messages.
"""

from __future__ import annotations

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.coinbase.levels import Levels
from crypto_pipeline.simulator.coinbase.products import Products
from crypto_pipeline.simulator.coinbase.statistics import Statistics
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket


class View:
    """A market as Coinbase's hosts see it.

    Args:
        market: what is traded.
        clock: its time.
    """

    def __init__(self, market: SyntheticMarket, clock: SimulatorClock) -> None:
        self.market, self.clock = market, clock
        self.products, self.statistics = Products(market), Statistics(market)
        self.levels = Levels(market)

    def listing(self, symbol: str) -> Listing | None:
        """The listing that trades now by that name, None where none does."""
        now = self.clock.now_ms()
        found = self.products.listing(symbol, now)
        return found if found is not None and found.trading(now) else None
