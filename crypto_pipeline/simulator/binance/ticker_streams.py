"""The messages of 24 h tickers and of average prices.

What belongs here: their texts. What does not: the sums (`statistics.py`), REST (`tickers.py`), when
they are told (`symbol_feed.py`).
"""

from __future__ import annotations

from functools import lru_cache

from crypto_pipeline.simulator.binance.books import STEP, Books, best_texts
from crypto_pipeline.simulator.binance.dialects import Dialect
from crypto_pipeline.simulator.binance.digits import digits_of
from crypto_pipeline.simulator.binance.statistics import AVERAGED_MINUTES, Rolling, Statistics
from crypto_pipeline.simulator.binance.tickers import mean_text, percent_text
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.timeframes import DAY


class TickerTexts:
    """The messages about one market's last 24 hours.

    Args:
        dialect: spot or perpetuals.
        books: whose books.
        statistics: whose sums.
    """

    def __init__(self, dialect: Dialect, books: Books, statistics: Statistics) -> None:
        self.dialect, self.books, self.statistics = dialect, books, statistics
        self._day = lru_cache(maxsize=1024)(statistics.day)

    def mini(self, listing: Listing, at: int, per_ms: int) -> str | None:
        """A `24hrMiniTicker`, None where nothing traded yet."""
        day = self._day(listing, at)
        if day is None:
            return None
        digits = digits_of(listing)
        price = digits.price_text
        return (
            f'{{"e":"24hrMiniTicker","E":{at * per_ms // 1000},"s":"{listing.symbol}",'
            f'"c":"{price(day.close)}","o":"{price(day.open)}","h":"{price(day.high)}",'
            f'"l":"{price(day.low)}","v":"{digits.amount_text(day.volume)}",'
            f'"q":"{digits.value_text(day.quote_volume)}"}}'
        )

    def full(self, listing: Listing, at: int, per_ms: int) -> str | None:
        """A `24hrTicker`; spot's has the day before and the best bid and ask."""
        day = self._day(listing, at)
        if day is None:
            return None
        digits, now = digits_of(listing), at * per_ms // 1000
        price = digits.price_text
        before, best = self._spot_fields(listing, day, at) if self.dialect.spot else ("", "")
        mean = mean_text(digits, day.quote_volume, day.volume, day.close)
        return (
            f'{{"e":"24hrTicker","E":{now},"s":"{listing.symbol}",'
            f'"p":"{price(day.close - day.open)}","P":"{percent_text(day)}","w":"{mean}",{before}'
            f'"c":"{price(day.close)}","Q":"{digits.amount_text(day.last_amount)}",{best}'
            f'"o":"{price(day.open)}","h":"{price(day.high)}","l":"{price(day.low)}",'
            f'"v":"{digits.amount_text(day.volume)}","q":"{digits.value_text(day.quote_volume)}",'
            f'"O":{now - DAY * per_ms},"C":{now},"F":{day.first_id},"L":{day.last_id},'
            f'"n":{day.count}}}'
        )

    def _spot_fields(self, listing: Listing, day: Rolling, at: int) -> tuple[str, str]:
        book, digits = self.books.best(listing, at // STEP * STEP), digits_of(listing)
        bid, bid_amount, ask, ask_amount = best_texts(digits, book)
        best = f'"b":"{bid}","B":"{bid_amount}","a":"{ask}","A":"{ask_amount}",'
        return f'"x":"{digits.price_text(day.previous_close)}",', best

    def average(self, listing: Listing, at: int, per_ms: int) -> str | None:
        """An `avgPrice`, told with the time of the newest trade."""
        trades = self.statistics.market.last_trade(listing, at)
        if not len(trades):
            return None
        quote, volume, close = self.statistics.average(listing, at)
        mean = mean_text(digits_of(listing), quote, volume, close)
        return (
            f'{{"e":"avgPrice","E":{at * per_ms // 1000},"s":"{listing.symbol}",'
            f'"i":"{AVERAGED_MINUTES}m","w":"{mean}",'
            f'"T":{int(trades.time[0]) * per_ms // 1000}}}'
        )
