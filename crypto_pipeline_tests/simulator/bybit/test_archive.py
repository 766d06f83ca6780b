"""Bybit's download folders: names, dates, columns, and trades that are those of REST."""

from __future__ import annotations

import csv
import gzip
import re
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from crypto_pipeline.simulator.bybit.numbers import general_texts
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import ARCHIVE, result

LINEAR = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
Rows = list[dict[str, str]]


def table(running: SimulatorProcess, path: str) -> Rows:
    reply = running.get(ARCHIVE, path)
    assert reply.status == 200
    return list(csv.DictReader(gzip.decompress(reply.body).decode().splitlines()))


def header(running: SimulatorProcess, path: str) -> str:
    return gzip.decompress(running.get(ARCHIVE, path).body).decode().partition("\n")[0]


def test_a_day_of_linear_has_its_columns_and_values(synthetic: SimulatorProcess) -> None:
    path = "/trading/ADAUSDT/ADAUSDT2025-02-09.csv.gz"
    rows = table(synthetic, path)
    row = rows[0]
    value = Decimal(row["size"]) * Decimal(row["price"])

    assert header(synthetic, path) == f"{LINEAR}foreignNotional"
    assert re.fullmatch(r"17390\d{5}(\.\d{1,4})?", row["timestamp"])
    assert (row["symbol"], row["homeNotional"]) == ("ADAUSDT", row["size"])
    assert Decimal(row["foreignNotional"]) == value
    assert Decimal(row["grossValue"]) == value * 10**8
    assert {each["side"] for each in rows} == {"Buy", "Sell"}


def test_a_day_of_spot_has_its_columns(synthetic: SimulatorProcess) -> None:
    path = "/spot/ADAUSDT/ADAUSDT_2025-02-09.csv.gz"
    rows = table(synthetic, path)

    assert header(synthetic, path) == "id,timestamp,price,volume,side"
    assert [row["id"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert {row["side"] for row in rows} == {"buy", "sell"}
    assert rows == sorted(rows, key=lambda row: int(row["timestamp"]))


def test_rpi_columns_begin_in_march_2025(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2025-03-20T00:00:00Z")
    spot, linear = (
        "/spot/ADAUSDT/ADAUSDT_2025-03-{}.csv.gz",
        "/trading/ADAUSDT/ADAUSDT2025-03-{}.csv.gz",
    )

    assert header(synthetic, spot.format(12)).endswith("side")
    assert header(synthetic, spot.format(13)).endswith("side,rpi")
    assert header(synthetic, linear.format(13)).endswith("foreignNotional,RPI")
    assert {row["rpi"] for row in table(synthetic, spot.format(13))} == {"0"}


def test_trades_of_a_file_are_those_of_rest(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2025-02-09T23:59:59.999999Z")
    asked = {"category": "linear", "symbol": "ADAUSDT", "limit": 1000}
    asked_rows = result(synthetic, "market/recent-trade", **asked)["list"]
    synthetic.set_clock("2025-02-10T00:00:00Z")
    rows = {
        row["trdMatchID"]: row
        for row in table(synthetic, "/trading/ADAUSDT/ADAUSDT2025-02-09.csv.gz")
    }

    assert len(asked_rows) == 1000
    for trade in asked_rows:
        row = rows[trade["execId"]]
        assert [row["side"], row["price"], row["size"]] == [
            trade["side"],
            trade["price"],
            trade["size"],
        ]
        assert int(Decimal(row["timestamp"]) * 1000) == int(trade["time"])


def test_tick_directions_follow_the_prices(synthetic: SimulatorProcess) -> None:
    rows = table(synthetic, "/trading/ADAUSDT/ADAUSDT2025-02-09.csv.gz")
    for before, row in pairwise(rows):
        move = Decimal(row["price"]) - Decimal(before["price"])
        rising = before["tickDirection"].endswith("PlusTick")
        same = "ZeroPlusTick" if rising else "ZeroMinusTick"

        assert row["tickDirection"] == ("PlusTick" if move > 0 else "MinusTick" if move else same)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trading/ADAUSDT/ADAUSDT2025-02-10.csv.gz", 404),
        ("/trading/ADAUSDT/ADAUSDT_2025-02-09.csv.gz", 404),
        ("/spot/ADAUSDT/ADAUSDT2025-02-09.csv.gz", 404),
        ("/spot/ADAUSDT/BTCUSDT_2025-02-09.csv.gz", 404),
        ("/spot/ADAUSDT/ADAUSDT_2025-02-30.csv.gz", 404),
        ("/spot/ADAUSDT/ADAUSDT_2025-2-9.csv.gz", 404),
        ("/spot/ADAUSDT/ADAUSDT_2016-12-31.csv.gz", 404),
        ("/spot/NOPE/NOPE_2025-02-09.csv.gz", 404),
        ("/nope/", 404),
        ("/spot/ADAUSDT/nope/", 404),
        ("/spot/LUNAUSDT/LUNAUSDT_2022-05-14.csv.gz", 404),
        ("/spot/LUNAUSDT/LUNAUSDT_2022-05-13.csv.gz", 200),
        ("/spot", 301),
    ],
)
def test_files_are_there_from_the_next_day_on(
    synthetic: SimulatorProcess, path: str, status: int
) -> None:
    assert synthetic.get(ARCHIVE, path).status == status


def links(running: SimulatorProcess, path: str) -> list[str]:
    page = running.get(ARCHIVE, path).body.decode()
    return re.findall(r'<a href="([^"]+)">\1</a>', page)


def test_folders_lead_to_every_file(synthetic: SimulatorProcess) -> None:
    days = links(synthetic, "/trading/ADAUSDT/")

    assert links(synthetic, "/") == ["spot/", "trading/"]
    assert "BTCUSDT/" in links(synthetic, "/trading/")
    assert (days[0], days[-1]) == ("ADAUSDT2017-01-01.csv.gz", "ADAUSDT2025-02-09.csv.gz")
    assert synthetic.get(ARCHIVE, f"/trading/ADAUSDT/{days[-1]}").status == 200


def test_a_file_is_the_same_bytes_each_time(synthetic: SimulatorProcess) -> None:
    path = "/spot/ZILUSDT/ZILUSDT_2025-02-09.csv.gz"

    assert synthetic.get(ARCHIVE, path).body == synthetic.get(ARCHIVE, path).body


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (24_725_004, 4, "2472.5004"),
        (24_725_004, -4, "2.4725004e+11"),
        (8_109_500, -3, "8.1095e+09"),
        (1_000_000, 0, "1e+06"),
        (999_999, 0, "999999"),
        (10, 1, "1"),
        (1, 4, "0.0001"),
        (1, 5, "1e-05"),
        (38, 3, "0.038"),
    ],
)
def test_values_are_written_as_go_does(units: int, decimals: int, text: str) -> None:
    assert general_texts(np.array([units]), decimals).to_pylist() == [text]
