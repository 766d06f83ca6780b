"""What the paths that spot and perpetuals share answer.

What belongs here: how each reads its request. What does not: the tables of paths and weights
(`spot.py`, `perps.py`), the answers' own rules (`klines.py`, `trades.py`, `tickers.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto_pipeline.simulator.binance.dialects import Dialect, timeframe
from crypto_pipeline.simulator.binance.klines import BarSource, asked_klines
from crypto_pipeline.simulator.binance.parameters import (
    Query,
    RequestError,
    required,
    rough_limit,
)
from crypto_pipeline.simulator.binance.rest import Call, Reply, Route
from crypto_pipeline.simulator.binance.symbols import Symbols
from crypto_pipeline.simulator.binance.tickers import Tickers
from crypto_pipeline.simulator.binance.trades import TradePages
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY

TradePage = Callable[[Listing, Query, int, int], list[bytes]]
Document = dict[str, object]

_DAYS_AT_ONCE = 2
"""Days of bars that an answer may hold and still be given at once."""


def always(_: Query) -> bool:
    """Slow whatever is asked."""
    return True


def unnamed(query: Query) -> bool:
    """Slow where all symbols are meant."""
    return "symbol" not in query


def weighs(weight: int) -> Callable[[Query], int]:
    """The same weight whatever is asked."""
    return lambda _: weight


class Klines:
    """The kline paths of one host.

    Args:
        dialect: spot or perpetuals.
        symbols: what is listed.
        source: the rows.
        parameter: the one that names the symbol: `symbol` or `pair`.
        contracts: whether `contractType` has to be given; perpetuals are all there are.
    """

    def __init__(
        self,
        dialect: Dialect,
        symbols: Symbols,
        source: BarSource,
        parameter: str = "symbol",
        *,
        contracts: bool = False,
    ) -> None:
        self.dialect, self.symbols, self.source = dialect, symbols, source
        self.parameter, self.contracts = parameter, contracts

    def reply(self, call: Call) -> Reply:
        """A page of rows."""
        if self.contracts and required(call.query, "contractType") != "PERPETUAL":
            raise RequestError(-1130, "Data sent for parameter 'contractType' is not valid.")
        listing = self.symbols.asked(call.query, call.now_ms, self.parameter)
        asked = asked_klines(self.dialect, listing, call.query, call.now_us, call.per_ms)
        return [] if asked is None else list(self.source.rows(asked, call.now_us))

    def slow(self, query: Query) -> bool:
        """Whether the rows are of many days."""
        frame = timeframe(self.dialect, query.get("interval", ""))
        rows = min(rough_limit(query), self.dialect.most_klines)
        return frame is not None and (not frame.step or frame.step * rows > _DAYS_AT_ONCE * DAY)


class MarketPaths:
    """The other paths of one host, from the synthetic market.

    Args:
        dialect: spot or perpetuals.
        market: the market.
        symbols: what is listed.
    """

    def __init__(self, dialect: Dialect, market: SyntheticMarket, symbols: Symbols) -> None:
        self.dialect, self.market, self.symbols = dialect, market, symbols
        self.trades = TradePages(dialect, market)
        self.tickers = Tickers(dialect, market)

    def of_symbol(self, page: TradePage) -> Callable[[Call], Reply]:
        """The reply of a page of trades."""

        def reply(call: Call) -> Reply:
            listing = self.symbols.asked(call.query, call.now_ms)
            return page(listing, call.query, call.now_us, call.per_ms)

        return reply

    def depth(self, call: Call) -> Reply:
        """The order book."""
        listing = self.symbols.asked(call.query, call.now_ms)
        return self.tickers.depth(listing, call.query, call.now_us, call.per_ms)

    def average(self, call: Call) -> Reply:
        """The mean price of some minutes."""
        return self.tickers.average(self.symbols.asked(call.query, call.now_ms), call.now_us)

    def day(self, call: Call) -> Reply:
        """24 h tickers."""
        mini = call.query.get("type", "FULL") == "MINI"
        listings, alone = self.symbols.several(call.query, call.now_ms)
        return _rows([self.tickers.day(each, call.now_us, mini=mini) for each in listings], alone)

    def book_ticker(self, call: Call) -> Reply:
        """Best bids and asks."""
        listings, alone = self.symbols.several(call.query, call.now_ms)
        return _rows([self.tickers.book_ticker(each, call.now_us) for each in listings], alone)

    def price(self, call: Call) -> Reply:
        """Last prices."""
        listings, alone = self.symbols.several(call.query, call.now_ms)
        return _rows([self.tickers.price(each, call.now_us) for each in listings], alone)


def basics(dialect: Dialect, information: Callable[[Call], Reply]) -> dict[str, Route]:
    """ping, time and exchangeInfo, by path."""
    return {
        f"{dialect.root}/ping": Route(lambda _: {}),
        f"{dialect.root}/time": Route(lambda call: {"serverTime": call.now}),
        f"{dialect.root}/exchangeInfo": Route(information, weighs(dialect.info_weight)),
    }


def _rows(rows: Sequence[Document], alone: bool) -> Reply:
    """All rows, or the only one as it is."""
    return rows[0] if alone else list(rows)
