"""Klines that are not the market's: where recorded ones come from, and their rows.

What belongs here: what Binance's REST asks of a recorded bucket. What does not: the synthetic
market's bars (`bars.py`), files.
"""

from __future__ import annotations

from typing import Protocol

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.listings import Listing

Row = list[int | str]
"""A kline as Binance's REST writes it: twelve fields, times and trade count as integers."""


class KlineSource(Protocol):
    """Where a recorded REST takes its klines from."""

    origin: str

    def listings(self, instrument_type: InstrumentType) -> list[Listing]:
        """Every symbol of that type."""

    def rows(self, listing: Listing, interval: Interval, window: Window, now: int) -> list[Row]:
        """The rows of a window, ascending; `now` (ms) decides how far the open bar has come."""


def rest_row(texts: list[str]) -> Row:
    """A row of twelve texts with the types that REST gives them."""
    row: Row = [*texts[:11], "0"]
    for index in (0, 6, 8):
        row[index] = int(texts[index])
    return row
