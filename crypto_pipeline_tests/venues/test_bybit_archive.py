"""Bybit's files of trades: names, exact times, ids, and what is refused."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, timedelta

import pytest

from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.domain.trades import TRADE_COLUMNS
from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.bybit_answers import (
    BYBIT,
    FIRST,
    FIRST_MS,
    LINEAR_HEADER,
    PERP,
    SPOT,
    SPOT_HEADER,
    archive_file,
    fundings,
    gzipped,
    linear_row,
    spot_row,
    trades,
)

HOST = "public.bybit.com"
MARKET = SyntheticMarket(7)
Row = dict[str, object]


def downloaded(market: SimulatorProcess, symbol: str, day: date) -> bytes:
    file = BYBIT.archive_file(trades(symbol), Cut.DAILY, day)
    got = market.get(HOST, file.url.removeprefix("http://archive"))
    assert got.status == 200
    return got.body


def decoded(symbol: str, *lines: str) -> list[Row]:
    rows: list[Row] = BYBIT.decode_archive(archive_file(symbol), gzipped(*lines)).to_pylist()
    return rows


@pytest.mark.parametrize(
    ("symbol", "path"),
    [
        (SPOT, "spot/BTCUSDT/BTCUSDT_2026-09-30.csv.gz"),
        (PERP, "trading/BTCUSDT/BTCUSDT2026-09-30.csv.gz"),
        ("BTC/USDC:USDC", "trading/BTCPERP/BTCPERP2026-09-30.csv.gz"),
    ],
)
def test_archive_file_given_a_day_is_where_bybit_has_it(symbol: str, path: str) -> None:
    file = BYBIT.archive_file(trades(symbol), Cut.DAILY, date(2026, 9, 30))

    assert (file.url, file.checksum_url) == (f"http://archive/{path}", None)
    assert file.span.start == datetime(2026, 9, 30, tzinfo=UTC)
    assert file.span.end == datetime(2026, 10, 1, tzinfo=UTC)


def test_archive_file_given_funding_is_refused() -> None:
    with pytest.raises(UsageError, match="bybit has no archive of funding"):
        BYBIT.archive_file(fundings(), Cut.DAILY, FIRST.date())


@pytest.mark.parametrize("symbol", [SPOT, PERP, "ADA/USDT", "1000PEPE/USDT:USDT"])
def test_a_day_given_a_simulator_is_the_trades_of_the_market(
    market: SimulatorProcess, symbol: str
) -> None:
    series = trades(symbol)
    listing = MARKET.listing(
        "bybit", series.instrument.instrument_type, BYBIT.native_symbol(series.instrument)
    )
    assert listing is not None
    start = microseconds(FIRST)
    made = MARKET.trades(listing, start, start + 86_400_000_000)
    unit = 1000 if symbol.count(":") == 0 else 100
    price, lot = 10**listing.price_decimals, 10**listing.lot_decimals

    table = BYBIT.decode_archive(archive_file(symbol), downloaded(market, symbol, FIRST.date()))

    assert table.column_names == list(TRADE_COLUMNS)
    assert table.num_rows == len(made) > 100
    assert table["ts_event"].cast("int64").to_pylist() == (made.time // unit * unit).tolist()
    assert table["price"].to_pylist() == [each / price for each in made.price.tolist()]
    assert table["amount"].to_pylist() == [each / lot for each in made.amount.tolist()]
    assert table["side"].to_pylist() == [
        "sell" if sells else "buy" for sells in made.taker_sells.tolist()
    ]
    assert table["trade_seq"].null_count == table.num_rows
    assert table["trade_type"].null_count == table.num_rows


@pytest.mark.parametrize(
    ("symbol", "path", "column"),
    [
        ("ZIL/USDT", "/spot/ZILUSDT/ZILUSDT_2025-03-13.csv.gz", "rpi"),
        ("ADA/USDT:USDT", "/trading/ADAUSDT/ADAUSDT2025-03-13.csv.gz", "RPI"),
    ],
)
def test_a_day_given_a_column_of_rpi_is_read_by_it(
    market: SimulatorProcess, symbol: str, path: str, column: str
) -> None:
    market.set_clock("2025-03-20T00:00:00Z")
    content = market.get(HOST, path).body
    rows = list(csv.DictReader(gzip.decompress(content).decode().splitlines()))
    file = BYBIT.archive_file(trades(symbol), Cut.DAILY, date(2025, 3, 13))

    table = BYBIT.decode_archive(file, content)

    assert {row[column] for row in rows} == {"0"}
    assert table["trade_type"].null_count == table.num_rows == len(rows)


def test_a_row_given_a_perpetual_is_a_trade() -> None:
    assert decoded(PERP, LINEAR_HEADER, linear_row()) == [
        {
            "trade_id": "f4714901-4a1e-54b0-b15d-3898e233786c",
            "trade_seq": None,
            "ts_event": FIRST + timedelta(microseconds=835_500),
            "price": 30345.8,
            "amount": 0.012,
            "side": "buy",
            "trade_type": None,
        }
    ]


def test_a_row_given_a_pair_has_an_id_of_its_day() -> None:
    assert decoded(SPOT, SPOT_HEADER, spot_row(17)) == [
        {
            "trade_id": "2025-02-09-17",
            "trade_seq": None,
            "ts_event": FIRST + timedelta(milliseconds=17),
            "price": 30351.8,
            "amount": 0.14231,
            "side": "sell",
            "trade_type": None,
        }
    ]


@pytest.mark.parametrize(
    ("symbol", "header", "rows"),
    [
        (SPOT, f"{SPOT_HEADER},rpi", [spot_row(1), spot_row(2)]),
        (
            PERP,
            f"{LINEAR_HEADER},RPI",
            [linear_row(), linear_row(timestamp="1739059201", trdMatchID="b")],
        ),
    ],
)
def test_rows_given_rpi_name_it(symbol: str, header: str, rows: list[str]) -> None:
    first, second = decoded(symbol, header, f"{rows[0]},0", f"{rows[1]},1")

    assert (first["trade_type"], second["trade_type"]) == (None, "rpi")


def test_rows_given_the_newest_first_are_turned_around() -> None:
    rows = [
        linear_row(timestamp=f"{FIRST_MS // 1000 + at}", trdMatchID=name)
        for at, name in ((9, "d"), (5, "c"), (5, "b"), (1, "a"))
    ]

    assert [row["trade_id"] for row in decoded(PERP, LINEAR_HEADER, *rows)] == list("abcd")


def test_rows_given_no_order_are_sorted_and_keep_that_of_one_instant() -> None:
    rows = [
        linear_row(timestamp=f"{FIRST_MS // 1000 + at}", trdMatchID=name)
        for at, name in ((1, "a"), (5, "c"), (3, "b"), (5, "d"))
    ]

    assert [row["trade_id"] for row in decoded(PERP, LINEAR_HEADER, *rows)] == list("abcd")


def test_a_file_given_a_header_alone_has_no_trade() -> None:
    assert decoded(SPOT, SPOT_HEADER) == decoded(PERP, f"{LINEAR_HEADER},RPI") == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timestamp": ""}, "row 2, timestamp: got nothing, expected a finite number"),
        ({"timestamp": "nan"}, "row 2, timestamp: got nan"),
        ({"timestamp": "1e300"}, "row 2, timestamp: got '1e.300', expected seconds below"),
        ({"timestamp": "1739145600"}, "ts_event: got 2025-02-10T00:00:00"),
        ({"timestamp": "1739059199.9999"}, "ts_event: got 2025-02-08T23:59:59.999900"),
        ({"timestamp": "2025-02-09"}, "row 2, timestamp: got '2025-02-09', expected a number"),
        ({"symbol": "ETHUSDT"}, "row 2, symbol: got 'ETHUSDT', expected 'BTCUSDT'"),
        ({"side": "None"}, "side: got 'none', expected 'buy' or 'sell'"),
        ({"size": "0"}, "amount: got '0.0', expected a number above 0"),
        ({"price": "-1"}, "price: got '-1.0', expected a number above 0"),
        ({"price": "inf"}, "row 2, price: got"),
        ({"price": "1.2345678901234567"}, "row 2, price: got .* at most 15 significant digits"),
        ({"trdMatchID": ""}, "row 2, trdMatchID: got nothing"),
    ],
)
def test_a_perpetuals_row_given_a_wrong_field_is_refused_by_name(
    fields: dict[str, str], message: str
) -> None:
    with pytest.raises(DecodeError, match=f"^BTCUSDT2025-02-09.csv.gz, .*{message}"):
        decoded(PERP, LINEAR_HEADER, linear_row(**fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": "x"}, "row 2, id: got 'x', expected a whole number"),
        ({"id": "1.5"}, "row 2, id: got '1.5', expected a whole number"),
        ({"timestamp": "99999999999999"}, "row 2, timestamp: got '99999999999999', expected ms"),
        ({"timestamp": "1739059200.5"}, "row 2, timestamp: got '1739059200.5'"),
        ({"timestamp": "1739059200"}, "ts_event: got 1970-01-21"),
        ({"side": "Sell"}, "side: got 'Sell', expected 'buy' or 'sell'"),
        ({"volume": "0"}, "amount: got '0.0', expected a number above 0"),
    ],
)
def test_a_pairs_row_given_a_wrong_field_is_refused_by_name(
    fields: dict[str, str], message: str
) -> None:
    with pytest.raises(DecodeError, match=f"^BTCUSDT_2025-02-09.csv.gz, .*{message}"):
        decoded(SPOT, SPOT_HEADER, spot_row(**{"number": 1, **fields}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("symbol", "lines", "message"),
    [
        (SPOT, [spot_row()], "row 1: got '1,1739.* expected id,timestamp,price,volume,side"),
        (SPOT, ["id,timestamp,volume,price,side"], "row 1: got 'id,timestamp,volume"),
        (PERP, [SPOT_HEADER, spot_row()], "row 1: got 'id,.* with or without RPI"),
        (PERP, [LINEAR_HEADER, "1,2"], "row 2: got 2 fields"),
        (SPOT, [f"{SPOT_HEADER},rpi", spot_row()], "row 2: got 5 fields"),
        (SPOT, [f"{SPOT_HEADER},rpi", f"{spot_row()},2"], "row 2, rpi: got '2', expected 0 or 1"),
        (SPOT, [SPOT_HEADER, spot_row(), spot_row()], "trade_id: got '2025-02-09-1' more than"),
        (PERP, [LINEAR_HEADER, linear_row(), linear_row()], "trade_id: got 'f4714901.* more than"),
        (SPOT, [], "row 1: got ''"),
    ],
)
def test_a_file_given_something_else_is_refused_by_name(
    symbol: str, lines: list[str], message: str
) -> None:
    with pytest.raises(DecodeError, match=message):
        decoded(symbol, *lines)


def test_a_file_given_a_cut_download_is_refused(market: SimulatorProcess) -> None:
    content = downloaded(market, "ZIL/USDT", FIRST.date())
    file = BYBIT.archive_file(trades("ZIL/USDT"), Cut.DAILY, FIRST.date())

    with pytest.raises(DecodeError, match="got a gzip that is cut short"):
        BYBIT.decode_archive(file, content[:-100])


def test_a_file_given_a_page_of_html_is_refused() -> None:
    with pytest.raises(DecodeError, match="expected a gzip"):
        BYBIT.decode_archive(archive_file(), b"<html>404</html>")


def test_ids_given_two_days_of_a_pair_are_never_the_same(market: SimulatorProcess) -> None:
    ids: set[str] = set()
    rows = 0
    for day in (date(2025, 2, 8), date(2025, 2, 9)):
        file = BYBIT.archive_file(trades("ZIL/USDT"), Cut.DAILY, day)
        table = BYBIT.decode_archive(file, downloaded(market, "ZIL/USDT", day))
        ids |= {*table["trade_id"].to_pylist()}
        rows += table.num_rows

    assert len(ids) == rows > 0
