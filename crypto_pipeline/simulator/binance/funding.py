"""Funding and marks on the REST of perpetuals.

What belongs here: fundingRate, fundingInfo, premiumIndex. What does not: their stream
(`mark_streams.py`).
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

from crypto_pipeline.simulator.binance.digits import rate_text
from crypto_pipeline.simulator.binance.parameters import Query, row_limit, time_ms
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Funding
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import HOUR

Document = dict[str, Any]

MOST_ROWS = 1000
DEFAULT_ROWS = 100
NEWEST_ROWS = 200
"""What a request without times and limit gets."""
USUAL_INTERVAL = 8
INTEREST = "0.00010000"
CAP = "0.02000000"

MARKED_FROM = int(datetime(2023, 10, 31, 16, tzinfo=UTC).timestamp()) * 1000
"""ms; older settlements have an empty mark price. Which is the first is a choice."""

_LONGEST = USUAL_INTERVAL * HOUR
_LATEST = 18
"""Settlements are stamped less than this many ms late."""


class FundingPages:
    """The answers about funding.

    Args:
        market: whose perpetuals.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market

    def history(self, listing: Listing, query: Query, now_ms: int) -> list[Document]:
        """Settled rates, ascending.

        Raises:
            RequestError: a parameter is wrong.
        """
        start, end = time_ms(query, "startTime"), time_ms(query, "endTime")
        usual = NEWEST_ROWS if start is None and end is None else DEFAULT_ROWS
        limit = row_limit(query, MOST_ROWS, usual)
        last = now_ms if end is None else min(end, now_ms)
        reach = (limit + 1) * listing.interval_hours * HOUR
        if start is None:
            return self._settled(listing, last - reach, last)[-limit:]
        first = max(start, listing.listed_at)
        return self._settled(listing, first, min(last, first + reach))[:limit]

    def _settled(self, listing: Listing, first: int, last: int) -> list[Document]:
        """The settlements that are stamped within both bounds, ms."""
        found = self.market.fundings(listing, first - _LATEST, last + 1)
        return [
            _row(listing, settled)
            for settled in found
            if first <= settled_time(listing, settled.settled_at) <= last
        ]

    def newest(self, listings: list[Listing], query: Query, now_ms: int) -> list[Document]:
        """Rates of every symbol, the newest at the end, as a request without symbol gets them.

        Raises:
            RequestError: a parameter is wrong.
        """
        limit = row_limit(query, MOST_ROWS, DEFAULT_ROWS)
        if "startTime" not in query:
            settlements, end = limit // max(len(listings), 1) + 2, time_ms(query, "endTime")
            last = now_ms if end is None else min(end, now_ms)
            start = max(last - settlements * _LONGEST, 0)
            query = {**query, "limit": str(MOST_ROWS), "startTime": str(start)}
            return self._merged(listings, query, now_ms)[-limit:]
        return self._merged(listings, query, now_ms)[:limit]

    def _merged(self, listings: list[Listing], query: Query, now_ms: int) -> list[Document]:
        rows = [row for listing in listings for row in self.history(listing, query, now_ms)]
        return sorted(rows, key=lambda row: (row["fundingTime"], row["symbol"]))

    def adjusted(self, listings: list[Listing]) -> list[Document]:
        """The symbols whose interval or bounds are not the usual ones."""
        return [
            {
                "symbol": listing.symbol,
                "adjustedFundingRateCap": CAP,
                "adjustedFundingRateFloor": f"-{CAP}",
                "fundingIntervalHours": listing.interval_hours,
                "disclaimer": False,
                "updateTime": listing.listed_at,
            }
            for listing in listings
            if listing.interval_hours != USUAL_INTERVAL
        ]

    def premium(self, listing: Listing, now_us: int) -> Document:
        """Mark and index price, and the running rate."""
        mark = self.market.mark(listing, now_us)
        return {
            "symbol": listing.symbol,
            "markPrice": rate_text(mark.mark),
            "indexPrice": rate_text(mark.index),
            "estimatedSettlePrice": rate_text((mark.mark + mark.index) // 2),
            "lastFundingRate": rate_text(mark.predicted_rate),
            "interestRate": INTEREST,
            "nextFundingTime": mark.next_funding,
            "time": now_us // 1_000_000 * 1000,
        }


def settled_time(listing: Listing, settled_at: int) -> int:
    """When the exchange says that a settlement was, ms: up to 17 ms late, the same each time."""
    return settled_at + zlib.crc32(f"{listing.symbol}:{settled_at}".encode()) % _LATEST


def _row(listing: Listing, settled: Funding) -> Document:
    return {
        "symbol": listing.symbol,
        "fundingTime": settled_time(listing, settled.settled_at),
        "fundingRate": rate_text(settled.rate),
        "markPrice": rate_text(settled.mark) if settled.settled_at >= MARKED_FROM else "",
    }
