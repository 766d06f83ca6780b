"""What the market gives: trades, books, funding and marks, as whole numbers.

What belongs here: those shapes. What does not: where their values come from, how they are written.

Prices are integers in units of 10^-price_decimals, amounts of the base coin in units of
10^-lot_decimals (both of the `Listing`), so that every sum is exact. Instants are µs since the
epoch unless they say ms.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades in a row, one array each, all of one length, ascending.

    Attributes:
        trade_id: contiguous per listing, from 1 at its first trade.
        agg_id: of the taker order's fills at one price that the trade is part of; contiguous per
            listing, from 1. Trades of one agg_id share time, price and side.
        time: µs since the epoch, never descending.
        price: of the trade.
        amount: base coin.
        taker_sells: whether the taker sold.
    """

    trade_id: Integers
    agg_id: Integers
    time: Integers
    price: Integers
    amount: Integers
    taker_sells: Flags

    def __len__(self) -> int:
        """How many trades."""
        return len(self.trade_id)

    def __getitem__(self, part: slice) -> Trades:
        """Some of the trades."""
        return Trades(*(getattr(self, field.name)[part] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class AggTrades:
    """Trades merged by `agg_id`, one array each, ascending.

    Attributes:
        agg_id: contiguous per listing, from 1.
        first_id: its first trade_id; `last_id` its last.
        time: µs since the epoch.
        price: of all its trades.
        amount: their sum.
        taker_sells: whether the taker sold.
    """

    agg_id: Integers
    first_id: Integers
    last_id: Integers
    time: Integers
    price: Integers
    amount: Integers
    taker_sells: Flags

    def __len__(self) -> int:
        """How many aggregates."""
        return len(self.agg_id)


@dataclass(frozen=True, slots=True)
class Book:
    """An order book at an instant; no level is empty and the best bid is below the best ask.

    Attributes:
        at: µs since the epoch of the state, on the grid of `BOOK_STEP`.
        step: number of the state: contiguous, one more each `BOOK_STEP` since 2017-01-01. Every
            step changes at least one of the two best levels.
        bid_price: descending; `bid_amount` and `bid_orders` (how many orders) alongside.
        ask_price: ascending; `ask_amount` and `ask_orders` alongside.
    """

    at: int
    step: int
    bid_price: Integers
    bid_amount: Integers
    bid_orders: Integers
    ask_price: Integers
    ask_amount: Integers
    ask_orders: Integers


@dataclass(frozen=True, slots=True)
class Mark:
    """A perpetual's mark at an instant.

    Attributes:
        at: µs since the epoch.
        mark: price; `index` likewise, in units of 10^-8.
        predicted_rate: of the running funding interval, in units of 10^-8.
        next_funding: ms since the epoch of the settlement that it will apply to.
        interval_hours: between settlements.
    """

    at: int
    mark: int
    index: int
    predicted_rate: int
    next_funding: int
    interval_hours: int


@dataclass(frozen=True, slots=True)
class Funding:
    """One settled funding.

    Attributes:
        settled_at: ms since the epoch, on the hour exactly; a venue's own jitter is its own.
        rate: realised, in units of 10^-8.
        predicted_rate: the last prediction before the settlement, in units of 10^-8.
        mark: price at the settlement, in units of 10^-8.
        interval_hours: since the settlement before.
    """

    settled_at: int
    rate: int
    predicted_rate: int
    mark: int
    interval_hours: int


def aggregated_trades(trades: Trades) -> AggTrades:
    """The trades merged by agg_id; one that is cut at an end is merged from what is there."""
    starts = np.flatnonzero(np.diff(trades.agg_id, prepend=-1))
    ends = np.append(starts[1:], len(trades)) - 1 if len(starts) else starts
    amount = np.add.reduceat(trades.amount, starts) if len(starts) else trades.amount
    return AggTrades(
        trades.agg_id[starts],
        trades.trade_id[starts],
        trades.trade_id[ends],
        trades.time[starts],
        trades.price[starts],
        amount,
        trades.taker_sells[starts],
    )
