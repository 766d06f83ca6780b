"""Bars of any length: what an exchange shows of a listing's minutes, and their aggregation.

What belongs here: which bars there are, and the open one. What does not: trades (`trading.py`),
an exchange's rows.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

import numpy as np

from crypto_pipeline.simulator.market.activity import last_instant
from crypto_pipeline.simulator.market.bars import NO_BARS, Bars, Window, aggregated, joined
from crypto_pipeline.simulator.market.calendar import halted
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Flags, Integers, Trades
from crypto_pipeline.simulator.market.timeframes import DAY, MINUTE, ONE_DAY, ONE_HOUR, Timeframe
from crypto_pipeline.simulator.market.trading import Trading

_STRETCHES = 16
_BLOCK = 8
"""Days whose 1d bars are made at once."""


class Klines:
    """The bars of one market.

    Args:
        trading: its trades.
    """

    def __init__(self, trading: Trading) -> None:
        self.trading = trading
        self._within_day = lru_cache(maxsize=4096)(self._compute_within_day)
        self._days = lru_cache(maxsize=8192)(self._compute_days)
        self._longer = lru_cache(maxsize=65536)(self._compute_longer)

    def page(self, listing: Listing, frame: Timeframe, window: Window, now: int) -> Bars:
        """The bars of a window, ascending, however far apart they are; `now` in µs."""
        span = self.span(listing, frame, window, now)
        if span[0] > span[1]:
            return NO_BARS
        if window.newest:
            return self._newest(listing, frame, span, window.limit, now)
        return self._oldest(listing, frame, span, window.limit, now)

    def span(self, listing: Listing, frame: Timeframe, window: Window, now: int) -> tuple[int, int]:
        """The first opening that a window can hold, and the last instant of one, both in ms."""
        first = _not_before(frame, max(window.start, frame.opening(listing.listed_at)))
        last = min(window.end, now // 1000)
        if listing.delisted_at is not None:
            last = min(last, listing.delisted_at - 1)
        return first, min(last, last_instant(listing))

    def _oldest(
        self, listing: Listing, frame: Timeframe, span: tuple[int, int], limit: int, now: int
    ) -> Bars:
        (start, last), found = span, NO_BARS
        for stretch in range(_STRETCHES):
            end = frame.before(start, -(limit << stretch))
            more = self.bars(listing, frame, start, min(end, last + 1), now)
            found, start = joined([found, more]), end
            if len(found) >= limit or end > last:
                break
        return found[:limit]

    def _newest(
        self, listing: Listing, frame: Timeframe, span: tuple[int, int], limit: int, now: int
    ) -> Bars:
        (first, last), found = span, NO_BARS
        end = frame.following(frame.opening(last))
        for stretch in range(_STRETCHES):
            start = max(frame.before(end, limit << stretch), first)
            more = self.bars(listing, frame, start, end, now)
            found, end = joined([more, found]), start
            if len(found) >= limit or start == first:
                break
        return found[-limit:]

    def bars(self, listing: Listing, frame: Timeframe, start: int, end: int, now: int) -> Bars:
        """The bars that open in [start, end) ms, the one that holds `now` (µs) as far as it is."""
        if 0 < frame.step < MINUTE:
            return self._seconds(listing, frame, (start, min(end, now // 1000 + 1)), now)
        current = frame.opening(now // 1000)
        closed = self._closed(listing, frame, start, min(end, current))
        if not start <= current < end:
            return closed
        return joined([closed, self._open(listing, frame, current, now)])

    def _closed(self, listing: Listing, frame: Timeframe, start: int, end: int) -> Bars:
        if start >= end:
            return NO_BARS
        if divides_day(frame):
            found = self._of_days(listing, frame.step, range(start // DAY, -(-end // DAY)))
            return found[(found.open_time >= start) & (found.open_time < end)]
        parts, at = [NO_BARS], _not_before(frame, start)
        while at < end:
            parts.append(self._longer(listing, frame, at))
            at = frame.following(at)
        return joined(parts)

    def _of_days(self, listing: Listing, step: int, days: range) -> Bars:
        """The bars of whole days, of a length that divides a day; days on either side may come."""
        if step < DAY:
            return joined([self._within_day(listing, step, day) for day in days])
        blocks = range(days.start // _BLOCK, (days.stop - 1) // _BLOCK + 1)
        return joined([self._days(listing, block) for block in blocks])

    def _compute_within_day(self, listing: Listing, step: int, day: int) -> Bars:
        return _merged(listing, self.trading.minutes(listing, day), step)

    def _compute_days(self, listing: Listing, block: int) -> Bars:
        """The 1d bars of some days in a row."""
        return _merged(listing, self.trading.stretch(listing, block * _BLOCK, _BLOCK), DAY)

    def _compute_longer(self, listing: Listing, frame: Timeframe, opening: int) -> Bars:
        """A closed bar that is no part of one UTC day."""
        parts = self._closed(listing, _part_of(frame), opening, frame.following(opening))
        return _as_one(parts, opening)

    def _open(self, listing: Listing, frame: Timeframe, opening: int, now: int) -> Bars:
        midnight = now // 1000 // DAY * DAY
        earlier = self._closed(listing, _part_of(frame), opening, midnight)
        first = (max(opening, midnight) - midnight) // MINUTE
        current = (now // 1000 - midnight) // MINUTE
        minutes = self.trading.minutes(listing, midnight // DAY)[first:current]
        today = joined([minutes, self.trading.minute_until(listing, now)])
        return _as_one(joined([earlier, today[shown(listing, today)]]), opening)

    def _seconds(self, listing: Listing, frame: Timeframe, span: tuple[int, int], now: int) -> Bars:
        """Bars shorter than a minute, straight from the trades."""
        start, end = frame.opening(span[0] - 1) + frame.step, span[1]
        if start >= end:
            return NO_BARS
        openings = np.arange(start, end, frame.step, dtype=np.int64)
        stop = min((int(openings[-1]) + frame.step) * 1000, now)
        trades = self.trading.between(listing, start * 1000, max(stop, start * 1000))
        before = self.trading.last_id(listing, start * 1000)
        last = self.trading.from_index(listing, before - 1, 1).price
        found = _grid(trades, openings, int(last[0]) if before else 0)
        return found[shown(listing, found)]


def shown(listing: Listing, bars: Bars) -> Flags:
    """Which of a listing's minutes (or seconds) its exchange has a row for.

    OKX writes flat rows through a halt, Coinbase none for a minute without a trade.
    """
    at = bars.open_time
    listed = (at // MINUTE * MINUTE >= listing.listed_at // MINUTE * MINUTE) & (bars.close > 0)
    if listing.delisted_at is not None:
        listed &= at < listing.delisted_at
    if listing.venue == "coinbase":
        return np.asarray(listed & (bars.count > 0))
    if listing.venue == "okx":
        return np.asarray(listed)
    return np.asarray(listed & ~halted(listing, at))


def _merged(listing: Listing, minutes: Bars, step: int) -> Bars:
    """Bars of a length that divides a day, of the minutes that are shown."""
    minutes = minutes[shown(listing, minutes)]
    if step == MINUTE or not len(minutes):
        return minutes
    opening = minutes.open_time // step * step
    starts = np.flatnonzero(np.diff(opening, prepend=-1))
    return aggregated(minutes, starts, opening[starts])


def _grid(trades: Trades, openings: Integers, close: int) -> Bars:
    """A bar for each opening, flat where nothing traded; `close` is the price before the first."""
    edges = np.append(np.searchsorted(trades.time, openings * 1000), len(trades))
    count = np.diff(edges)
    last = np.where(edges[1:] > 0, edges[1:] - 1, 0)
    prices = np.append(trades.price, close)
    closes = np.where(edges[1:] > 0, prices[last], close)
    some = np.flatnonzero(count)
    flat = (closes, closes, closes, closes, *(np.zeros_like(closes) for _ in range(5)))
    rows = [values.copy() for values in (*flat, closes * 0 - 1, closes * 0 - 1)]
    if len(some):
        single = _single(trades)
        merged = aggregated(single, edges[:-1][some], openings[some])
        for row, field in zip(rows, fields(Bars)[1:], strict=True):
            row[some] = getattr(merged, field.name)
    return Bars(openings, *rows)


def _single(trades: Trades) -> Bars:
    """Each trade as a bar of its own."""
    price, amount, bought = trades.price, trades.amount, ~trades.taker_sells
    money = price * amount
    return Bars(
        trades.time // 1000,
        *(price, price, price, price),
        amount,
        money,
        np.ones(len(trades), np.int64),
        amount * bought,
        money * bought,
        trades.trade_id,
        trades.trade_id,
    )


def _not_before(frame: Timeframe, at: int) -> int:
    """The first opening at or after an instant."""
    opening = frame.opening(at)
    return opening if opening == at else frame.following(opening)


def divides_day(frame: Timeframe) -> bool:
    """Whether each UTC day is a whole number of bars of a minute or longer."""
    return frame.step >= MINUTE and DAY % frame.step == 0 and frame.anchor % frame.step == 0


def _part_of(frame: Timeframe) -> Timeframe:
    """The length that bars longer than a day, or of another midnight, are made of."""
    return ONE_DAY if frame.anchor % DAY == 0 else ONE_HOUR


def _as_one(bars: Bars, opening: int) -> Bars:
    if not len(bars):
        return NO_BARS
    return aggregated(bars, np.zeros(1, np.int64), np.array([opening], np.int64))
