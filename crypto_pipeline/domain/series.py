"""A series: what is loaded of one instrument, day by day, and how it is named.

What belongs here: the kinds of records and the name of one instrument's records of one kind. What
does not: the columns of a kind (`domain/klines.py`, `trades.py`, `funding.py`, `order_books.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crypto_pipeline.domain.instruments import Instrument
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.errors import UsageError


class Kind(StrEnum):
    """A kind of records; each has tables of its own."""

    KLINES = "klines"
    TRADES = "trades"
    AGG_TRADES = "agg_trades"
    FUNDING = "funding"
    ORDER_BOOK = "order_book"
    INSTRUMENTS = "instruments"


RANGED = (Kind.KLINES, Kind.TRADES, Kind.AGG_TRADES, Kind.FUNDING)
"""The kinds that have a past: they are loaded for ranges of days. The others are what an exchange
says at the moment it is asked."""


@dataclass(frozen=True, slots=True)
class Series:
    """The records of one kind of one instrument.

    Attributes:
        instrument: whose.
        interval: of klines; None for every other kind.
        kind: which records.
    """

    instrument: Instrument
    interval: Interval | None = None
    kind: Kind = Kind.KLINES

    @property
    def grid(self) -> Interval:
        """The interval of klines.

        Raises:
            UsageError: the series has none: it is of another kind.
        """
        if self.interval is None:
            raise UsageError(f"{self} has no interval: only klines have one")
        return self.interval

    @property
    def part(self) -> str:
        """What tells it from other series of its instrument: `1m`, `trades`."""
        return self.interval.value if self.interval else self.kind.value

    @property
    def key(self) -> tuple[str, str | None]:
        """How the tables name it among series of its kind: (entity_id, interval)."""
        return (self.instrument.entity_id, self.interval.value if self.interval else None)

    def __str__(self) -> str:
        """Read as `binance BTC/USDT 1m` or `binance BTC/USDT trades`."""
        return f"{self.instrument.exchange} {self.instrument.symbol} {self.part}"


def parse_kind(text: str) -> Kind:
    """Read a kind.

    Raises:
        UsageError: the text is none of them.
    """
    try:
        return Kind(text)
    except ValueError:
        valid = ", ".join(kind.value for kind in Kind)
        raise UsageError(f"kind '{text}' is not known; valid are {valid}") from None
