"""What an exchange can do, as data: routes, pages, bounds, depths, limits, archives.

What belongs here: the vocabulary in which a venue module declares what its documentation says, and
which the generic paginator, the limiter and the estimate read. What does not: any exchange's own
figures (its module), asking (`transport/`, `history/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from crypto_pipeline.domain.intervals import EPOCH, Interval
from crypto_pipeline.domain.series import Kind


@dataclass(frozen=True, slots=True)
class Limit:
    """What an exchange allows one address to use.

    Attributes:
        name: unique within the exchange.
        cost: how much, in the exchange's own unit (requests, weights).
        seconds: in how many seconds.
        used_header: response header that says how much is used in the running window, or None.
        left_header: response header that says how much is left of it, or None.
        by: request parameter whose values are counted apart, or None where all count together.
    """

    name: str
    cost: int
    seconds: float
    used_header: str | None = None
    left_header: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One GET of an exchange's REST API.

    Attributes:
        api: which of the exchange's APIs, a key of `Endpoints.rest`.
        path: from the root of the host, with a leading slash.
        parameters: the query, in the exchange's own names.
        costs: what it uses up, by the name of the limit.
        headers: that the answer's form depends on; never a key.
    """

    api: str
    path: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Read as `spot /api/v3/klines symbol=BTCUSDT limit=1000`."""
        query = " ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{self.api} {self.path} {query}".rstrip()


class Unit(Enum):
    """How an exchange writes an instant: as a whole number of these."""

    SECOND = timedelta(seconds=1)
    MILLISECOND = timedelta(milliseconds=1)
    MICROSECOND = timedelta(microseconds=1)

    def of(self, instant: datetime) -> int:
        """The instant as the exchange writes it, rounded down."""
        return (instant - EPOCH) // self.value


@dataclass(frozen=True, slots=True)
class Bound:
    """The parameter that bounds a range of times on one side.

    Attributes:
        name: of the parameter.
        unit: how an instant is written.
        inclusive: whether a row at exactly that instant is returned.
    """

    name: str
    unit: Unit = Unit.MILLISECOND
    inclusive: bool = True

    def start(self, first: datetime) -> int:
        """The value that lets a range begin with `first`, inclusive."""
        return self.unit.of(first) - (0 if self.inclusive else 1)

    def end(self, end: datetime) -> int:
        """The value that lets a range end before `end`, exclusive."""
        return self.unit.of(end) - (1 if self.inclusive else 0)


class Empty(StrEnum):
    """What an exchange writes for a bar without a trade."""

    FLAT = "flat"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class KlineRoute:
    """Where klines come from, and how they are asked for.

    Attributes:
        request: api, path, costs and constant parameters.
        intervals: those offered natively, as the exchange writes them.
        rows: most bars of one answer; a window of so many bars comes whole, whatever its order.
        start: bound of open times.
        end: bound of open times.
        empty: what stands for a bar without a trade.
        silent: VALUE_COLUMNS that it never gives.
        newest_bars: it reaches back only so many bars, or None where to the listing.
        symbol: the parameter that names the instrument; None where it stands in the path as `{}`.
        interval: the parameter that names the interval.
        limit: the parameter that asks for `rows`, or None where there is none.
    """

    request: Request
    intervals: Mapping[Interval, str]
    rows: int
    start: Bound
    end: Bound
    empty: Empty = Empty.FLAT
    silent: frozenset[str] = frozenset()
    newest_bars: int | None = None
    symbol: str | None = "symbol"
    interval: str = "interval"
    limit: str | None = "limit"


class Walk(StrEnum):
    """How a route of trades is walked through."""

    FORWARD = "forward"
    """A request names the first id that it wants; the oldest ids come first."""
    BACKWARD = "backward"
    """A request names the id before which it wants; the newest ids come first."""


class Locate(StrEnum):
    """How the id is found at which a walk starts."""

    ROUTE = "route"
    """Another route tells the first id at or after an instant."""
    BISECT = "bisect"
    """Ids count up without holes: single trades are looked at until the instant is found."""
    TIME = "time"
    """The first request of a walk back may name an instant in place of an id."""


@dataclass(frozen=True, slots=True)
class TradeRoute:
    """Where trades come from over REST, by id.

    Attributes:
        rows: most trades of one answer.
        walk: forward or backward.
        locate: how the first id is found.
        depth: how far back it reaches, or None where to the listing.
    """

    rows: int
    walk: Walk
    locate: Locate
    depth: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FundingRoute:
    """Where settled funding rates come from over REST.

    Attributes:
        request: api, path, costs and constant parameters.
        rows: most settlements of one answer.
        start: bound of funding times.
        end: bound of funding times.
        depth: how far back it reaches, or None where to the listing.
        silent: FUNDING_COLUMNS that it never gives.
        symbol: the parameter that names the instrument.
    """

    request: Request
    rows: int
    start: Bound
    end: Bound
    depth: timedelta | None = None
    silent: frozenset[str] = frozenset()
    symbol: str = "symbol"


class Cut(StrEnum):
    """The length of time that an archive file holds."""

    MONTHLY = "monthly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of one kind in an exchange's bulk archive.

    Attributes:
        cuts: the longest first.
        day_starts: when a file's day starts, seen from midnight UTC (OKX's days are UTC+8: -8 h).
        delay: how long after the end of its day a file may be there at the earliest.
        checksums: whether each file has a sha256 beside it.
        intervals: of klines; empty for other kinds.
        silent: columns of the kind that it never gives.
    """

    cuts: tuple[Cut, ...]
    day_starts: timedelta = timedelta(0)
    delay: timedelta = timedelta(0)
    checksums: bool = False
    intervals: frozenset[Interval] = frozenset()
    silent: frozenset[str] = frozenset()

    def has(self, interval: Interval | None) -> bool:
        """Whether it has klines of an interval; None is of other kinds, which have none."""
        return interval is None or interval in self.intervals


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one exchange offers for one instrument type.

    Attributes:
        klines: routes, the first that reaches far enough back is taken.
        trades: the route by id of fills, or None.
        agg_trades: the route by id of aggregated trades, or None.
        funding: the route of settlements, or None.
        archives: by kind.
        counted: whether trade ids are a sequence without holes, so that a day can be proven whole.
        book_levels: levels of a side that a book snapshot asks for.
    """

    klines: tuple[KlineRoute, ...]
    trades: TradeRoute | None = None
    agg_trades: TradeRoute | None = None
    funding: FundingRoute | None = None
    archives: Mapping[Kind, Archive] = field(default_factory=dict)
    counted: bool = False
    book_levels: int = 100

    @property
    def intervals(self) -> frozenset[Interval]:
        """The intervals whose klines are offered, by any route or file."""
        routes = {interval for route in self.klines for interval in route.intervals}
        archive = self.archives.get(Kind.KLINES)
        return frozenset(routes | (archive.intervals if archive else frozenset()))

    def offers(self, kind: Kind) -> bool:
        """Whether there is any source of that kind."""
        routes = {
            Kind.KLINES: bool(self.klines),
            Kind.TRADES: self.trades is not None,
            Kind.AGG_TRADES: self.agg_trades is not None,
            Kind.FUNDING: self.funding is not None,
            Kind.ORDER_BOOK: True,
            Kind.INSTRUMENTS: True,
        }
        return routes[kind] or kind in self.archives
