"""What a simulated exchange lists: one symbol's names, steps and dates.

What belongs here: the `Listing` and an exchange's own spelling of it. What does not: which coins
there are (`coins.py`), and prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.texts import decimal_text

Venue = Literal["binance", "okx", "bybit", "coinbase"]
VENUES: tuple[Venue, ...] = get_args(Venue)


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol that a simulated exchange lists.

    Attributes:
        instrument_type: spot pair or linear perpetual.
        base: the coin traded as the exchange names it (`1000PEPE`).
        quote: the coin that prices are in.
        price_decimals: digits after the point of a price.
        tick: the price step, in units of 10^-price_decimals.
        lot_decimals: digits after the point of an amount of the base coin.
        listed_at: ms since the epoch of the first trade's minute.
        venue: which exchange.
        lot: the amount step, in units of 10^-lot_decimals.
        delisted_at: ms since the epoch, exclusive end of trading; None while it trades.
        contract_exponent: a contract is 10^this base coins; 0 but on OKX's swaps.
        interval_hours: between fundings; 8, 4 or 1, of a perpetual.
        coin: the coin behind `base` (`PEPE`), `base` itself if empty.
        multiplier: how many coins one `base` is (1000 for `1000PEPE`).
    """

    instrument_type: InstrumentType
    base: str
    quote: str
    price_decimals: int
    tick: int
    lot_decimals: int
    listed_at: int
    venue: Venue = "binance"
    lot: int = 1
    delisted_at: int | None = None
    contract_exponent: int = 0
    interval_hours: int = 8
    coin: str = ""
    multiplier: int = 1

    @property
    def symbol(self) -> str:
        """The exchange's own symbol: `BTCUSDT`, `BTC-USDT-SWAP`, `BTC-USD`."""
        if self.venue in ("binance", "bybit"):
            return self.base + self.quote
        perp = self.instrument_type is InstrumentType.PERP
        return f"{self.base}-{self.quote}-SWAP" if perp else f"{self.base}-{self.quote}"

    @property
    def tick_size(self) -> str:
        """The price step as text."""
        return decimal_text(self.tick, self.price_decimals)

    @property
    def lot_size(self) -> str:
        """The amount step in base coins, as text."""
        return decimal_text(self.lot, self.lot_decimals)

    @property
    def contract_decimals(self) -> int:
        """Digits after the point of an amount written in contracts; it may be negative."""
        return self.lot_decimals + self.contract_exponent

    def trading(self, at: int) -> bool:
        """Whether it is listed at the instant `at` (ms); a halt does not count."""
        return self.listed_at <= at and (self.delisted_at is None or at < self.delisted_at)


def listing_key(seed: int, listing: Listing) -> str:
    """The name of a listing's own random numbers."""
    return f"{seed}:{listing.venue}:{listing.instrument_type}:{listing.symbol}"
