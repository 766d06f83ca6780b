"""The mirror of data.binance.vision, from recordings and from the synthetic market."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from crypto_pipeline_tests.simulated import Reply, SimulatorProcess

HOST = "data.binance.vision"
SPOT_DAY = "/data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-01.zip"
SPOT_MONTH = "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2025-01.zip"
PERP_MONTH = "/data/futures/um/monthly/klines/AVAXUSDT/1m/AVAXUSDT-1m-2025-01.zip"


def csv_rows(reply: Reply) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return [line.split(",") for line in text.splitlines()]


@pytest.mark.real_data
@pytest.mark.parametrize("path", [SPOT_DAY, f"{SPOT_DAY}.CHECKSUM"])
def test_recorded_file_given_its_path_is_served_byte_by_byte(
    recorded: SimulatorProcess, real_data: Path, path: str
) -> None:
    reply = recorded.get(HOST, path)

    assert reply.body == (real_data / HOST / path.lstrip("/")).read_bytes()
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["etag"].startswith('"')
    assert recorded.origin == "real"


@pytest.mark.real_data
@pytest.mark.parametrize("path", ["/data/spot/none.zip", "/%2e%2e/README.md", "/data"])
def test_recorded_file_given_no_such_key_is_an_s3_404(
    recorded: SimulatorProcess, path: str
) -> None:
    reply = recorded.get(HOST, path)

    assert reply.status == 404
    assert reply.headers["content-type"] == "application/xml"
    assert b"<Code>NoSuchKey</Code>" in reply.body


@pytest.mark.parametrize("path", [SPOT_DAY, SPOT_MONTH, PERP_MONTH])
def test_synthetic_zip_given_its_checksum_agrees(synthetic: SimulatorProcess, path: str) -> None:
    content = synthetic.get(HOST, path)
    checksum = synthetic.get(HOST, f"{path}.CHECKSUM").body.decode()

    name = path.rpartition("/")[2]
    assert checksum == f"{hashlib.sha256(content.body).hexdigest()}  {name}\n"
    with zipfile.ZipFile(io.BytesIO(content.body)) as archive:
        assert archive.namelist() == [name.replace(".zip", ".csv")]


def test_synthetic_spot_day_given_2023_has_milliseconds_eight_digits_and_no_header(
    synthetic: SimulatorProcess,
) -> None:
    rows = csv_rows(synthetic.get(HOST, SPOT_DAY))

    assert len(rows) == 1440
    assert (rows[0][0], rows[0][6]) == ("1677628800000", "1677628859999")
    assert {len(rows[0][column].partition(".")[2]) for column in (1, 2, 3, 4, 5, 7, 9, 10)} == {8}
    assert rows[0][11] == "0"


def test_synthetic_spot_month_given_2025_has_microseconds(synthetic: SimulatorProcess) -> None:
    rows = csv_rows(synthetic.get(HOST, SPOT_MONTH))

    assert len(rows) == 744
    assert (rows[0][0], rows[0][6]) == ("1735689600000000", "1735693199999999")


def test_synthetic_perp_month_given_2025_has_a_header_and_milliseconds(
    synthetic: SimulatorProcess,
) -> None:
    header, first, *_ = csv_rows(synthetic.get(HOST, PERP_MONTH))

    assert header[:2] == ["open_time", "open"]
    assert first[0] == "1735689600000"
    assert len(first[1].partition(".")[2]) == 4
    assert first[5].isdecimal()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("daily/klines/BTCUSDT/1d/BTCUSDT-1d-2025-02-09.zip", 200),
        ("daily/klines/BTCUSDT/1d/BTCUSDT-1d-2025-02-10.zip", 404),
        ("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2025-01.zip", 200),
        ("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2025-02.zip", 404),
        ("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2017-01.zip", 200),
        ("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2016-12.zip", 404),
        ("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2025-01-01.zip", 404),
        ("daily/klines/BTCUSDT/1d/BTCUSDT-1d-2025-02-30.zip", 404),
        ("daily/klines/BTCUSDT/7m/BTCUSDT-7m-2025-02-01.zip", 404),
        ("daily/klines/NONEUSDT/1d/NONEUSDT-1d-2025-02-01.zip", 404),
    ],
)
def test_synthetic_file_given_the_clock_is_there_when_its_span_is_over(
    synthetic: SimulatorProcess, path: str, status: int
) -> None:
    for suffix in ("", ".CHECKSUM"):
        assert synthetic.get(HOST, f"/data/spot/{path}{suffix}").status == status


def test_synthetic_zip_given_another_simulator_of_the_seed_is_the_same(
    synthetic: SimulatorProcess,
) -> None:
    digest = hashlib.sha256(synthetic.get(HOST, SPOT_DAY).body).hexdigest()

    assert digest in synthetic.get(HOST, f"{SPOT_DAY}.CHECKSUM").body.decode()
    assert synthetic.get(HOST, SPOT_DAY).body == synthetic.get(HOST, SPOT_DAY).body


def test_synthetic_day_given_the_month_is_its_part(synthetic: SimulatorProcess) -> None:
    month = csv_rows(synthetic.get(HOST, SPOT_MONTH))
    day = SPOT_MONTH.replace("monthly", "daily").replace("2025-01.", "2025-01-02.")

    assert csv_rows(synthetic.get(HOST, day)) == month[24:48]
