"""Trades on REST: aggregated ones by id or time, single ones by id, in Binance's paging.

What belongs here: aggTrades, trades, historicalTrades. What does not: the streams of trades
(`trade_streams.py`).
"""

from __future__ import annotations

from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.binance.parameters import (
    Query,
    RequestError,
    row_limit,
    time_ms,
    whole,
)
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import AggTrades, Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HOUR

MOST_ROWS = 1000
MOST_HISTORICAL = 500
"""Of a perpetual's historicalTrades; spot gives `MOST_ROWS`."""
DEFAULT_HISTORICAL = 100
AGGREGATES_LAST = 48 * HOUR
"""How far back a perpetual's aggregated trades are to be had, ms."""
HISTORY_LASTS = 30 * DAY
"""How far back a perpetual's historicalTrades go, ms."""

Rows = list[bytes]


class TradePages:
    """The answers about trades on one host.

    Args:
        dialect: spot or perpetuals.
        market: whose trades.
    """

    def __init__(self, dialect: Dialect, market: SyntheticMarket) -> None:
        self.dialect, self.market = dialect, market

    def aggregated(self, listing: Listing, query: Query, now_us: int, per_ms: int) -> Rows:
        """A page of aggTrades: from an id, from a time, or the newest.

        Raises:
            RequestError: a parameter is wrong, or the combination.
        """
        limit = row_limit(query, MOST_ROWS)
        first = self._first_aggregate(listing, query, limit, now_us)
        end = time_ms(query, "endTime")
        until = now_us if end is None else min((end + 1) * 1000, now_us)
        aggs = self.market.aggs_from(listing, first, limit, until)
        return aggregate_rows(listing, aggs, per_ms, spot=self.dialect.spot)

    def _first_aggregate(self, listing: Listing, query: Query, limit: int, now_us: int) -> int:
        from_id, start, end = (
            whole(query, "fromId"),
            time_ms(query, "startTime"),
            time_ms(query, "endTime"),
        )
        oldest = self._oldest_aggregate(listing, now_us)
        if from_id is not None:
            if start is not None or end is not None:
                raise RequestError(-1128, "Combination of optional parameters invalid.")
            return max(from_id, oldest)
        if start is None:
            until = now_us if end is None else min((end + 1) * 1000, now_us)
            return max(self.market.last_agg_id(listing, until) - limit + 1, oldest)
        self._check_window(start, end)
        return max(self.market.last_agg_id(listing, min(start * 1000, now_us)) + 1, oldest)

    def _check_window(self, start: int, end: int | None) -> None:
        if end is None:
            return
        if end < start:
            raise RequestError(-1127, "startTime is after endTime.")
        if not self.dialect.spot and end - start > HOUR:
            raise RequestError(-1127, "More than 1 hours between startTime and endTime.")

    def _oldest_aggregate(self, listing: Listing, now_us: int) -> int:
        """The first id that may be asked for."""
        if self.dialect.spot:
            return 1
        return self.market.last_agg_id(listing, now_us - AGGREGATES_LAST * 1000) + 1

    def recent(self, listing: Listing, query: Query, now_us: int, per_ms: int) -> Rows:
        """The newest trades.

        Raises:
            RequestError: the limit is wrong.
        """
        limit = row_limit(query, MOST_ROWS)
        first = self.market.last_id(listing, now_us) - limit + 1
        return self._rows(listing, first, limit, now_us, per_ms)

    def historical(self, listing: Listing, query: Query, now_us: int, per_ms: int) -> Rows:
        """Trades from an id on, or the newest.

        Raises:
            RequestError: a parameter is wrong.
        """
        most = MOST_ROWS if self.dialect.spot else MOST_HISTORICAL
        usual = most // 2 if self.dialect.spot else DEFAULT_HISTORICAL
        limit, first = row_limit(query, most, usual), whole(query, "fromId")
        if first is None:
            first = self.market.last_id(listing, now_us) - limit + 1
        if not self.dialect.spot:
            first = max(first, self.market.last_id(listing, now_us - HISTORY_LASTS * 1000) + 1)
        return self._rows(listing, first, limit, now_us, per_ms)

    def _rows(self, listing: Listing, first: int, limit: int, until: int, per_ms: int) -> Rows:
        trades = self.market.trades_from(listing, max(first, 1), limit, until)
        return trade_rows(listing, trades, per_ms, spot=self.dialect.spot)


def aggregate_rows(listing: Listing, aggs: AggTrades, per_ms: int, *, spot: bool) -> Rows:
    """Aggregated trades as REST writes them, one JSON text each.

    Args:
        listing: whose.
        aggs: the trades.
        per_ms: 1 for times in ms, 1000 for µs.
        spot: whether the row ends with `M`, which perpetuals do not have.
    """
    digits, end = digits_of(listing), ',"M":true}' if spot else "}"
    columns = zip(
        aggs.agg_id.tolist(),
        digits.prices(aggs.price),
        digits.amounts(aggs.amount),
        aggs.first_id.tolist(),
        aggs.last_id.tolist(),
        (aggs.time * per_ms // 1000).tolist(),
        _flags(aggs.taker_sells.tolist()),
        strict=True,
    )
    return [
        f'{{"a":{a},"p":"{p}","q":"{q}","f":{f},"l":{last},"T":{t},"m":{m}{end}'.encode()
        for a, p, q, f, last, t, m in columns
    ]


def trade_rows(listing: Listing, trades: Trades, per_ms: int, *, spot: bool) -> Rows:
    """Single trades as REST writes them, one JSON text each; arguments as `aggregate_rows`."""
    digits, end = digits_of(listing), '"isBestMatch":true}' if spot else '"isRPITrade":false}'
    columns = zip(
        trades.trade_id.tolist(),
        digits.prices(trades.price),
        digits.amounts(trades.amount),
        digits.values(trades.price * trades.amount),
        (trades.time * per_ms // 1000).tolist(),
        _flags(trades.taker_sells.tolist()),
        strict=True,
    )
    return [
        f'{{"id":{n},"price":"{p}","qty":"{q}","quoteQty":"{v}","time":{t},'
        f'"isBuyerMaker":{m},{end}'.encode()
        for n, p, q, v, t, m in columns
    ]


def _flags(values: list[bool]) -> list[str]:
    return ["true" if value else "false" for value in values]
