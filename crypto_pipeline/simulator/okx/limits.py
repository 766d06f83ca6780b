"""OKX's limits of REST requests: so many per path in so many seconds, per IP address.

What belongs here: the figures. What does not: the counts (`wire/limits.py`), the answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from crypto_pipeline.simulator.wire.answers import Request
from crypto_pipeline.simulator.wire.limits import RollingWindow
from crypto_pipeline.simulator.wire.rules import Rules


@dataclass(frozen=True, slots=True)
class Limit:
    """One path's limit.

    Attributes:
        requests: how many are allowed.
        seconds: in how many seconds.
        by: the parameter whose values are counted apart, empty where all count together.
    """

    requests: int
    seconds: float = 2.0
    by: str = ""


LIMITS = {
    "/api/v5/public/time": Limit(10),
    "/api/v5/system/status": Limit(1, 5.0),
    "/api/v5/public/instruments": Limit(20, by="instType"),
    "/api/v5/market/candles": Limit(40),
    "/api/v5/market/history-candles": Limit(20),
    "/api/v5/market/trades": Limit(100),
    "/api/v5/market/history-trades": Limit(20),
    "/api/v5/market/books": Limit(40),
    "/api/v5/market/books-full": Limit(10),
    "/api/v5/market/ticker": Limit(20),
    "/api/v5/market/tickers": Limit(20),
    "/api/v5/market/index-tickers": Limit(20),
    "/api/v5/market/index-candles": Limit(20),
    "/api/v5/market/history-index-candles": Limit(10),
    "/api/v5/market/mark-price-candles": Limit(20),
    "/api/v5/market/history-mark-price-candles": Limit(10),
    "/api/v5/public/funding-rate": Limit(10, by="instId"),
    "/api/v5/public/funding-rate-history": Limit(10, by="instId"),
    "/api/v5/public/mark-price": Limit(10, by="instId"),
    "/api/v5/public/open-interest": Limit(20, by="instId"),
    "/api/v5/public/market-data-history": Limit(5),
}
"""By path, as documented; every path that is served is here."""


class RequestLimits:
    """What every address asked of all REST hosts together.

    Args:
        rules: whether limits are in force, and their clock.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._windows = {
            path: RollingWindow(rules, limit.requests, limit.seconds)
            for path, limit in LIMITS.items()
        }

    def admits(self, request: Request) -> bool:
        """Count one request; False where it is one too many."""
        limit = LIMITS.get(request.path)
        if limit is None or not self.rules.limits:
            return True
        apart = request.query.get(limit.by, "") if limit.by else ""
        return self._windows[request.path].take((request.client, apart)).allowed
