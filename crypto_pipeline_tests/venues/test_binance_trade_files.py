"""Files of trades, aggregated trades and funding in Binance's archive, made by hand."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.records import ArchiveFile
from crypto_pipeline_tests.venues.files import ARCHIVE, BINANCE, FIRST, traded, zipped

DAY = datetime(2023, 3, 1, tzinfo=UTC)
PERP = "BTC/USDT:USDT"
TRADE_HEADER = "id,price,qty,quote_qty,time,is_buyer_maker"
AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
RATE_HEADER = "calc_time,funding_interval_hours,last_funding_rate"
TRADES = [f"74,10.1,4.0,40.4,{FIRST},True,True", f"75,10.2,1.0,10.2,{FIRST + 7},False,True"]
AGGS = [f"7,10.1,4.0,74,75,{FIRST},true", f"8,10.2,1.0,76,76,{FIRST + 7},false"]


def file(symbol: str = "BTC/USDT", kind: Kind = Kind.TRADES) -> ArchiveFile:
    return BINANCE.archive_file(traded(symbol, kind), Cut.DAILY, DAY.date())


def month(day: date = date(2023, 3, 1)) -> ArchiveFile:
    return BINANCE.archive_file(traded(PERP, Kind.FUNDING), Cut.MONTHLY, day)


def refusal(content: bytes, of: ArchiveFile) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        BINANCE.decode_archive(of, content)
    assert str(caught.value).startswith(of.name)
    return caught.value


@pytest.mark.parametrize(
    ("of", "path"),
    [
        (file(), "spot/daily/trades/BTCUSDT/BTCUSDT-trades-2023-03-01.zip"),
        (
            file(PERP, Kind.AGG_TRADES),
            "futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2023-03-01.zip",
        ),
        (month(), "futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2023-03.zip"),
    ],
    ids=["trades", "aggTrades", "fundingRate"],
)
def test_archive_file_given_a_kind_is_where_binance_puts_it(of: ArchiveFile, path: str) -> None:
    assert of.url == f"{ARCHIVE}/data/{path}"
    assert of.checksum_url == f"{of.url}.CHECKSUM"


@pytest.mark.parametrize(
    ("symbol", "lines"),
    [
        ("BTC/USDT", TRADES),
        (PERP, [TRADE_HEADER, *(line.removesuffix(",True").lower() for line in TRADES)]),
        (PERP, [line.removesuffix(",True").lower() for line in TRADES]),
    ],
    ids=["spot", "perp", "old perp"],
)
def test_decode_given_trades_reads_every_column(symbol: str, lines: list[str]) -> None:
    table = BINANCE.decode_archive(file(symbol), zipped(*lines))

    assert table.to_pylist() == [
        {
            "trade_id": str(id_),
            "trade_seq": id_,
            "ts_event": DAY + timedelta(milliseconds=late),
            "price": price,
            "amount": amount,
            "side": side,
            "trade_type": None,
        }
        for id_, late, price, amount, side in (
            (74, 0, 10.1, 4.0, "sell"),
            (75, 7, 10.2, 1.0, "buy"),
        )
    ]


@pytest.mark.parametrize(
    ("symbol", "lines"),
    [
        (PERP, [AGG_HEADER, *AGGS]),
        (PERP, AGGS),
        ("BTC/USDT", [f"{line}, True".replace(" ", "") for line in AGGS]),
    ],
    ids=["perp", "old perp", "spot"],
)
def test_decode_given_aggregated_trades_keeps_both_spaces_of_ids(
    symbol: str, lines: list[str]
) -> None:
    table = BINANCE.decode_archive(file(symbol, Kind.AGG_TRADES), zipped(*lines))

    assert table.to_pylist() == [
        {
            "agg_id": id_,
            "first_trade_seq": first,
            "last_trade_seq": last,
            "ts_event": DAY + timedelta(milliseconds=late),
            "price": price,
            "amount": amount,
            "side": side,
        }
        for id_, first, last, late, price, amount, side in (
            (7, 74, 75, 0, 10.1, 4.0, "sell"),
            (8, 76, 76, 7, 10.2, 1.0, "buy"),
        )
    ]


def test_decode_given_microseconds_keeps_them() -> None:
    line = f"74,10.1,4.0,40.4,{FIRST}123,True,True"

    times = BINANCE.decode_archive(file(), zipped(line))["ts_event"]

    assert times.to_pylist() == [DAY + timedelta(microseconds=123)]


def test_decode_given_a_day_without_trades_has_none() -> None:
    assert BINANCE.decode_archive(file(), zipped()).num_rows == 0
    assert BINANCE.decode_archive(file(PERP), zipped(TRADE_HEADER)).num_rows == 0


@pytest.mark.parametrize(
    ("line", "row", "field"),
    [
        (f"74,10.3,4.0,41.2,{FIRST + 9},True,True", None, "trade_seq"),
        (f"76,10.3,0.0,0.0,{FIRST + 9},True,True", 3, "amount"),
        (f"76,-10.3,1.0,0.0,{FIRST + 9},True,True", 3, "price"),
        (f"76,10.30000000000001,1.0,0.0,{FIRST + 9},True,True", 3, "price"),
        (f"76,10.3,1.0,0.0,{FIRST + 9}000,True,True", None, "time"),
        (f"76,10.3,1.0,0.0,{FIRST + 86_400_000},True,True", None, "ts_event"),
        (f"76,10.3,1.0,0.0,{FIRST - 1},True,True", None, "ts_event"),
        (f"76,10.3,1.0,0.0,{FIRST + 9},1.0,True", 3, "buyer_is_maker"),
        (f"76.0,10.3,1.0,0.0,{FIRST + 9},True,True", 3, "trade_seq"),
        (f"76,10.3,1.0,0.0,{FIRST + 9},True", 3, None),
    ],
)
def test_decode_given_a_bad_trade_names_it(line: str, row: int | None, field: str | None) -> None:
    error = refusal(zipped(*TRADES, line), file())

    assert (error.row, error.field) == (row, field)


def test_decode_given_funding_rounds_its_times() -> None:
    lines = [f"{FIRST + 7},8,0.00012359", f"{FIRST + 28_800_000},8,-0.0001"]

    table = BINANCE.decode_archive(month(), zipped(RATE_HEADER, *lines))

    assert table.to_pylist() == [
        {
            "funding_time": DAY + timedelta(hours=hours),
            "rate": rate,
            "rate_predicted": None,
            "interval_hours": 8,
            "mark_price": None,
        }
        for hours, rate in ((0, 0.00012359), (8, -0.0001))
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (f"{FIRST + 9},8,0.0001", "funding_time"),
        (f"{FIRST - 1},8,0.0001", "calc_time"),
        (f"{FIRST + 28_800_000},eight,0.0001", "interval_hours"),
        (f"{FIRST + 28_800_000},8,", "rate"),
    ],
)
def test_decode_given_bad_funding_names_it(line: str, field: str) -> None:
    content = zipped(RATE_HEADER, f"{FIRST},8,0.0001", line)

    assert refusal(content, month()).field == field


def test_decode_given_another_month_names_it() -> None:
    content = zipped(RATE_HEADER, f"{FIRST},8,0.0001")

    assert "2023-04-01T00:00Z" in refusal(content, month(date(2023, 4, 1))).expected


@given(st.lists(st.text("0123456789.,-TrueFals\n", max_size=40), max_size=4))
def test_decode_given_any_lines_raises_nothing_else(lines: list[str]) -> None:
    for of in (file(), file(PERP, Kind.AGG_TRADES), month()):
        with suppress(DecodeError):
            assert BINANCE.decode_archive(of, zipped(*lines)) is not None
