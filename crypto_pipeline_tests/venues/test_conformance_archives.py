"""What holds of every venue's archive: each declared file is there and says what REST says.

As in `test_conformance.py`; a venue without an archive has no case here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crypto_pipeline.domain.funding import FUNDING_COLUMNS
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.klines import VALUE_COLUMNS
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import AGG_TRADE_COLUMNS, TRADE_COLUMNS
from crypto_pipeline.venues.capabilities import Archive, Cut, Walk
from crypto_pipeline.venues.records import ArchiveFile, TradeCursor
from crypto_pipeline.venues.venue import Venue, known_venues
from crypto_pipeline_tests.simulated import SimulatorProcess, ask
from crypto_pipeline_tests.venues.asking import NOW
from crypto_pipeline_tests.venues.conformance import CASES, HOUR, Case, answered

DAYS = {Cut.DAILY: date(2025, 2, 5), Cut.MONTHLY: date(2025, 1, 1)}
COLUMNS = {
    Kind.KLINES: ("open_time", *VALUE_COLUMNS),
    Kind.TRADES: TRADE_COLUMNS,
    Kind.AGG_TRADES: AGG_TRADE_COLUMNS,
    Kind.FUNDING: FUNDING_COLUMNS,
}
TIMES = {
    Kind.KLINES: "open_time",
    Kind.TRADES: "ts_event",
    Kind.AGG_TRADES: "ts_event",
    Kind.FUNDING: "funding_time",
}


@dataclass(frozen=True, slots=True)
class FileCase:
    """One kind and cut of one venue's archive."""

    case: Case
    kind: Kind
    cut: Cut

    @property
    def archive(self) -> Archive:
        """What the venue declares of it."""
        return self.case.capabilities.archives[self.kind]

    @property
    def series(self) -> Series:
        """A quiet coin's; of klines the longest interval up to an hour."""
        settle = ":USDT" if ":" in self.case.instrument.symbol else ""
        coin = parse_symbol(self.case.exchange, f"DOGE/USDT{settle}")
        if self.kind is not Kind.KLINES:
            return Series(coin, kind=self.kind)
        offered = [each for each in self.archive.intervals if each.length <= HOUR]
        return Series(coin, max(offered, key=lambda interval: interval.length))

    def __str__(self) -> str:
        """Read as `okx-perp-trades-daily`."""
        return f"{self.case}-{self.kind.value}-{self.cut.value}"


FILES = [
    FileCase(case, kind, cut)
    for case in CASES
    for kind, archive in case.capabilities.archives.items()
    for cut in archive.cuts
]


def walked(one: FileCase) -> bool:
    """Whether REST has the same records by id."""
    offered = one.case.capabilities
    routes = {Kind.TRADES: offered.trades, Kind.AGG_TRADES: offered.agg_trades}
    return routes.get(one.kind) is not None


def newest_day(one: FileCase) -> date:
    """The last day that has a file by its declared delay: within reach of every route by id."""
    return (NOW - timedelta(days=1) - one.archive.delay).date()


def to_the_millisecond(trades: pa.Table) -> pa.Table:
    """Trades with times as REST has them everywhere; Binance's files of pairs have µs."""
    at = trades.column_names.index("ts_event")
    floored = pc.floor_temporal(trades["ts_event"], unit="millisecond")
    return trades.set_column(at, "ts_event", floored)


def downloaded(url: str) -> bytes:
    """A file of the archive."""
    reply = ask(url)
    assert reply.status == 200, f"{url}: {reply.status}"
    return reply.body


def read(venue: Venue, file: ArchiveFile) -> pa.Table:
    """Its rows."""
    return venue.decode_archive(file, downloaded(file.url))


