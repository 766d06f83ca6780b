"""Numbers as Binance writes them: spot pads to eight digits, perpetuals keep each symbol's own.

What belongs here: texts of prices, amounts and their products, one by one or in columns. What does
not: the messages that they stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Integers
from crypto_pipeline.simulator.market.texts import decimal_text, decimal_texts

SPOT_DIGITS = 8
RATE_DIGITS = 8
"""Digits of marks, indices and funding rates."""
_WORTH_A_COLUMN = 48


@dataclass(frozen=True, slots=True)
class Digits:
    """How one symbol's numbers are written.

    Attributes:
        price: digits after the point that a price's units stand for; `lot` of an amount.
        printed: digits that spot pads to; None writes each number with its own.
    """

    price: int
    lot: int
    printed: int | None

    def prices(self, units: Integers) -> list[str]:
        """Prices as text."""
        return self._texts(units, self.price)

    def amounts(self, units: Integers) -> list[str]:
        """Amounts of the base coin as text."""
        return self._texts(units, self.lot)

    def values(self, units: Integers) -> list[str]:
        """Products of price and amount as text."""
        return self._texts(units, self.price + self.lot)

    def price_text(self, units: int) -> str:
        """One price."""
        return self._text(units, self.price)

    def amount_text(self, units: int) -> str:
        """One amount of the base coin."""
        return self._text(units, self.lot)

    def value_text(self, units: int) -> str:
        """One product of price and amount."""
        return self._text(units, self.price + self.lot)

    def column(self, units: Integers, decimals: int) -> pa.Array:
        """A whole column of texts; `decimals` is what the units stand for."""
        return decimal_texts(units, decimals, self.printed or decimals)

    def _texts(self, units: Integers, decimals: int) -> list[str]:
        if len(units) < _WORTH_A_COLUMN:
            return [self._text(unit, decimals) for unit in units.tolist()]
        texts: list[str] = self.column(units, decimals).to_pylist()
        return texts

    def _text(self, units: int, decimals: int) -> str:
        printed = self.printed or decimals
        return signed_text(units * 10 ** max(printed - decimals, 0), max(printed, decimals))


@lru_cache(maxsize=1024)
def digits_of(listing: Listing) -> Digits:
    """How the listing's numbers are written."""
    spot = listing.instrument_type is InstrumentType.SPOT
    return Digits(listing.price_decimals, listing.lot_decimals, SPOT_DIGITS if spot else None)


def signed_text(units: int, decimals: int) -> str:
    """As `decimal_text`, of a number that may be below 0."""
    return decimal_text(units, decimals) if units >= 0 else f"-{decimal_text(-units, decimals)}"


def rate_text(units: int) -> str:
    """A mark, an index or a funding rate of 10^-8."""
    return signed_text(units, RATE_DIGITS)
