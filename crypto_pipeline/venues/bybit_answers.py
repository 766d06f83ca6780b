"""The shapes of Bybit's REST answers, and what a row of its list of instruments says.

What belongs here: field names as the v5 reference writes them, and their types. What does not: what
is asked (`venues/bybit.py`), the archive's files (`venues/bybit_archive.py`).

A key that is not named here is skipped: Bybit adds some without notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from msgspec import Struct, field

from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import Count, Milliseconds, step

Result = TypeVar("Result")
Level = tuple[str, str]
KlineRow = tuple[str, str, str, str, str, str, str]

STATUSES = {
    "Trading": Status.TRADING,
    "PreLaunch": Status.PRE_LAUNCH,
    "Delivering": Status.HALTED,
    "Closed": Status.DELISTED,
}
_LATEST = 10**14
"""No instant of ours is later, in ms (the year 5138)."""


class Answer(Struct, Generic[Result], rename="camel"):
    """What each good answer is wrapped in; a refused one has another code."""

    ret_code: Literal[0]
    result: Result


class Time(Struct, rename="camel"):
    """Of /v5/market/time."""

    time_nano: str

    def nanoseconds(self, where: str) -> int:
        """Since the epoch.

        Raises:
            DecodeError: it is no whole number, or of no possible year.
        """
        return _whole(where, "timeNano", self.time_nano, _LATEST * 1_000_000)


class Klines(Struct):
    """Of /v5/market/kline, the newest first."""

    category: str
    symbol: str
    rows: Sequence[KlineRow] = field(name="list")


class FundingRow(Struct, rename="camel"):
    """One settlement."""

    symbol: str
    funding_rate: str
    funding_rate_timestamp: str


class Fundings(Struct):
    """Of /v5/market/funding/history, the newest first."""

    category: str
    rows: Sequence[FundingRow] = field(name="list")


class Book(Struct):
    """Of /v5/market/orderbook, the best level first on either side."""

    symbol: str = field(name="s")
    bids: Sequence[Level] = field(name="b")
    asks: Sequence[Level] = field(name="a")
    ts: Milliseconds
    u: Count


class TickerRow(Struct):
    """What one instrument traded."""

    symbol: str
    turnover24h: str


class Tickers(Struct):
    """Of /v5/market/tickers."""

    category: str
    rows: Sequence[TickerRow] = field(name="list")


class LotSizes(Struct, rename="camel"):
    """Steps of amounts; the first and third of perpetuals, the others of pairs."""

    qty_step: str = ""
    base_precision: str = ""
    min_notional_value: str = ""
    min_order_amt: str = ""


class PriceFilter(Struct, rename="camel"):
    """Steps of prices."""

    tick_size: str


class InstrumentRow(Struct, rename="camel"):
    """One instrument; a pair has no contract, no times and no funding."""

    symbol: str
    status: Literal["Trading", "PreLaunch", "Delivering", "Closed"]
    base_coin: str
    quote_coin: str
    lot_size_filter: LotSizes
    price_filter: PriceFilter
    contract_type: str = ""
    settle_coin: str = ""
    launch_time: str = ""
    delivery_time: str = ""
    funding_interval: Count = 0


class Instruments(Struct, rename="camel"):
    """Of /v5/market/instruments-info."""

    rows: Sequence[InstrumentRow] = field(name="list")
    next_page_cursor: str | None = None


def listing_of(where: str, instrument_type: InstrumentType, row: InstrumentRow) -> Listing | None:
    """What a row lists; None where it is no pair and no perpetual that settles in its quote.

    `deliveryTime` of a perpetual is when it is delisted, and may be announced ahead.

    Raises:
        DecodeError: a step is no number above 0, a time no whole number, or funding is not due
            every so many whole hours.
    """
    pair = instrument_type is InstrumentType.SPOT
    linear = row.contract_type == "LinearPerpetual" and row.settle_coin == row.quote_coin
    if not (pair or linear):
        return None
    place = f"{where}, {row.symbol}"
    lots = row.lot_size_filter
    return Listing(
        instrument=Instrument("bybit", instrument_type, row.base_coin, row.quote_coin),
        native_symbol=row.symbol,
        status=STATUSES[row.status],
        tick_size=step(place, "tickSize", row.price_filter.tick_size),
        lot_size=step(place, "basePrecision", lots.base_precision)
        if pair
        else step(place, "qtyStep", lots.qty_step),
        min_notional=step(place, "minOrderAmt", lots.min_order_amt)
        if pair
        else step(place, "minNotionalValue", lots.min_notional_value),
        funding_interval_hours=_hours(place, row.funding_interval),
        listed_at=_instant(place, "launchTime", row.launch_time),
        delisted_at=_instant(place, "deliveryTime", row.delivery_time),
    )


def _hours(where: str, minutes: int) -> int | None:
    """Minutes as hours; None for 0, which says nothing."""
    hours, rest = divmod(minutes, 60)
    if rest:
        expected = "minutes of whole hours"
        raise DecodeError(where, field="fundingInterval", given=str(minutes), expected=expected)
    return hours or None


def _instant(where: str, name: str, text: str) -> datetime | None:
    """An instant in ms; None for nothing and for `0`, which say nothing."""
    milliseconds = _whole(where, name, text or "0", _LATEST)
    return EPOCH + timedelta(milliseconds=milliseconds) if milliseconds else None


def _whole(where: str, name: str, text: str, most: int) -> int:
    # A longer one is not even read: Python refuses numbers of thousands of digits.
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most:
        return int(text)
    expected = f"a whole number up to {most}"
    raise DecodeError(where, field=name, given=f"'{text[:50]}'", expected=expected)