@pytest.mark.parametrize("one", FILES, ids=str)
def test_archive_given_a_past_file_has_its_rows_silent_as_declared(
    market: SimulatorProcess, one: FileCase
) -> None:
    venue = one.case.venue(market)
    file = venue.archive_file(one.series, one.cut, DAYS[one.cut])

    table = read(venue, file)

    times = table[TIMES[one.kind]].to_pylist()
    never_null = set(COLUMNS[one.kind]) - one.archive.silent - {"vwap", "trade_type"}
    assert table.column_names == list(COLUMNS[one.kind])
    assert len(times) > 0
    assert file.span.start <= times[0] <= times[-1] < file.span.end
    assert times == sorted(times)
    assert {name for name in never_null if table[name].null_count} == set()
    assert {table[name].null_count for name in one.archive.silent} <= {len(times)}


@pytest.mark.parametrize("one", FILES, ids=str)
def test_archive_given_a_checksum_where_declared_is_that_of_the_bytes(
    market: SimulatorProcess, one: FileCase
) -> None:
    file = one.case.venue(market).archive_file(one.series, one.cut, DAYS[one.cut])

    assert (file.checksum_url is not None) is one.archive.checksums
    if file.checksum_url is not None:
        said = downloaded(file.checksum_url).split()[0].decode()
        assert said == hashlib.sha256(downloaded(file.url)).hexdigest()


@pytest.mark.parametrize("one", [one for one in FILES if one.cut is Cut.DAILY], ids=str)
def test_archive_given_two_days_has_no_time_between_them(
    market: SimulatorProcess, one: FileCase
) -> None:
    venue = one.case.venue(market)
    first, second = (
        venue.archive_file(one.series, Cut.DAILY, DAYS[Cut.DAILY] + timedelta(days=n))
        for n in range(2)
    )

    assert first.span.end == second.span.start
    assert first.span.end - first.span.start == timedelta(days=1)
    assert first.url != second.url


@pytest.mark.parametrize(
    "one", [one for one in FILES if (one.kind, one.cut) == (Kind.KLINES, Cut.MONTHLY)], ids=str
)
def test_archive_given_klines_says_what_rest_says(market: SimulatorProcess, one: FileCase) -> None:
    venue, offered = one.case.venue(market), one.case.capabilities
    file = venue.archive_file(one.series, one.cut, DAYS[one.cut])
    route = offered.klines[-1]
    span = Span(file.span.start, file.span.start + route.rows * one.series.grid.length)
    span = Span(span.start, min(span.end, file.span.end))

    request = venue.klines_request(route, one.series, span)
    asked = venue.decode_klines(str(request), one.series, span, answered(venue, request))

    both = [name for name in COLUMNS[Kind.KLINES] if name not in route.silent]
    assert asked.num_rows == (span.end - span.start) // one.series.grid.length
    assert read(venue, file).slice(0, asked.num_rows).select(both) == asked.select(both)


@pytest.mark.parametrize("one", [one for one in FILES if walked(one)], ids=str)
def test_archive_given_trades_says_what_rest_says_of_the_same_ids(
    market: SimulatorProcess, one: FileCase
) -> None:
    venue, ids = one.case.venue(market), "agg_id" if one.kind is Kind.AGG_TRADES else "trade_seq"
    rows = read(venue, venue.archive_file(one.series, one.cut, newest_day(one)))
    route = venue.trade_route(one.series)
    assert route is not None
    few = rows.sort_by(ids).slice(0, route.rows)
    first, last = few[ids][0].as_py(), few[ids][-1].as_py()

    cursor = TradeCursor(id=first if route.walk is Walk.FORWARD else last + 1)
    request = venue.trades_request(one.series, cursor)
    asked = venue.decode_trades(str(request), one.series, answered(venue, request))

    assert few.num_rows == route.rows
    assert to_the_millisecond(asked.sort_by(ids)) == to_the_millisecond(few)


def test_archives_given_all_venues_are_tried_where_there_are_any() -> None:
    tried = {one.case.exchange for one in FILES}

    assert tried == set(known_venues()) - {"coinbase"}
    assert Interval.M1 in {one.series.interval for one in FILES}
