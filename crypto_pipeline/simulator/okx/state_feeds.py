"""Channels of rows that are sent when they change: tickers, marks, funding, instruments, status.

What belongs here: when a row is due. What does not: how it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crypto_pipeline.simulator.market.calendar import halts
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx import instruments, status
from crypto_pipeline.simulator.okx.marks import CHANGES_US
from crypto_pipeline.simulator.okx.tickers import SECOND_US
from crypto_pipeline.simulator.streams.cadence import CadencedFeed
from crypto_pipeline.simulator.streams.feeds import Feed, Frame
from crypto_pipeline.simulator.wire.answers import compact

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a channel looks at its row.

    Attributes:
        step: µs between two looks.
        quiet: µs after which an unchanged row is sent again; 0 is never.
    """

    step: int
    quiet: int = 0


PACES = {
    "tickers": Pace(SECOND_US // 10),
    "mark-price": Pace(10 * SECOND_US, 10 * SECOND_US),
    "index-tickers": Pace(CHANGES_US, 60 * SECOND_US),
    "funding-rate": Pace(60 * SECOND_US, 60 * SECOND_US),
    "open-interest": Pace(3 * SECOND_US),
}
"""Of each channel; an unchanged mark is sent again after ten seconds, as OKX documents."""


class RowFeed(CadencedFeed):
    """One row about one instrument.

    Args:
        channel: its name.
        symbol: what the channel is subscribed by.
        listing: of what.
        row: the row at an instant, µs.
    """

    def __init__(
        self, channel: str, symbol: str, listing: Listing, row: Callable[[int], Row]
    ) -> None:
        self.pace = PACES[channel]
        super().__init__(self.pace.step)
        self.channel, self.symbol, self.listing, self.row = channel, symbol, listing, row

    def opening(self, now: int) -> list[Frame]:
        """The row of the last look, which may be older than the subscription."""
        self._at = now
        self._looked_at = self._sent_at = now // self.pace.step * self.pace.step
        self._sent = self.row(self._looked_at)
        return [self._frame(self._sent, now)]

    def told(self, at: int) -> list[Frame]:
        """The row if it changed; nothing once the instrument is delisted."""
        if not self.listing.trading(at // 1000):
            return []
        row = self.row(at)
        quiet = self.pace.quiet and at - self._sent_at >= self.pace.quiet
        if not quiet and {**row, "ts": ""} == {**self._sent, "ts": ""}:
            return []
        self._sent, self._sent_at = row, at
        return [self._frame(row, at)]

    def _frame(self, row: Row, at: int) -> Frame:
        argument = {"channel": self.channel, "instId": self.symbol}
        text = compact({"arg": argument, "data": [row]})
        return Frame(text, at, self.channel, self.symbol)


class InstrumentsFeed(Feed):
    """All instruments of a type, then each whose row changed.

    Args:
        market: whose.
        kind: the instType.
    """

    def __init__(self, market: SyntheticMarket, kind: str) -> None:
        self.market, self.kind = market, kind

    def opening(self, now: int) -> list[Frame]:
        """All that are listed."""
        self._at = now
        return [self._frame(instruments.listed(self.market, self.kind, now // 1000), now)]

    def until(self, now: int) -> list[Frame]:
        """What was listed, halted, took up trading again, or is to go offline."""
        since, self._at = self._at, max(now, self._at)
        found: dict[int, list[Listing]] = {}
        for listing in self._all():
            for edge in _edges(listing):
                if since < edge * 1000 <= now and listing.trading(edge):
                    found.setdefault(edge, []).append(listing)
        return [self._frame(found[edge], edge * 1000) for edge in sorted(found)]

    def _all(self) -> list[Listing]:
        if self.kind not in instruments.TYPES:
            return []
        return self.market.listings("okx", instruments.TYPES[self.kind])

    def _frame(self, listings: list[Listing], at: int) -> Frame:
        data = [instruments.row(self.market, each, at // 1000) for each in listings]
        argument = {"channel": "instruments", "instType": self.kind}
        return Frame(compact({"arg": argument, "data": data}), at, "instruments", self.kind)


class StatusFeed(Feed):
    """Outages as they begin and end."""

    def opening(self, now: int) -> list[Frame]:
        """The newest change, nothing before there was one."""
        self._at = now
        return self._frames(now // 1000, now)

    def until(self, now: int) -> list[Frame]:
        """Each change."""
        edges = status.changes(self._at // 1000, now // 1000)
        self._at = max(now, self._at)
        return [frame for edge in edges for frame in self._frames(edge, edge * 1000)]

    def _frames(self, changed_ms: int, at: int) -> list[Frame]:
        newest = status.newest_change(changed_ms)
        if newest is None:
            return []
        row, changed_at = newest
        data = [{**row, "ts": str(changed_at)}]
        return [Frame(compact({"arg": {"channel": "status"}, "data": data}), at, "status")]


def _edges(listing: Listing) -> list[int]:
    """The instants (ms) at which an instrument's row changes."""
    edges = [listing.listed_at, *(edge for halt in halts(listing) for edge in halt)]
    announced = instruments.announced_at(listing)
    return edges if announced is None else [*edges, announced]
