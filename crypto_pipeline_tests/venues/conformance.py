"""What the property tests of all venues ask: each venue's routes, and a series to try each with.

What belongs here: tables of cases made from the declared capabilities, and one way of asking. What
does not: a fact about one exchange, or what must hold (`test_conformance.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType, Listing, parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.capabilities import Capabilities, KlineRoute, Request, TradeRoute
from crypto_pipeline.venues.venue import Venue, known_venues
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import NOW, body, endpoints_at

MOST_PAGES = 20
"""Pages of a list of instruments; no list of the simulator has more."""

LONGEST_WINDOW = timedelta(days=45)
"""More would only be more of the simulator's arithmetic; 1h is the longest whole page in it."""
HOUR = timedelta(hours=1)

_CLIENTS: dict[tuple[str, str], Venue] = {}
"""By case and simulator: a list of instruments is asked for once."""


@dataclass(frozen=True, slots=True)
class Case:
    """One instrument type of one venue."""

    exchange: str
    instrument_type: InstrumentType

    @property
    def capabilities(self) -> Capabilities:
        """What the venue declares for it."""
        return known_venues()[self.exchange].capabilities[self.instrument_type]

    @property
    def instrument(self) -> Instrument:
        """Bitcoin in the venue's main quote."""
        quote = "USD" if self.exchange == "coinbase" else "USDT"
        settle = f":{quote}" if self.instrument_type is InstrumentType.PERP else ""
        return parse_symbol(self.exchange, f"BTC/{quote}{settle}")

    def venue(self, market: SimulatorProcess) -> Venue:
        """The venue at a simulator, knowing what it lists, as a load does."""
        key = (str(self), market.url)
        if key not in _CLIENTS:
            venue = known_venues()[self.exchange](endpoints_at(market, self.exchange))
            for page in listing_pages(venue, self.instrument_type):
                venue.listings.update({each.instrument.entity_id: each for each in page})
            _CLIENTS[key] = venue
        return _CLIENTS[key]

    def __str__(self) -> str:
        """Read as `binance-spot`."""
        return f"{self.exchange}-{self.instrument_type.value}"


@dataclass(frozen=True, slots=True)
class KlineCase:
    """One interval of one route of klines; a window of it lies in the past, as far as it must."""

    case: Case
    number: int
    interval: Interval

    @property
    def route(self) -> KlineRoute:
        """The route."""
        return self.case.capabilities.klines[self.number]

    @property
    def series(self) -> Series:
        """Bitcoin's klines."""
        return Series(self.case.instrument, self.interval)

    @property
    def bars(self) -> int:
        """As many as one answer holds; of long ones as many as there are in LONGEST_WINDOW."""
        return min(self.route.rows, LONGEST_WINDOW // self.interval.length)

    @property
    def span(self) -> Span:
        """When so many bars open, the last of them the last closed one."""
        end = self.interval.floor(NOW)
        return Span(end - self.bars * self.interval.length, end)

    def page(self, venue: Venue, span: Span) -> pa.Table:
        """The klines of a span, asked for in one request."""
        request = venue.klines_request(self.route, self.series, span)
        return venue.decode_klines(str(request), self.series, span, answered(venue, request))

    def __str__(self) -> str:
        """Read as `okx-perp-1-1h`."""
        return f"{self.case}-{self.number}-{self.interval.value}"


@dataclass(frozen=True, slots=True)
class TradeCase:
    """One route of trades or of aggregated trades."""

    case: Case
    kind: Kind

    @property
    def route(self) -> TradeRoute:
        """The route."""
        offered = self.case.capabilities
        route = offered.agg_trades if self.kind is Kind.AGG_TRADES else offered.trades
        assert route is not None
        return route

    @property
    def series(self) -> Series:
        """Bitcoin's trades."""
        return Series(self.case.instrument, kind=self.kind)

    @property
    def ids(self) -> str:
        """The column that counts."""
        return "agg_id" if self.kind is Kind.AGG_TRADES else "trade_seq"

    def __str__(self) -> str:
        """Read as `binance-spot-agg_trades`."""
        return f"{self.case}-{self.kind.value}"


CASES = [Case(name, kind) for name, venue in known_venues().items() for kind in venue.capabilities]
KLINE_CASES = [
    KlineCase(case, number, interval)
    for case in CASES
    for number, route in enumerate(case.capabilities.klines)
    for interval in route.intervals
]
TRADE_CASES = [
    TradeCase(case, kind)
    for case in CASES
    for kind, route in (
        (Kind.TRADES, case.capabilities.trades),
        (Kind.AGG_TRADES, case.capabilities.agg_trades),
    )
    if route is not None
]
FUNDED = [case for case in CASES if case.capabilities.funding is not None]


def answered(venue: Venue, request: Request) -> bytes:
    """The answer to a request that is declared in full: its API is known, its costs are limits."""
    limits = {limit.name for limit in venue.limits}
    assert request.api in venue.endpoints.rest.keys() & venue.ccxt_ids.keys(), str(request)
    assert request.costs, f"{request} costs nothing"
    assert request.costs.keys() <= limits, f"{request} counts against unknown limits"
    return body(venue, request)


def case_requests(venue: Venue, case: Case) -> list[Request]:
    """A request of each kind whose cost a simulator counts as weight.

    Not of funding: Binance counts that apart. Not of trades, which need an id first.
    """
    offered = case.capabilities
    minutes = Series(case.instrument, Interval.M1)
    hours = hours_before(NOW, 48)
    return [
        venue.time_request(case.instrument_type),
        venue.instruments_request(case.instrument_type, None),
        venue.book_request(case.instrument),
        *(
            venue.klines_request(route, minutes, shrunk(hours, 23 * HOUR))
            for route in offered.klines
        ),
        venue.volumes_request(case.instrument_type),
    ]


def listing_pages(venue: Venue, instrument_type: InstrumentType) -> Iterator[list[Listing]]:
    """Every page of a list of instruments."""
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        request = venue.instruments_request(instrument_type, cursor)
        page = venue.decode_instruments(str(request), instrument_type, answered(venue, request))
        yield list(page.listings)
        cursor = page.cursor
        if cursor is None:
            return
    raise AssertionError(f"{venue.exchange}: a list of more than {MOST_PAGES} pages")


def microseconds_of(table: pa.Table, column: str) -> list[int]:
    """A column of instants as µs."""
    return [microseconds(instant) for instant in table[column].to_pylist()]


def shrunk(span: Span, by: timedelta) -> Span:
    """A span without so much of either end."""
    return Span(span.start + by, span.end - by)


def hours_before(instant: datetime, hours: int) -> Span:
    """The hours before an instant, on the hour of a settlement."""
    end = Interval.D1.floor(instant)
    return Span(end - timedelta(hours=hours), end)
