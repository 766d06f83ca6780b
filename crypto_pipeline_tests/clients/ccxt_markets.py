"""The exchanges as ccxt names them, and what it can and cannot ask of each.

What belongs here: that table, for REST and websocket tests alike. What does not: tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crypto_pipeline.simulator.market.listings import Venue
from crypto_pipeline_tests.clients.expected import Expected

Call = tuple[str, list[Any], dict[str, Any]]
"""A method of ccxt (or of `ccxt/rest.py`), its arguments and its keywords."""


@dataclass(frozen=True, slots=True)
class Market:
    """One symbol of one exchange of ccxt.

    Attributes:
        exchange: ccxt's id.
        symbol: ccxt's.
        venue: the simulator's name of the exchange.
        native: the exchange's own symbol.
        host: of its REST interface in production.
        perp: whether it is a perpetual.
        maker_side: whether ccxt hands on the maker's side of a trade.
    """

    exchange: str
    symbol: str
    venue: Venue
    native: str
    host: str
    perp: bool = False
    maker_side: bool = False

    @property
    def name(self) -> str:
        """For the tests' names."""
        return f"{self.exchange}-{'perp' if self.perp else 'spot'}"

    def expected(self) -> Expected:
        """The market behind it; ccxt counts OKX's swaps in contracts."""
        contracts = self.venue == "okx" and self.perp
        return Expected(self.venue, self.native, perp=self.perp, contracts=contracts)


def _perp(exchange: str, venue: Venue, native: str, host: str) -> Market:
    return Market(exchange, "BTC/USDT:USDT", venue, native, host, perp=True)


MARKETS = (
    Market("binance", "BTC/USDT", "binance", "BTCUSDT", "api.binance.com"),
    _perp("binanceusdm", "binance", "BTCUSDT", "fapi.binance.com"),
    Market("okx", "BTC/USDT", "okx", "BTC-USDT", "www.okx.com"),
    _perp("okx", "okx", "BTC-USDT-SWAP", "www.okx.com"),
    Market("bybit", "BTC/USDT", "bybit", "BTCUSDT", "api.bybit.com"),
    _perp("bybit", "bybit", "BTCUSDT", "api.bybit.com"),
    Market("coinbase", "BTC/USD", "coinbase", "BTC-USD", "api.coinbase.com", maker_side=True),
    Market("coinbaseexchange", "BTC/USD", "coinbase", "BTC-USD", "api.exchange.coinbase.com"),
)
