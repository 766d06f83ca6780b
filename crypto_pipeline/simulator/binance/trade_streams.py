"""The streams of trades: `trade` and `aggTrade`.

What belongs here: their frames and when they are due. What does not: REST's pages (`trades.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto_pipeline.simulator.binance.dialects import MERGED_FROM, Dialect
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import AggTrades, Trades, aggregated_trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.streams.feeds import Feed, Frame

AGGREGATED_EVERY = 100_000
"""µs after which a perpetual's aggregated trades are told."""


class TradeFeed(Feed):
    """Trades as they happen, one frame each.

    Args:
        dialect: spot or perpetuals.
        market: whose trades.
        listing: of which symbol.
        per_ms: 1 for times in ms, 1000 for µs.
        aggregated: whether fills of one order at one price are one frame.
    """

    firehose = True

    def __init__(
        self,
        dialect: Dialect,
        market: SyntheticMarket,
        listing: Listing,
        per_ms: int,
        *,
        aggregated: bool,
    ) -> None:
        self.dialect, self.market, self.listing = dialect, market, listing
        self.per_ms, self.aggregated = per_ms, aggregated
        self.grid = AGGREGATED_EVERY if aggregated and not dialect.spot else 1
        self._at = 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Nothing; trades after `now` follow."""
        self._at = now // self.grid * self.grid
        return ()

    def until(self, now: int) -> Sequence[Frame]:
        """The trades since the last call."""
        until = now // self.grid * self.grid
        if until <= self._at:
            return ()
        trades = self.market.trades(self.listing, self._at + 1, until + 1)
        self._at = until
        if not len(trades):
            return ()
        if self.aggregated:
            return self._aggregates(aggregated_trades(trades))
        return self._singles(trades)

    def _singles(self, trades: Trades) -> list[Frame]:
        digits, symbol = digits_of(self.listing), self.listing.symbol
        write = _spot_trade if self.dialect.spot else _perp_trade
        columns = zip(
            trades.time.tolist(),
            trades.trade_id.tolist(),
            digits.prices(trades.price),
            digits.amounts(trades.amount),
            trades.taker_sells.tolist(),
            strict=True,
        )
        texts = ((row[0], write(symbol, row[0] * self.per_ms // 1000, *row[1:])) for row in columns)
        return [Frame(text.encode(), at, "trade", symbol) for at, text in texts]

    def _aggregates(self, aggs: AggTrades) -> list[Frame]:
        digits = digits_of(self.listing)
        columns = zip(
            aggs.time.tolist(),
            aggs.agg_id.tolist(),
            digits.prices(aggs.price),
            digits.amounts(aggs.amount),
            aggs.first_id.tolist(),
            aggs.last_id.tolist(),
            aggs.taker_sells.tolist(),
            strict=True,
        )
        return [self._aggregate(*row) for row in columns]

    def _aggregate(
        self, at: int, number: int, price: str, amount: str, first: int, last: int, maker: bool
    ) -> Frame:
        symbol, due = self.listing.symbol, -(-at // self.grid) * self.grid
        sent, traded = due * self.per_ms // 1000, at * self.per_ms // 1000
        times = f'"f":{first},"l":{last},"T":{traded},"m":{_flag(maker)}'
        if self.dialect.spot:
            text = (
                f'{{"e":"aggTrade","E":{sent},"s":"{symbol}","a":{number},"p":"{price}",'
                f'"q":"{amount}",{times},"M":true}}'
            )
        else:
            merged = at >= MERGED_FROM
            normal, kind = (f'"nq":"{amount}",', ',"st":1') if merged else ("", "")
            text = (
                f'{{"e":"aggTrade","E":{sent},"a":{number},"s":"{symbol}","p":"{price}",'
                f'"q":"{amount}",{normal}{times}{kind}}}'
            )
        return Frame(text.encode(), due, "aggTrade", symbol)


def _spot_trade(symbol: str, at: int, number: int, price: str, amount: str, maker: bool) -> str:
    return (
        f'{{"e":"trade","E":{at},"s":"{symbol}","t":{number},"p":"{price}","q":"{amount}",'
        f'"T":{at},"m":{_flag(maker)},"M":true}}'
    )


def _perp_trade(symbol: str, at: int, number: int, price: str, amount: str, maker: bool) -> str:
    return (
        f'{{"e":"trade","E":{at},"T":{at},"s":"{symbol}","t":{number},"p":"{price}",'
        f'"q":"{amount}","X":"MARKET","m":{_flag(maker)}}}'
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
