"""Tickers and open interest as OKX writes them.

What belongs here: the figures of an instrument at an instant, and their rows. What does not: when
a frame is due.

A day's figures are of the last 1440 whole minutes and the running one up to the full second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from crypto_pipeline.simulator.market.bars import Bars, joined
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing, trimmed_text
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HONG_KONG, MINUTE, ONE_MINUTE
from crypto_pipeline.simulator.okx import books
from crypto_pipeline.simulator.okx.instruments import family, inst_type, is_swap
from crypto_pipeline.simulator.okx.marks import INDEX, QuoteBars, index_text, mark_now

SECOND_US = 1_000_000
_OPEN_INTEREST_OF_VOLUME = 4

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a day's bars; prices and amounts as in `Bars`, all 0 of none.

    Attributes:
        first: the first bar's open; `high` and `low` of all.
        volume: base coin; `turnover` quote coin.
    """

    first: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    turnover: int = 0


class Tickers:
    """The tickers of a market's instruments.

    Args:
        market: whose.
        quotes: of its indices.
    """

    def __init__(self, market: SyntheticMarket, quotes: QuoteBars) -> None:
        self.market, self.quotes = market, quotes
        self._closed = lru_cache(maxsize=512)(self._closed_minutes)
        self._totals = lru_cache(maxsize=512)(self._day_until)
        self._open = lru_cache(maxsize=512)(self._open_of)

    def row(self, listing: Listing, at: int) -> Row:
        """The ticker of an instrument at an instant (µs)."""
        price, lots = listing.price_decimals, listing.contract_decimals
        last, size = self._last(listing, at)
        book = books.book_at(self.market, listing, at, 1)
        day = self._totals(listing, at // SECOND_US)
        money = (day.volume, listing.lot_decimals)
        if not is_swap(listing):
            money = (day.turnover, price + listing.lot_decimals)
        midnights = (at // 1000 // DAY * DAY, _local_midnight(at // 1000))
        opens = (self._open(listing, midnight) or day.first for midnight in midnights)
        prices = {"open24h": day.first, "high24h": day.high, "low24h": day.low}
        prices |= dict(zip(("sodUtc0", "sodUtc8"), opens, strict=True))
        return {
            "instType": inst_type(listing),
            "instId": listing.symbol,
            "last": trimmed_text(last, price),
            "lastSz": trimmed_text(size, lots),
            "askPx": trimmed_text(int(book.ask_price[0]), price),
            "askSz": trimmed_text(int(book.ask_amount[0]), lots),
            "bidPx": trimmed_text(int(book.bid_price[0]), price),
            "bidSz": trimmed_text(int(book.bid_amount[0]), lots),
            **{name: trimmed_text(units, price) for name, units in prices.items()},
            "volCcy24h": trimmed_text(*money),
            "vol24h": trimmed_text(day.volume, lots),
            "ts": str(at // 1000),
        }

    def index_row(self, listing: Listing, at: int) -> Row:
        """The ticker of a swap's index at an instant (µs)."""
        now = at // 1000
        day = self.quotes.bar(listing, INDEX, now - DAY, now + 1)
        midnights = {"sodUtc0": now // DAY * DAY, "sodUtc8": _local_midnight(now)}
        starts = {
            name: self.quotes.bar(listing, INDEX, start, start + 1)[0]
            for name, start in midnights.items()
        }
        named = {"idxPx": day[3], "open24h": day[0], "high24h": day[1], "low24h": day[2], **starts}
        texts = {name: index_text(listing, price) for name, price in named.items()}
        return {"instId": family(listing), **texts, "ts": str(now)}

    def open_interest(self, listing: Listing, at: int) -> Row:
        """The open contracts of a swap at an instant (µs): a quarter of the last day's volume."""
        held = self._totals(listing, at // SECOND_US).volume // _OPEN_INTEREST_OF_VOLUME
        price = mark_now(self.market, listing, at).mark
        return {
            "instId": listing.symbol,
            "instType": "SWAP",
            "oi": trimmed_text(held, listing.contract_decimals),
            "oiCcy": trimmed_text(held, listing.lot_decimals),
            "oiUsd": trimmed_text(held * price, listing.lot_decimals + DECIMALS),
            "ts": str(at // 1000),
        }

    def _last(self, listing: Listing, at: int) -> tuple[int, int]:
        """Price and amount of the newest trade up to an instant (µs); zeros where none."""
        newest = self.market.last_id(listing, at + 1)
        trades = self.market.trades_from(listing, newest, 1, at + 1)
        return (int(trades.price[0]), int(trades.amount[0])) if len(trades) else (0, 0)

    def _open_of(self, listing: Listing, midnight: int) -> int:
        """The first price of the day that begins then (ms), 0 where there is none yet."""
        end = midnight + MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, midnight, end, end * 1000)
        return int(bars.open[0]) if len(bars) else 0

    def _closed_minutes(self, listing: Listing, minute: int) -> Bars:
        end = minute * MINUTE
        return self.market.bars(listing, ONE_MINUTE, end - DAY, end, end * 1000)

    def _day_until(self, listing: Listing, second: int) -> Totals:
        opening = second * 1000 // MINUTE * MINUTE
        now = second * SECOND_US
        running = self.market.bars(listing, ONE_MINUTE, opening, opening + 1, now)
        closed = self._closed(listing, opening // MINUTE)
        bars = joined([closed, running]) if len(running) else closed
        return _totals(bars)


def _totals(bars: Bars) -> Totals:
    if not len(bars):
        return Totals()
    return Totals(
        int(bars.open[0]),
        int(bars.high.max()),
        int(bars.low.min()),
        int(bars.volume.sum()),
        int(bars.quote_volume.sum()),
    )


def _local_midnight(now_ms: int) -> int:
    """The last midnight in UTC+8, ms since the epoch."""
    return (now_ms - HONG_KONG) // DAY * DAY + HONG_KONG
