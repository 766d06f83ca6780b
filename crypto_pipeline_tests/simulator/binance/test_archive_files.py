"""Families of the archive beside klines, the days on which files appear, coins without ASCII."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from crypto_pipeline.simulator.binance.archive_names import first_monday
from crypto_pipeline_tests.simulator.binance.market_of import API, ARCHIVE, FAPI, world

NOW = 1_780_000_030_000_000
"""2026-05-28, µs."""


def rows(path: str, at: int = NOW) -> list[list[str]]:
    answer = world().ask(ARCHIVE, f"/data/{path}.zip", at)
    assert answer.status == 200, path
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        text = packed.read(packed.namelist()[0]).decode()
    return [line.split(",") for line in text.splitlines()]


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_spot_aggregates_given_2026_are_those_of_rest_in_microseconds() -> None:
    found = rows("spot/daily/aggTrades/GRTUSDT/GRTUSDT-aggTrades-2026-05-01")
    rest = world().json(API, f"/api/v3/aggTrades?symbol=GRTUSDT&fromId={found[0][0]}&limit=9", NOW)

    assert [
        [str(each[key]) for key in "apqfl"] + [str(each["m"]), str(each["M"])] for each in rest
    ] == [[*row[:5], *row[6:]] for row in found[:9]]
    assert [int(row[5]) // 1000 for row in found[:9]] == [each["T"] for each in rest]


def test_spot_trades_given_2024_are_those_of_rest_in_milliseconds() -> None:
    found = rows("spot/daily/trades/GRTUSDT/GRTUSDT-trades-2024-05-01")
    query = f"symbol=GRTUSDT&fromId={found[0][0]}&limit=9"
    rest = world().json(API, f"/api/v3/historicalTrades?{query}", NOW)

    keys = ("id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch")
    assert [[str(each[key]) for key in keys] for each in rest] == found[:9]


@pytest.mark.parametrize(
    ("family", "header"),
    [
        (
            "aggTrades",
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
        ),
        ("trades", "id,price,qty,quote_qty,time,is_buyer_maker"),
    ],
)
def test_perp_trades_given_a_day_have_a_header_and_milliseconds(family: str, header: str) -> None:
    found = rows(f"futures/um/daily/{family}/ICPUSDT/ICPUSDT-{family}-2026-05-01")

    assert found[0] == header.split(",")
    assert {row[-1] for row in found[1:]} == {"true", "false"}
    assert {len(row[-2]) for row in found[1:]} == {13}


@pytest.mark.parametrize(("date", "header"), [("2021-12-31", False), ("2022-01-01", True)])
def test_perp_klines_given_an_old_day_have_no_header(date: str, header: bool) -> None:
    found = rows(f"futures/um/daily/klines/BTCUSDT/1h/BTCUSDT-1h-{date}")

    assert len(found) == 24 + header
    assert (found[0][0] == "open_time") == header


def test_month_of_trades_given_its_days_is_them_together() -> None:
    month = rows("spot/monthly/trades/ANKRUSDT/ANKRUSDT-trades-2024-02")
    days = [
        row
        for day in range(1, 30)
        for row in rows(f"spot/daily/trades/ANKRUSDT/ANKRUSDT-trades-2024-02-{day:02}")
    ]

    assert month == days


def test_funding_given_a_month_is_that_of_rest() -> None:
    header, *found = rows("futures/um/monthly/fundingRate/SUIUSDT/SUIUSDT-fundingRate-2026-04")
    query = f"symbol=SUIUSDT&startTime={found[0][0]}&endTime={found[-1][0]}&limit=1000"
    rest = world().json(FAPI, f"/fapi/v1/fundingRate?{query}", NOW)

    assert header == ["calc_time", "funding_interval_hours", "last_funding_rate"]
    assert found == [[str(each["fundingTime"]), "4", each["fundingRate"]] for each in rest]
    assert len(found) == 180


@pytest.mark.parametrize(
    ("path", "appears"),
    [
        ("spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-2026-04-01.zip", "2026-04-02T00:00"),
        ("spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2026-04.zip", "2026-05-04T00:00"),
        ("spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2026-02.zip", "2026-03-02T00:00"),
        ("spot/monthly/klines/BTCUSDT/3d/BTCUSDT-3d-2026-05.zip", "2026-06-03T00:00"),
        (
            "futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2026-03.zip",
            "2026-04-06T00:00",
        ),
    ],
)
def test_file_given_its_day_has_come_is_there(path: str, appears: str) -> None:
    then = instant(appears)
    before, after = (
        world().ask(ARCHIVE, f"/data/{path}", at).status for at in (then - 1_000_000, then)
    )

    assert (before, after) == (404, 200)


@pytest.mark.parametrize(
    "path",
    [
        "spot/daily/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2026-04-01.zip",
        "futures/um/daily/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2026-04-01.zip",
        "spot/daily/klines/BTCUSDT/1w/BTCUSDT-1w-2026-04-01.zip",
        "futures/um/daily/klines/BTCUSDT/1s/BTCUSDT-1s-2026-04-01.zip",
        "spot/daily/aggTrades/BTCUSDT/1m/BTCUSDT-aggTrades-2026-04-01.zip",
        "spot/daily/klines/BTCUSDT/1m/ETHUSDT-1m-2026-04-01.zip",
        "spot/daily/klines/LUNAUSDT/1m/LUNAUSDT-1m-2022-05-14.zip",
        "spot/daily/klines/TIAUSDT/1m/TIAUSDT-1m-2023-10-30.zip",
    ],
)
def test_file_given_the_archive_has_no_such_is_missing(path: str) -> None:
    assert world().ask(ARCHIVE, f"/data/{path}", NOW).status == 404


def test_klines_given_the_day_of_a_halt_lack_its_minutes() -> None:
    found = rows("spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-24")

    assert len(found) == 1440 - 144


def test_klines_given_the_day_of_a_delisting_end_with_it() -> None:
    found = rows("spot/daily/klines/LUNAUSDT/1m/LUNAUSDT-1m-2022-05-13")

    assert len(found) == 40


def test_klines_given_a_coin_without_ascii_are_there() -> None:
    found = rows("spot/daily/klines/币安人生USDT/1h/币安人生USDT-1h-2026-04-01")

    assert len(found) == 24


@pytest.mark.parametrize(
    ("month", "monday"), [("2026-06-01", "2026-06-01"), ("2026-07-01", "2026-07-06")]
)
def test_first_monday_given_a_month_is_within_its_first_week(month: str, monday: str) -> None:
    assert first_monday(instant(month) // 1000) == instant(monday) // 1000
