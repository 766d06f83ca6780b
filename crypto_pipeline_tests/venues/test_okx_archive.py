"""OKX's archive: where its files are, that they are what the market was, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import KLINE_SCHEMA, VALUE_COLUMNS, microseconds
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.domain.trades import TRADE_COLUMNS
from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.okx import Okx
from crypto_pipeline.venues.records import ArchiveFile, TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess, ask
from crypto_pipeline_tests.venues.asking import body, endpoints_at
from crypto_pipeline_tests.venues.okx_answers import (
    DAY,
    FIRST,
    OKX,
    PERP,
    SPOT,
    SWAP_LISTING,
    file_of,
    fundings,
    instrument,
    klines,
    of,
    trades,
)

JANUARY = date(2025, 1, 1)
BEHIND = SyntheticMarket(7)
QUIET = "ANKR/USDT"
"""A pair with some thousand trades a day."""


@pytest.fixture
def okx(market: SimulatorProcess) -> Okx:
    listings = {SWAP_LISTING.instrument.entity_id: SWAP_LISTING}
    return Okx(endpoints_at(market, "okx"), listings)


def opened(okx: Okx, series: Series, cut: Cut, first: date) -> pa.Table:
    """The rows of a file of the simulator."""
    file = okx.archive_file(series, cut, first)
    got = ask(file.url)
    assert got.status == 200, file.url
    return okx.decode_archive(file, got.body)


@pytest.mark.parametrize(
    ("file", "path", "start", "end"),
    [
        (
            file_of(trades(PERP)),
            "trades/daily/20250208/BTC-USDT-SWAP-trades-2025-02-08.zip",
            FIRST,
            FIRST + timedelta(days=1),
        ),
        (
            file_of(klines(), Cut.MONTHLY, date(2024, 12, 1)),
            "candlesticks/monthly/202412/BTC-USDT-candlesticks-2024-12.zip",
            datetime(2024, 11, 30, 16, tzinfo=UTC),
            datetime(2024, 12, 31, 16, tzinfo=UTC),
        ),
        (
            file_of(klines(PERP)),
            "candlesticks/daily/20250208/BTC-USDT-SWAP-candlesticks-2025-02-08.zip",
            FIRST,
            FIRST + timedelta(days=1),
        ),
        (
            file_of(fundings(), Cut.MONTHLY, JANUARY),
            "swaprates/monthly/202501/BTC-USDT-SWAP-fundingrates-2025-01.zip",
            datetime(2024, 12, 31, 16, tzinfo=UTC),
            datetime(2025, 1, 31, 16, tzinfo=UTC),
        ),
    ],
)
def test_archive_file_given_a_period_is_of_utc8(
    file: ArchiveFile, path: str, start: datetime, end: datetime
) -> None:
    assert file.url == f"http://archive/cdn/okex/traderecords/{path}"
    assert file.span == Span(start, end)
    assert file.checksum_url is None


@pytest.mark.parametrize("series", [fundings(SPOT), Series(instrument(), kind=Kind.ORDER_BOOK)])
def test_archive_file_given_a_kind_without_files_says_so(series: Series) -> None:
    with pytest.raises(UsageError, match="okx has no archive of"):
        OKX.archive_file(series, Cut.DAILY, DAY)


def test_capabilities_given_utc8_say_when_a_day_starts_and_when_its_file_comes(
    market: SimulatorProcess,
) -> None:
    archive = OKX.capabilities[InstrumentType.SPOT].archives[Kind.TRADES]
    newest = Okx(endpoints_at(market, "okx")).archive_file(trades(QUIET), Cut.DAILY, DAY)

    market.set_clock((newest.span.end + archive.delay - timedelta(seconds=1)).isoformat())
    assert ask(newest.url).status == 404
    market.set_clock((newest.span.end + archive.delay).isoformat())
    assert ask(newest.url).status == 200
    assert archive.day_starts == newest.span.start - datetime(2025, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("symbol", [QUIET, PERP])
def test_trades_given_a_day_are_all_of_the_market_in_base_coin(okx: Okx, symbol: str) -> None:
    table = opened(okx, trades(symbol), Cut.DAILY, DAY)

    native = okx.native_symbol(instrument(symbol))
    listed = BEHIND.listing("okx", instrument(symbol).instrument_type, native)
    assert listed is not None
    start, end = microseconds(FIRST), microseconds(FIRST + timedelta(days=1))
    truth = BEHIND.trades(listed, start, end)
    assert table.column_names == list(TRADE_COLUMNS)
    assert table["trade_seq"].to_pylist() == truth.trade_id.tolist()
    lots = (Decimal(int(each)).scaleb(-listed.lot_decimals) for each in truth.amount[:5000])
    assert table["amount"].to_pylist()[:5000] == [float(each) for each in lots]
    assert (table["ts_event"].cast(pa.int64()).to_numpy() == truth.time // 1000 * 1000).all()
    assert table["trade_type"].null_count == table.num_rows


def test_trades_given_the_archive_and_rest_are_the_same(okx: Okx) -> None:
    series = trades(QUIET)
    archived = opened(okx, series, Cut.DAILY, DAY)
    cursor = TradeCursor(id=archived["trade_seq"][-1].as_py() + 1)

    page = okx.decode_trades("", series, body(okx, okx.trades_request(series, cursor)))

    assert page.to_pylist() == archived.slice(archived.num_rows - 100).to_pylist()


@pytest.mark.parametrize("symbol", [SPOT, PERP])
def test_klines_given_a_day_are_those_of_rest(okx: Okx, symbol: str) -> None:
    series, span = klines(symbol), Span(FIRST, FIRST + timedelta(hours=5))
    route = okx.capabilities[InstrumentType.SPOT].klines[1]

    archived = opened(okx, series, Cut.DAILY, DAY)
    page = okx.decode_klines("", series, span, body(okx, okx.klines_request(route, series, span)))

    assert archived.num_rows == 1440
    assert archived.schema.types == [KLINE_SCHEMA.field(n).type for n in archived.column_names]
    assert archived.column_names == ["open_time", *VALUE_COLUMNS]
    assert archived.slice(0, 300).to_pylist() == page.to_pylist()


def test_klines_given_a_month_are_all_its_minutes(okx: Okx) -> None:
    table = opened(okx, klines(), Cut.MONTHLY, JANUARY)

    assert table.num_rows == 31 * 1440


def test_funding_given_a_month_is_what_was_paid(okx: Okx) -> None:
    table = opened(okx, fundings(), Cut.MONTHLY, JANUARY)

    listed = BEHIND.listing("okx", InstrumentType.PERP, "BTC-USDT-SWAP")
    assert listed is not None
    truth = BEHIND.fundings(listed, 1_735_660_800_000, 1_738_339_200_000)
    assert of(table, "funding_time", "rate") == [
        (EPOCH + timedelta(milliseconds=each.settled_at), each.rate / 10**8) for each in truth
    ]
    assert table["rate_predicted"].null_count == table.num_rows == 93
