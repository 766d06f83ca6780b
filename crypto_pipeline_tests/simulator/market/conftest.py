"""What the tests of the market share."""

import pytest

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

SPOT, PERP = InstrumentType.SPOT, InstrumentType.PERP


@pytest.fixture(scope="session")
def market() -> SyntheticMarket:
    """The market of seed 7; what it caches does not change what it says."""
    return SyntheticMarket(7)


@pytest.fixture(scope="session")
def btc(market: SyntheticMarket) -> Listing:
    """A busy pair."""
    return some(market, "BTCUSDT")


def some(market: SyntheticMarket, symbol: str) -> Listing:
    """A listing of Binance spot."""
    found = market.listing("binance", SPOT, symbol)
    assert found is not None
    return found
