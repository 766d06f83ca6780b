"""Every message that was captured of Binance has the shape of ours: keys, types, nesting.

The rows are those of docs/venues/binance.md.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.simulator.binance.market_of import (
    API,
    ARCHIVE,
    FAPI,
    SECOND,
    frames,
    perp_frames,
    world,
)
from crypto_pipeline_tests.simulator.evidence import frames_of
from crypto_pipeline_tests.simulator.shapes import differences, shape

pytestmark = pytest.mark.real_data

START = 1_739_190_870_000_000
SPOT_2024, SPOT_2021 = "hftbacktest/spot/btcusdt_20240808.gz", "cryptofeed/BINANCE.ws.1.0"
PERP_2024, PERP_2023 = (
    "hftbacktest/usdm/btcusdt_20240808.gz",
    "hftbacktest/usdm/btcusdt_20230405.dat.gz",
)
PERP_2021 = "cryptofeed/BINANCE_FUTURES.ws.1.0"
TARDIS, TARDIS_PERP = (
    f"tardis_node_mappers/binance{which}__messages.jsonl" for which in ("", "_futures")
)
MINI = "recent/mini_fintickstreams/BinanceLinear"
ROUTES = "gocryptotrader/binance_http_public.json"


def captured_frame(real_data: Path, name: str, channel: str) -> Any:
    """The first captured message of a channel, without its envelope."""
    if name.endswith(".jsonl"):
        found = (json.loads(line) for line in (real_data / name).read_text("utf-8").splitlines())
        return next(each["data"] for each in found if each.get("stream", "").endswith(channel))
    told = frames_of(real_data, name)
    return next(frame["data"] for stream, _, frame in told if stream.endswith(channel))


@pytest.mark.parametrize(
    ("channel", "evidence", "captured"),
    [
        ("trade", SPOT_2024, "@trade"),
        ("bookTicker", SPOT_2024, "@bookTicker"),
        ("depth@100ms", SPOT_2024, "@depth@100ms"),
        ("aggTrade", SPOT_2021, "@aggTrade"),
        ("kline_1m", SPOT_2021, "@kline_1m"),
        ("ticker", TARDIS, "@ticker"),
    ],
)
def test_spot_frames_given_captured_ones_have_their_shape(
    real_data: Path, channel: str, evidence: str, captured: str
) -> None:
    ours = frames(f"btcusdt@{channel}", START, START + 10 * SECOND)[0]
    theirs = captured_frame(real_data, evidence, captured)

    assert differences(shape(ours), shape(theirs)) == []


@pytest.mark.parametrize(
    ("channel", "evidence", "captured"),
    [
        ("trade", PERP_2024, "@trade"),
        ("bookTicker", PERP_2024, "@bookTicker"),
        ("depth@100ms", PERP_2024, "@depth@0ms"),
        ("markPrice@1s", PERP_2023, "@markPrice@1s"),
        ("kline_1m", PERP_2021, "@kline_1m"),
        ("aggTrade", PERP_2021, "@aggTrade"),
        ("ticker", TARDIS_PERP, "@ticker"),
    ],
)
def test_perp_frames_given_captured_ones_have_their_shape(
    real_data: Path, channel: str, evidence: str, captured: str
) -> None:
    ours = perp_frames(f"btcusdt@{channel}", START, START + 10 * SECOND)[0]
    theirs = captured_frame(real_data, evidence, captured)

    assert differences(shape(ours), shape(theirs)) == []


@pytest.mark.parametrize(("channel", "name"), [("aggTrade", "AggTrade"), ("depth", "DepthUpdate")])
def test_perp_frames_given_those_of_december_2025_have_their_shape(
    real_data: Path, channel: str, name: str
) -> None:
    then = 1_765_807_980_000_000
    ours = perp_frames(f"btcusdt@{channel}", then, then + 10 * SECOND)[0]
    theirs = json.loads((real_data / f"{MINI}Ws{name}.json").read_text("utf-8"))

    assert differences(shape(ours), shape(theirs)) == []


def captured_answer(real_data: Path, path: str) -> Any:
    """The newest captured answer of a REST path."""
    routes = json.loads((real_data / ROUTES).read_text("utf-8"))["routes"]
    answers = [each["data"] for each in routes[path]["GET"] if each["data"]]
    return answers[-1] if "fundingRate" not in path else answers[0]


@pytest.mark.parametrize(
    ("path", "query", "newer"),
    [
        ("/api/v3/aggTrades", "symbol=BTCUSDT", ""),
        ("/api/v3/avgPrice", "symbol=BTCUSDT", "$.closeTime"),
        ("/api/v3/depth", "symbol=BTCUSDT", ""),
        ("/api/v3/exchangeInfo", "", ""),
        ("/api/v3/historicalTrades", "symbol=BTCUSDT", ""),
        ("/api/v3/klines", "symbol=BTCUSDT&interval=5m", ""),
        ("/api/v3/ticker/24hr", "symbols=%5B%22BTCUSDT%22%5D", ""),
        ("/api/v3/ticker/bookTicker", "symbol=BTCUSDT", ""),
        ("/api/v3/ticker/price", "symbol=BTCUSDT", ""),
        ("/api/v3/trades", "symbol=BTCUSDT", ""),
        ("/fapi/v1/aggTrades", "symbol=BTCUSDT", ""),
        ("/fapi/v1/depth", "symbol=BTCUSDT", ""),
        ("/fapi/v1/fundingInfo", "", ""),
        ("/fapi/v1/fundingRate", "symbol=BTCUSDT", "$[].markPrice"),
        ("/fapi/v1/klines", "symbol=BTCUSDT&interval=5m", ""),
        ("/fapi/v1/premiumIndex", "symbol=BTCUSDT", ""),
        ("/fapi/v1/ticker/24hr", "", ""),
        ("/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT", ""),
        ("/fapi/v1/ticker/price", "", ""),
        ("/fapi/v1/time", "", ""),
        ("/fapi/v1/trades", "symbol=BTCUSDT", "$[].isRPITrade"),
    ],
)
def test_answers_given_captured_ones_have_their_shape(
    real_data: Path, path: str, query: str, newer: str
) -> None:
    ours = world().json(API if "/api/" in path else FAPI, f"{path}?{query}", START)
    theirs = captured_answer(real_data, path)
    if path == "/fapi/v1/premiumIndex":
        theirs = json.loads((real_data / ROUTES).read_text("utf-8"))["routes"][path]["GET"][0][
            "data"
        ]

    parted = differences(shape(ours), shape(theirs))
    assert parted == ([f"{newer}: not in the captured one"] if newer else [])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("depth?symbol=BTCUSDT", "DepthSnapshot"),
        ("exchangeInfo", "ExchangeInfoSnapshot"),
        ("fundingRate?symbol=BTCUSDT", "FundingRateSnapshot"),
        ("time", "ServerTimeSnapshot"),
    ],
)
def test_perp_answers_given_those_of_december_2025_have_their_shape(
    real_data: Path, path: str, name: str
) -> None:
    ours = world().json(FAPI, f"/fapi/v1/{path}", START)
    theirs = json.loads((real_data / f"{MINI}{name}.json").read_text("utf-8"))

    assert differences(shape(ours), shape(theirs)) == []


def test_coin_margined_info_given_the_captured_one_has_its_shape(real_data: Path) -> None:
    ours = world().json("dapi.binance.com", "/dapi/v1/exchangeInfo", START)

    assert (
        differences(shape(ours), shape(captured_answer(real_data, "/dapi/v1/exchangeInfo"))) == []
    )


def test_error_given_the_captured_one_of_a_missing_key_is_it(real_data: Path) -> None:
    ours = world().ask(FAPI, "/fapi/v1/historicalTrades?symbol=BTCUSDT", START)

    assert json.loads(ours.body) == captured_answer(real_data, "/dapi/v1/historicalTrades")


@pytest.mark.parametrize(
    "path",
    [
        "spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-01.zip",
        "spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12.zip",
        "spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2025-01.zip",
        "futures/um/monthly/klines/AVAXUSDT/1m/AVAXUSDT-1m-2026-02.zip",
    ],
)
def test_archive_given_the_recorded_file_has_its_columns(real_data: Path, path: str) -> None:
    ours = lines(world().ask(ARCHIVE, f"/data/{path}", 1_795_000_000_000_000).body)
    theirs = lines((real_data / ARCHIVE / "data" / f"{path}").read_bytes())

    assert len(ours) == len(theirs)
    if theirs[0].startswith("open_time"):
        assert ours[0] == theirs[0]
    first, captured = ours[1].split(","), theirs[1].split(",")
    assert differences(shape(first), shape(captured)) == []
    assert (first[0], first[6], first[11]) == (captured[0], captured[6], captured[11])
    if path.startswith("spot"):
        assert [len(text.partition(".")[2]) for text in first] == [
            len(text.partition(".")[2]) for text in captured
        ]


def lines(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(packed.namelist()[0]).decode().splitlines()


def test_table_given_the_evidence_names_each_file(real_data: Path) -> None:
    table = (Path(__file__).parents[3] / "docs/venues/binance.md").read_text("utf-8")

    for name in (
        SPOT_2024,
        SPOT_2021,
        PERP_2024,
        PERP_2023,
        PERP_2021,
        TARDIS,
        TARDIS_PERP,
        ROUTES,
    ):
        assert f"`{name}`" in table
        assert (real_data / name).is_file()
