"""What a client's script keeps of its streams, and says when it is asked.

What belongs here: plain lists and tables, with nothing but the standard library, since it runs in
the clients' environments too. What does not: how a client gets them, what they should be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Number = float | str
"""As the client gives it: a number, or text where the client hands on the exchange's own."""


class Kept:
    """Trades, bars, fundings, a book and errors of one symbol.

    Attributes:
        trades: in the order of arrival: `id`, `time` (ms), `price`, `amount`, `side`.
        bars: the newest version by open time in ms: open, high, low, close, volume.
        closed: those that the client calls closed.
        fundings: rate, and the time (ms) that it is for.
        errors: as text.
        seen: how many messages came, by kind.
    """

    def __init__(self) -> None:
        self.trades: list[dict[str, Any]] = []
        self.bars: dict[int, Sequence[Number]] = {}
        self.closed: dict[int, Sequence[Number]] = {}
        self.fundings: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.seen: Counter[str] = Counter()
        self._book: dict[str, dict[float, float]] = {"bids": {}, "asks": {}}

    def add_trade(
        self, trade_id: object, time: float, price: Number, amount: Number, side: str
    ) -> None:
        """Keep one trade; `time` in ms."""
        self.seen["trades"] += 1
        row = {"id": str(trade_id), "time": time, "price": price, "amount": amount}
        self.trades.append({**row, "side": side.lower()})

    def add_bar(self, open_time: int, prices_and_volume: Sequence[Number], closed: bool) -> None:
        """Keep a bar in place of its earlier versions."""
        self.seen["bars"] += 1
        self.bars[open_time] = prices_and_volume
        if closed:
            self.closed[open_time] = prices_and_volume

    def add_funding(self, rate: Number, time: float | None) -> None:
        """Keep one funding rate; `time` in ms."""
        self.seen["fundings"] += 1
        self.fundings.append({"rate": rate, "time": time})

    def clear_book(self) -> None:
        """Forget the book, before a snapshot."""
        self._book = {"bids": {}, "asks": {}}

    def change_book(self, side: str, levels: Iterable[Sequence[Any]]) -> None:
        """Put levels of a price and an amount, 0 deleting, into `bids` or `asks`."""
        held = self._book[side]
        for price, amount, *_ in levels:
            if float(amount) == 0:
                held.pop(float(price), None)
            else:
                held[float(price)] = float(amount)

    def report(self, word: str) -> object:
        """What is kept under a word: an attribute's name, or `book`."""
        if word != "book":
            return getattr(self, word)
        bids, asks = self._book["bids"], self._book["asks"]
        return {"bids": sorted(bids.items(), reverse=True), "asks": sorted(asks.items())}
