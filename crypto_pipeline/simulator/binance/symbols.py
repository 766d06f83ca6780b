"""Which symbols a host knows at an instant, and how each stands.

What belongs here: finding a listing by its name, its status. What does not: prices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.parameters import (
    Query,
    RequestError,
    required,
    symbol_text,
    symbol_texts,
)
from crypto_pipeline.simulator.market.listings import Listing


class Symbols:
    """The symbols of one host.

    Args:
        dialect: spot or perpetuals.
        listings: all that were ever listed.
        halted: whether a listing is halted at an instant, ms since the epoch.
    """

    def __init__(
        self,
        dialect: Dialect,
        listings: Sequence[Listing],
        halted: Callable[[Listing, int], bool],
    ) -> None:
        self.dialect, self.listings, self.halted = dialect, listings, halted
        self._by_symbol = {listing.symbol: listing for listing in listings}

    def known(self, now_ms: int) -> list[Listing]:
        """Those that are listed by now, delisted ones too."""
        return [listing for listing in self.listings if listing.listed_at <= now_ms]

    def trading(self, now_ms: int) -> list[Listing]:
        """Those that trade or are halted."""
        return [listing for listing in self.listings if listing.trading(now_ms)]

    def with_status(self, now_ms: int, names: Sequence[str] | None) -> list[tuple[Listing, str]]:
        """The named ones (None: all), each with its status.

        Raises:
            RequestError: there is no such symbol.
        """
        found = self.known(now_ms)
        if names is not None:
            found = [self.named(name, now_ms) for name in names]
        return [(listing, self.status(listing, now_ms)) for listing in found]

    def status(self, listing: Listing, now_ms: int) -> str:
        """TRADING, HALT, or what the exchange calls a delisted one."""
        if not listing.trading(now_ms):
            return "BREAK" if self.dialect.spot else "SETTLING"
        return "HALT" if self.dialect.spot and self.halted(listing, now_ms) else "TRADING"

    def named(self, name: str, now_ms: int, parameter: str = "symbol") -> Listing:
        """The symbol of that name; `parameter` is where it was read.

        Raises:
            RequestError: there is none by now.
        """
        found = self.get(symbol_text(name, parameter), now_ms)
        if found is None:
            raise RequestError(-1121, "Invalid symbol.")
        return found

    def get(self, symbol: str, now_ms: int) -> Listing | None:
        """The symbol of that name, None where there is none by now."""
        found = self._by_symbol.get(symbol)
        return found if found is not None and found.listed_at <= now_ms else None

    def asked(self, query: Query, now_ms: int, parameter: str = "symbol") -> Listing:
        """The symbol that a request has to name.

        Raises:
            RequestError: it names none, or none that is.
        """
        return self.named(required(query, parameter), now_ms, parameter)

    def several(self, query: Query, now_ms: int) -> tuple[list[Listing], bool]:
        """What `symbol`, `symbols` or neither mean, and whether the answer is one row alone.

        Raises:
            RequestError: one of them is none that is.
        """
        names = symbol_texts(query)
        if names is None:
            return self.trading(now_ms), False
        return [self.named(name, now_ms) for name in names], "symbol" in query
