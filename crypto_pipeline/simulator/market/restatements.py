"""Restated minutes: bars that an archive's daily file has otherwise than its monthly one.

What belongs here: which minutes, and both versions. What does not: the files.

The daily file was written before the last trade of the minute had come in; the monthly file, REST
and websocket have it. Only Binance's archive has bars; the first eight coins are spared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from crypto_pipeline.simulator.market.bars import Bars
from crypto_pipeline.simulator.market.coins import COINS
from crypto_pipeline.simulator.market.listings import Listing, listing_key
from crypto_pipeline.simulator.market.noise import hashed
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_MONTH
from crypto_pipeline.simulator.market.trading import Trading

_EVERY = 4
_SPARED = 8


@dataclass(frozen=True, slots=True)
class Restatement:
    """One minute that differs.

    Attributes:
        listing: whose.
        open_time: ms since the epoch.
        as_daily: the bar of the daily file, one row; `as_monthly` of everything else.
    """

    listing: Listing
    open_time: int
    as_daily: Bars
    as_monthly: Bars


def restatements(trading: Trading, listing: Listing, start: int, end: int) -> list[Restatement]:
    """The restated minutes that open in [start, end) ms; one a month, of every fourth coin."""
    names = list(COINS)
    rank = names.index(listing.base) if listing.base in names else 0
    if listing.venue != "binance" or rank < _SPARED or rank % _EVERY:
        return []
    found, month = [], ONE_MONTH.opening(start)
    while month < end:
        restated = _of_month(trading, listing, month)
        if restated is not None and start <= restated.open_time < end:
            found.append(restated)
        month = ONE_MONTH.following(month)
    return found


def _of_month(trading: Trading, listing: Listing, month: int) -> Restatement | None:
    """The month's first minute of two trades or more after a drawn one, on the drawn day."""
    number = datetime.fromtimestamp(month // 1000, UTC)
    key = f"{listing_key(trading.seed, listing)}:restated"
    drawn = int(hashed(key, np.array([number.year * 12 + number.month]))[0])
    day = month // DAY + drawn % 28
    if not listing.trading(day * DAY):
        return None
    bars, made = trading.minutes(listing, day), trading.day(listing, day)
    minute = drawn // 28 % 1200
    busy = np.flatnonzero(bars.count[minute:] > 1)
    if not len(busy):
        return None
    minute += int(busy[0])
    bar = bars[minute : minute + 1]
    daily = made.minutes(minute, minute + 1, int(bar.last_id[0]) - 1, 0)
    return Restatement(listing, day * DAY + minute * MINUTE, daily, bar)
