"""Tickers and open interest as OKX writes them.

What belongs here: the figures of an instrument at an instant, and their rows. What does not: when
a frame is due.

A day's figures are of the last 1440 whole minutes and the running one up to the full second.
"""

from __future__ import annotations

from functools import lru_cache

from crypto_pipeline.simulator.market.figures import Figures
from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Trades
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import trimmed_text
from crypto_pipeline.simulator.market.timeframes import DAY, HONG_KONG, MINUTE, ONE_MINUTE
from crypto_pipeline.simulator.okx.instruments import family, inst_type, is_swap
from crypto_pipeline.simulator.okx.marks import INDEX, QuoteBars, index_text

SECOND_US = 1_000_000
_OPEN_INTEREST_OF_VOLUME = 4

Row = dict[str, str]


class Tickers:
    """The tickers of a market's instruments.

    Args:
        market: whose.
        quotes: of its indices.
    """

    def __init__(self, market: SyntheticMarket, quotes: QuoteBars) -> None:
        self.market, self.quotes = market, quotes
        self.figures = Figures(market)
        self._open = lru_cache(maxsize=512)(self._open_of)

    def row(self, listing: Listing, at: int) -> Row:
        """The ticker of an instrument at an instant (µs)."""
        price, lots = listing.price_decimals, listing.contract_decimals
        last, size = _price_and_amount(self.market.last_trade(listing, at + 1))
        book = self.market.book(listing, at, 1)
        day = self.figures.day(listing, at).with_price(last)
        money = (day.volume, listing.lot_decimals)
        if not is_swap(listing):
            money = (day.quote_volume, price + listing.lot_decimals)
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
        held = self.figures.day(listing, at).volume // _OPEN_INTEREST_OF_VOLUME
        price = self.market.mark(listing, at).mark
        return {
            "instId": listing.symbol,
            "instType": "SWAP",
            "oi": trimmed_text(held, listing.contract_decimals),
            "oiCcy": trimmed_text(held, listing.lot_decimals),
            "oiUsd": trimmed_text(held * price, listing.lot_decimals + DECIMALS),
            "ts": str(at // 1000),
        }

    def _open_of(self, listing: Listing, midnight: int) -> int:
        """The first price of the day that begins then (ms), 0 where there is none yet."""
        end = midnight + MINUTE
        bars = self.market.bars(listing, ONE_MINUTE, midnight, end, end * 1000)
        return int(bars.open[0]) if len(bars) else 0


def _price_and_amount(trade: Trades) -> tuple[int, int]:
    """Of one trade; zeros where there is none."""
    return (int(trade.price[0]), int(trade.amount[0])) if len(trade) else (0, 0)


def _local_midnight(now_ms: int) -> int:
    """The last midnight in UTC+8, ms since the epoch."""
    return (now_ms - HONG_KONG) // DAY * DAY + HONG_KONG
