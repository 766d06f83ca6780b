"""Klines of a perpetual's mark, index and premium, on REST and in the archive."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from crypto_pipeline.simulator.binance.derived_klines import KINDS
from crypto_pipeline_tests.simulator.binance.market_of import (
    ARCHIVE,
    FAPI,
    MINUTE,
    SECOND,
    perp_frames,
    world,
)

NOW = 1_780_000_030_000_000
"""2026-05-28T20:27:10Z, µs."""
DAY_START = 1_777_593_600_000
"""2026-05-01, ms."""


def rows(kind: str, query: str, at: int = NOW) -> list[Any]:
    name = "pair" if kind == "indexPriceKlines" else "symbol"
    found: list[Any] = world().json(FAPI, f"/fapi/v1/{kind}?{name}=BTCUSDT&{query}", at)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interval", ["1m", "4h", "1d", "1w", "1M"])
def test_rows_given_an_interval_are_twelve_fields_without_volume(kind: str, interval: str) -> None:
    found = rows(kind, f"interval={interval}&limit=3")

    kinds = [int, str, str, str, str, str, int, str, int, str, str, str]
    assert [[type(value) for value in row] for row in found] == [kinds] * 3
    assert [row[0] for row in found[1:]] == [row[6] + 1 for row in found[:-1]]
    for row in found:
        assert Decimal(row[3]) <= min(Decimal(row[1]), Decimal(row[4]))
        assert Decimal(row[2]) >= max(Decimal(row[1]), Decimal(row[4]))
        assert row[5] == row[7] == row[11] == "0"


@pytest.mark.parametrize("kind", KINDS)
def test_days_given_their_hours_are_made_of_them(kind: str) -> None:
    [day] = rows(kind, f"interval=1d&startTime={DAY_START}&limit=1")
    hours = rows(kind, f"interval=1h&startTime={DAY_START}&limit=24")

    assert [day[1], day[4]] == [hours[0][1], hours[-1][4]]
    assert Decimal(day[2]) == max(Decimal(hour[2]) for hour in hours)
    assert Decimal(day[3]) == min(Decimal(hour[3]) for hour in hours)
    assert day[8] == sum(hour[8] for hour in hours) == 86_400


def test_mark_given_the_stream_is_within_its_bar() -> None:
    start = DAY_START * 1000
    told = perp_frames("btcusdt@markPrice@1s", start - 1, start + MINUTE - SECOND)
    [bar] = rows("markPriceKlines", f"interval=1m&startTime={DAY_START}&limit=1")

    marks = [Decimal(each["p"]) for each in told]
    assert [marks[0], max(marks), min(marks), marks[-1]] == [Decimal(value) for value in bar[1:5]]
    assert bar[8] == len(told) == 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("interval", "count"), [("1m", 1440), ("1d", 1)])
def test_daily_file_given_rest_has_its_rows(kind: str, interval: str, count: int) -> None:
    name = f"BTCUSDT-{interval}-2026-05-01.zip"
    path = f"/data/futures/um/daily/{kind}/BTCUSDT/{interval}/{name}"
    body = world().ask(ARCHIVE, path, NOW).body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        header, *lines = packed.read(packed.namelist()[0]).decode().splitlines()

    rest = rows(kind, f"interval={interval}&startTime={DAY_START}&limit={count}")
    assert header.startswith("open_time,open")
    assert [line.split(",") for line in lines] == [[str(value) for value in row] for row in rest]


def test_pair_given_another_contract_is_refused() -> None:
    url = "/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=CURRENT_QUARTER&interval=1m"

    assert world().ask(FAPI, url, NOW).status == 400
