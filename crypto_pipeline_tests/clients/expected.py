"""What a client must come to hold: the market's own trades, bars, books and funding.

What belongs here: the market by seed, in the units that clients give. What does not: clients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing, Venue
from crypto_pipeline.simulator.market.records import (
    AggTrades,
    Integers,
    Trades,
    aggregated_trades,
)
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text
from crypto_pipeline.simulator.market.timeframes import (
    DAY,
    HOUR,
    MINUTE,
    ONE_MINUTE,
    ONE_MONTH,
    ONE_WEEK,
    SECOND,
    Timeframe,
)

SEED = 7
MARKET = SyntheticMarket(SEED)

Bar = tuple[float, ...]
"""Open, high, low, close, volume."""
Row = tuple[int, float, float, str]
"""A trade's time in ms, price, amount and taker's side."""

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_CALENDAR = {"1w": ONE_WEEK, "1M": ONE_MONTH, "3M": Timeframe(0, months=3)}


def timeframe(name: str) -> Timeframe:
    """A bar length by ccxt's name, on the grid of UTC."""
    return _CALENDAR.get(name) or Timeframe(int(name[:-1]) * _UNITS[name[-1]])


class Expected:
    """One listing, in the numbers that clients show.

    Args:
        venue: which exchange.
        symbol: the exchange's own.
        perp: whether it is the perpetual of that name.
        contracts: whether amounts are counted in contracts (OKX's swaps).
    """

    def __init__(
        self, venue: Venue, symbol: str, *, perp: bool = False, contracts: bool = False
    ) -> None:
        kind = InstrumentType.PERP if perp else InstrumentType.SPOT
        found = MARKET.listing(venue, kind, symbol)
        if found is None:
            raise LookupError(f"{venue} lists no {kind} {symbol}")
        self.listing: Listing = found
        self._decimals = found.contract_decimals if contracts else found.lot_decimals

    def price(self, units: int) -> float:
        """A price as a client parses it."""
        return float(decimal_text(int(units), self.listing.price_decimals))

    def amount(self, units: int) -> float:
        """An amount as a client parses it."""
        return float(decimal_text(int(units), self._decimals))

    def volume(self, units: int) -> float:
        """A bar's volume, always in base coins."""
        return float(decimal_text(int(units), self.listing.lot_decimals))

    def bars(self, name: str, start: int, end: int, now: int) -> dict[int, Bar]:
        """The market's bars that open in [start, end) ms, by open time; `now` in µs."""
        bars = MARKET.bars(self.listing, timeframe(name), start, end, now)
        prices = (bars.open, bars.high, bars.low, bars.close)
        columns = [[self.price(one) for one in column] for column in prices]
        rows = zip(*columns, [self.volume(one) for one in bars.volume], strict=True)
        return dict(zip(bars.open_time.tolist(), rows, strict=True))

    def as_traded(self, bars: Mapping[int, Bar]) -> dict[int, Bar]:
        """Bars with their volume in what trades are counted in."""
        places = self._decimals - self.listing.lot_decimals
        return {
            opening: (*bar[:4], float(Decimal(str(bar[4])).scaleb(-places)))
            for opening, bar in bars.items()
        }

    def whole(self, start: int, end: int, now: int) -> Bar:
        """One bar of the minutes in [start, end) ms: their aggregation, done here."""
        bars = MARKET.bars(self.listing, ONE_MINUTE, start, end, now)
        ends = self.price(bars.open[0]), self.price(bars.close[-1])
        high, low = self.price(bars.high.max()), self.price(bars.low.min())
        return (ends[0], high, low, ends[1], self.volume(bars.volume.sum()))

    def trades(self, start: int, end: int, *, merged: bool = False) -> list[Row]:
        """Every trade with time in [start, end) µs, `merged` by the taker's order and price."""
        found = MARKET.trades(self.listing, start, end)
        return self._rows(aggregated_trades(found) if merged else found)

    def newest(self, now: int, count: int, *, merged: bool) -> list[Row]:
        """The newest trades before `now` (µs)."""
        if merged:
            last = MARKET.last_agg_id(self.listing, now)
            return self._rows(MARKET.aggs_from(self.listing, last - count + 1, count, now))
        last = MARKET.last_id(self.listing, now)
        return self._rows(MARKET.trades_from(self.listing, last - count + 1, count, now))

    def _rows(self, found: Trades | AggTrades) -> list[Row]:
        columns = (found.time // 1000, found.price, found.amount, found.taker_sells)
        return [
            (time, self.price(price), self.amount(amount), "sell" if sells else "buy")
            for time, price, amount, sells in zip(*(one.tolist() for one in columns), strict=True)
        ]

    def book(self, at: int, depth: int) -> dict[str, list[list[float]]]:
        """The best levels at an instant (µs), as lists of price and amount."""
        book = MARKET.book(self.listing, at, depth)
        bids = self._levels(book.bid_price, book.bid_amount)
        return {"bids": bids, "asks": self._levels(book.ask_price, book.ask_amount)}

    def _levels(self, prices: Integers, amounts: Integers) -> list[list[float]]:
        pairs = zip(prices.tolist(), amounts.tolist(), strict=True)
        return [[self.price(price), self.amount(amount)] for price, amount in pairs]

    def predicted(self, at: int) -> tuple[int, float]:
        """Time (ms) and running rate of the next funding, at an instant (µs)."""
        mark = MARKET.mark(self.listing, at)
        return mark.next_funding, float(rate_text(mark.predicted_rate))

    def fundings(self, start: int, end: int) -> list[tuple[int, float]]:
        """Settlements in [start, end) ms: time and realised rate."""
        found = MARKET.fundings(self.listing, start, end)
        return [(one.settled_at, float(rate_text(one.rate))) for one in found]


def rate_text(units: int) -> str:
    """A rate in units of 10^-8, which may be negative, as text."""
    return ("-" if units < 0 else "") + decimal_text(abs(units), 8)


def best(book: Mapping[str, Iterable[Sequence[Any]]], depth: int) -> dict[str, list[list[float]]]:
    """The best levels of a client's book, as `Expected.book` writes them."""
    sides = {side: list(book[side])[:depth] for side in ("bids", "asks")}
    return {
        side: [[float(level[0]), float(level[1])] for level in levels]
        for side, levels in sides.items()
    }


def minutes_of(trades: Iterable[Mapping[str, Any]]) -> dict[int, Bar]:
    """A client's trades as bars of a minute, by open time in ms; trades in their order."""
    minutes: dict[int, list[tuple[float, float]]] = {}
    for trade in trades:
        opening = int(float(trade["time"])) // MINUTE * MINUTE
        minutes.setdefault(opening, []).append((float(trade["price"]), float(trade["amount"])))
    return {opening: _bar(rows) for opening, rows in minutes.items()}


def _bar(rows: list[tuple[float, float]]) -> Bar:
    prices = [price for price, _ in rows]
    volume = sum((Decimal(str(amount)) for _, amount in rows), Decimal(0))
    return (prices[0], max(prices), min(prices), prices[-1], float(volume))
