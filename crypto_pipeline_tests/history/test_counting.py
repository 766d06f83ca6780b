"""Days counted in the table: what is expected, what explains its absence, what is proven."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from crypto_pipeline.domain.funding import FUNDING_SCHEMA
from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import TRADE_SCHEMA
from crypto_pipeline.history.counting import DayCounts, count_days
from crypto_pipeline.history.pieces import Fetched
from crypto_pipeline.history.settlements import with_intervals
from crypto_pipeline.lake.catalogs import Catalog, connect_read_only
from crypto_pipeline.lake.session import writing
from crypto_pipeline.lake.tables import FUNDING_RATES, TRADES, Table
from crypto_pipeline.lake.writing import replace
from crypto_pipeline_tests.history.loads import at
from crypto_pipeline_tests.lake.rows import klines, land

DAY = date(2023, 3, 1)
BARS = Series(parse_symbol("binance", "BTC/USDT"), Interval.M1)
TICKS = Series(BARS.instrument, kind=Kind.TRADES)
PERP = Series(parse_symbol("binance", "BTC/USDT:USDT"), kind=Kind.FUNDING)
WHOLE = Span(at("2023-03-01"), at("2023-03-02"))


def fetched(series: Series, **more: object) -> Fetched:
    given = {"listed": WHOLE, "closed_until": at("2023-03-05"), **more}
    return Fetched(series, WHOLE, **given)  # type: ignore[arg-type]


def counted(home: Path, one: Fetched, *, by_ids: bool = True) -> DayCounts:
    with connect_read_only(home) as session:
        return count_days(session, [one], {one.series: by_ids})[one.series][DAY]


def trades(ids: list[int], first: datetime) -> pa.Table:
    rows = [
        {
            "entity_id": TICKS.key[0],
            "exchange": "binance",
            "trade_id": str(id_),
            "trade_seq": id_,
            "ts_event": first + timedelta(seconds=place),
            "price": 1.0,
            "amount": 1.0,
            "side": "buy",
            "source": "archive",
            "loaded_at": first,
        }
        for place, id_ in enumerate(ids)
    ]
    return pa.Table.from_pylist(rows, schema=TRADE_SCHEMA)


def settlements(hours: list[int]) -> pa.Table:
    rows = [
        {
            "entity_id": PERP.key[0],
            "exchange": "binance",
            "funding_time": WHOLE.start + timedelta(hours=hour),
            "rate": 0.0001,
            "source": "rest",
            "loaded_at": WHOLE.end,
        }
        for hour in hours
    ]
    return pa.Table.from_pylist(rows, schema=FUNDING_SCHEMA)


def settle(home: Path, rows: pa.Table) -> None:
    with writing(home, Catalog.MARKET) as session:
        session.write(lambda c: replace(c, FUNDING_RATES, with_intervals(c, rows)))


def hold(home: Path, table: Table, rows: pa.Table) -> None:
    land(home, rows, table)


def test_count_given_bars_without_a_trade_tells_them_apart(lake: Path) -> None:
    land(lake, klines(range(1000)))
    land(
        lake,
        klines(range(1000, 1440), volume=0.0).set_column(
            10, "trade_count", pa.nulls(440, pa.int64())
        ),
    )
    assert counted(lake, fetched(BARS)) == DayCounts(1440, 1440, flat=440)


def test_count_given_bars_that_a_source_answers_without_calls_them_missing(lake: Path) -> None:
    land(lake, klines(range(1380)))
    assert counted(lake, fetched(BARS)) == DayCounts(1440, 1380, missing=60)


def test_count_given_a_source_that_leaves_out_empty_bars_explains_them(lake: Path) -> None:
    land(lake, klines(range(1380)))
    hour = Span(at("2023-03-01T23:30"), at("2023-03-02"))
    found = counted(lake, fetched(BARS, silent=True, missing=[hour]))
    assert found == DayCounts(1440, 1380, no_trade=30, missing=30)


@pytest.mark.parametrize(
    ("listed", "counts"),
    [
        (Span(at("2023-03-01T12:00"), WHOLE.end), DayCounts(1440, 0, not_listed=720, missing=720)),
        (Span(WHOLE.start, at("2023-03-01T06:00")), DayCounts(1440, 0, delisted=1080, missing=360)),
        (None, DayCounts(1440, 0, not_listed=1440)),
    ],
)
def test_count_given_a_listing_explains_what_lies_outside(
    lake: Path, listed: Span | None, counts: DayCounts
) -> None:
    assert counted(lake, fetched(BARS, listed=listed)) == counts


def test_count_given_the_running_day_expects_closed_bars_alone(lake: Path) -> None:
    land(lake, klines(range(10)))
    found = counted(lake, fetched(BARS, closed_until=at("2023-03-01T00:10")))
    assert found == DayCounts(10, 10, ended=False)


def test_count_given_ids_without_a_hole_proves_the_day(lake: Path) -> None:
    hold(lake, TRADES, trades([5, 6, 7], WHOLE.start))
    assert counted(lake, fetched(TICKS)) == DayCounts(3, 3, proven=True)
    assert counted(lake, fetched(TICKS), by_ids=False) == DayCounts(3, 3)
    unanswered = fetched(TICKS, missing=[WHOLE])
    assert counted(lake, unanswered, by_ids=False) == DayCounts(3, 3, proven=False)


def test_count_given_a_hole_in_the_ids_counts_it(lake: Path) -> None:
    hold(lake, TRADES, trades([5, 6, 9], WHOLE.start))
    assert counted(lake, fetched(TICKS)) == DayCounts(5, 3, missing=2, proven=False)


def test_count_given_the_days_beside_it_knows_where_ids_begin_and_end(lake: Path) -> None:
    hold(lake, TRADES, trades([1, 2], WHOLE.start - timedelta(days=1)))
    hold(lake, TRADES, trades([5, 6], WHOLE.start))
    hold(lake, TRADES, trades([9], WHOLE.end))
    assert counted(lake, fetched(TICKS)) == DayCounts(6, 2, missing=4, proven=False)


@pytest.mark.parametrize(
    ("hours", "counts"),
    [
        ([0, 8, 16], DayCounts(3, 3)),
        ([0, 16], DayCounts(3, 2, missing=1)),
        (list(range(0, 24, 4)), DayCounts(6, 6)),
        ([0, 8, 12, 16, 20], DayCounts(5, 5)),
        ([], DayCounts(3, 0, missing=3)),
    ],
)
def test_count_given_settlements_expects_those_of_their_interval(
    lake: Path, hours: list[int], counts: DayCounts
) -> None:
    settle(lake, settlements(hours))
    settle(lake, settlements([-16, -8, 24, 32]))
    assert counted(lake, fetched(PERP)) == counts
