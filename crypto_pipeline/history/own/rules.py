"""Rules that the rows of a person's file must keep: those that hold for what exchanges send.

What belongs here: the rules of one row and of one row after another. What does not: reading a
value (`history/own/values.py`), carrying rules out on all rows (`history/own/stage.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.funding import LONGEST_INTERVAL, SHORTEST_INTERVAL
from crypto_pipeline.domain.klines import MICROSECOND, SANITY_RULES, microseconds
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import TRADE_RULES
from crypto_pipeline.history.own.values import Place

FIRST_MARKET = datetime(2009, 1, 3, tzinfo=UTC)
"""The day of Bitcoin's first block: an earlier time was read in the wrong unit."""

HIGHEST_RATE = 1.0
"""No exchange lets a settlement cost a position's value; prices read as rates are far above."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of one row.

    Attributes:
        name: short, for a list of those that are broken.
        predicate: in SQL over our columns, true for a possible row; NULL counts as true.
        expected: the rule in words.
    """

    name: str
    predicate: str
    expected: str


def rules_of(series: Series, now: datetime) -> list[Rule]:
    """The rules of one row of a series, at a moment at which later rows cannot be known."""
    if series.kind is Kind.KLINES:
        return [*_kline_times(series, now), *(Rule(n, rule, rule) for n, rule in SANITY_RULES)]
    if series.kind is Kind.FUNDING:
        return [*_times("funding_time", now), *_FUNDING]
    return [*_times("ts_event", now), *(Rule(n, rule, rule) for n, rule in TRADE_RULES)]


def _times(column: str, end: datetime) -> list[Rule]:
    stamp, first = f"epoch_us({column})", microseconds(FIRST_MARKET)
    early = f"{column} from {FIRST_MARKET:%Y-%m-%d} on; is --time-unit right?"
    late = f"{column} up to {end:%Y-%m-%dT%H:%MZ}, the last that is over; is --time-unit right?"
    return [
        Rule("not_before_markets", f"{stamp} >= {first}", early),
        Rule("not_in_the_future", f"{stamp} <= {microseconds(end)}", late),
    ]


def _kline_times(series: Series, now: datetime) -> list[Rule]:
    step, closed = series.grid.microseconds, series.grid.closed_until(now)
    grid = f"open_time on the {series.part} grid in UTC"
    return [
        *_times("open_time", closed - MICROSECOND),
        Rule("on_grid", f"epoch_us(open_time) % {step} = 0", grid),
    ]


_HOUR = SHORTEST_INTERVAL // MICROSECOND
_LONGEST = LONGEST_INTERVAL // SHORTEST_INTERVAL
_FUNDING = (
    Rule("on_the_hour", f"epoch_us(funding_time) % {_HOUR} = 0", "funding_time on the hour"),
    Rule("rate_possible", f"abs(rate) < {HIGHEST_RATE}", "rate as a fraction (0.0001 is 1 bp)"),
    Rule(
        "interval_possible",
        f"interval_hours BETWEEN 1 AND {_LONGEST}",
        f"interval_hours from 1 to {_LONGEST}",
    ),
    Rule("mark_price_positive", "mark_price > 0", "mark_price above 0"),
)


class Order:
    """Whether the times of bars or settlements ascend, or descend, from row to row of a file.

    Either way each time is there once. Trades have ids for that, and may come in any order.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._before: int | None = None
        self._sign: int | None = None

    def check(self, times: pa.ChunkedArray, first: int) -> None:
        """Look at the next rows of the file.

        Args:
            times: theirs.
            first: number of the first of them in the file.

        Raises:
            DecodeError: one repeats a time, or turns against the direction of the others.
        """
        stamps = times.cast(pa.int64()).to_numpy()
        before = stamps[:1] if self._before is None else np.array([self._before])
        steps = np.diff(stamps, prepend=before)
        skipped = 1 if self._before is None else 0
        if self._sign is None and (steps != 0).any():
            self._sign = int(np.sign(steps[np.flatnonzero(steps)[0]]))
        wrong = steps * (self._sign or 1) <= 0
        wrong[:skipped] = False
        place = Place(self._place.file, self._place.column, first)
        place.refuse(pc.cast(times, pa.string()), pa.array(wrong), self._expected())
        self._before = int(stamps[-1]) if stamps.size else self._before

    def _expected(self) -> str:
        side = "before" if self._sign == -1 else "after"
        return f"each time once and in order: one {side} that of the row above"


def has_order(kind: Kind) -> bool:
    """Whether rows of this kind are told apart by their times alone."""
    return kind in (Kind.KLINES, Kind.FUNDING)


def id_column(kind: Kind) -> str | None:
    """The column that tells rows of this kind apart, where it is not the time."""
    return {Kind.TRADES: "trade_id", Kind.AGG_TRADES: "agg_id"}.get(kind)
