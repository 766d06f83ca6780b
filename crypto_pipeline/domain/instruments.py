"""What is traded where, and the grammar of its ids.

What belongs here: instruments, how a symbol is read and written, how an `entity_id` and an asset
key are made of one. What does not: which instruments a venue lists (`venues/`,
`market.instruments`) and the way back from an id: an id is looked up in `market.instruments`, never
split, because a base and a quote run together cannot be told apart (AUSD + T, A + USDT).

Symbols are ccxt's unified ones: `BTC/USDT` is the spot pair, `BTC/USDT:USDT` the linear perpetual.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from crypto_pipeline.errors import UsageError


class InstrumentType(StrEnum):
    """Spot pair or linear perpetual."""

    SPOT = "spot"
    PERP = "perp"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable on one exchange.

    Attributes:
        exchange: the exchange's id, lower case (`binance`).
        instrument_type: spot pair or perpetual.
        base: the coin bought and sold, as the exchange writes it (`BTC`).
        quote: the coin that the price is in; a perpetual settles in it too.
    """

    exchange: str
    instrument_type: InstrumentType
    base: str
    quote: str

    @property
    def symbol(self) -> str:
        """The unified symbol: `BTC/USDT`, or `BTC/USDT:USDT` for a perpetual."""
        settle = f":{self.quote}" if self.instrument_type is InstrumentType.PERP else ""
        return f"{self.base}/{self.quote}{settle}"

    @property
    def entity_id(self) -> str:
        """The id that all tables carry: `cryptopair_binance_btcusdt`, lower case."""
        kind = "cryptoperp" if self.instrument_type is InstrumentType.PERP else "cryptopair"
        return f"{kind}_{self.exchange}_{self.base}{self.quote}".lower()

    @property
    def key_part(self) -> str:
        """The symbol as it stands in a Dagster asset key: `btc_usdt`."""
        return f"{_ascii_key(self.base)}_{_ascii_key(self.quote)}"


class Status(StrEnum):
    """What may be done with an instrument now."""

    TRADING = "trading"
    HALTED = "halted"
    PRE_LAUNCH = "pre_launch"
    DELISTED = "delisted"


@dataclass(frozen=True, slots=True)
class Listing:
    """What an exchange says of one instrument at the moment it is asked.

    Attributes:
        instrument: which.
        native_symbol: the exchange's own name of it.
        status: what may be done with it.
        tick_size: smallest step of a price, in quote, or None where the exchange does not say.
        lot_size: smallest step of an amount, in base coin.
        contract_size: base coin of one contract; 1 where amounts are in base coin already, None
            where the exchange never said it.
        min_notional: least value of an order, in quote.
        funding_interval_hours: of perpetuals, where the list of instruments says it.
        listed_at: since when it trades, or None where the exchange does not say.
        delisted_at: until when it trades, exclusive, or None.
    """

    instrument: Instrument
    native_symbol: str
    status: Status
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    contract_size: Decimal | None = Decimal(1)
    min_notional: Decimal | None = None
    funding_interval_hours: int | None = None
    listed_at: datetime | None = None
    delisted_at: datetime | None = None


def asset_id(exchange: str, coin: str) -> str:
    """The id of one coin on one exchange: `crypto_binance_btc`."""
    return f"crypto_{exchange}_{coin}".lower()


def _ascii_key(coin: str) -> str:
    """Lower case, each character outside a-z and 0-9 as `x<hex>`: a coin's name may be Chinese."""
    return "".join(c if re.fullmatch("[a-z0-9]", c) else f"x{ord(c):x}" for c in coin.lower())


def parse_symbol(exchange: str, symbol: str) -> Instrument:
    """Read a unified symbol.

    Args:
        exchange: the exchange's id, lower case.
        symbol: `BASE/QUOTE` for a spot pair, `BASE/QUOTE:QUOTE` for a linear perpetual; case does
            not matter.

    Raises:
        UsageError: the text is neither; an inverse or dated contract is none of ours.
    """
    matched = re.fullmatch(r"([^\s/:]+)/([^\s/:]+)(?::([^\s/:-]+))?", symbol.upper())
    if matched is None:
        raise UsageError(
            f"symbol '{symbol}' is not readable; write BASE/QUOTE for a spot pair (BTC/USDT) or "
            f"BASE/QUOTE:QUOTE for a linear perpetual (BTC/USDT:USDT)"
        )
    base, quote, settle = matched.groups()
    if settle is not None and settle != quote:
        raise UsageError(
            f"symbol '{symbol}' settles in {settle}; only linear perpetuals, which settle in their "
            f"quote, are collected: {base}/{quote}:{quote}"
        )
    kind = InstrumentType.SPOT if settle is None else InstrumentType.PERP
    return Instrument(exchange, kind, base, quote)
