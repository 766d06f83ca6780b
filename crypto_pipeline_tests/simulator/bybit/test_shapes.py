"""Every frame and answer against a captured one: the rows of docs/venues/bybit.md.

Keys that a venue added after a capture was made are named; all else has to agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit import captured as seen
from crypto_pipeline_tests.simulator.bybit.captured import Message, captured
from crypto_pipeline_tests.simulator.bybit.conftest import ask_bybit
from crypto_pipeline_tests.simulator.bybit.talking import held, subscription, talking
from crypto_pipeline_tests.simulator.conftest import NOW
from crypto_pipeline_tests.simulator.shapes import differences, shape

pytestmark = pytest.mark.real_data
DOCS = Path(__file__).parents[3] / "docs" / "venues" / "bybit.md"


@dataclass(frozen=True)
class Row:
    """A topic and a captured message of it.

    Attributes:
        name: of the path that is connected to.
        topic: as it is subscribed to.
        kind: `snapshot` or `delta`.
        file: the evidence; `like` is what its message's topic begins with.
        added: keys that came after the capture, as `differences` writes them.
        ordered: whether the evidence shows the order of keys of today.
    """

    name: str
    topic: str
    kind: str
    file: str
    like: str
    added: tuple[str, ...] = ()
    ordered: bool = True


RPI = ("$.data[].RPI", "$.data[].seq")
SINGLE = ("$.data.singleOpenInterest", "$.data.singleOpenInterestValue")
ROWS = [
    Row("spot", "publicTrade.BTCUSDT", "snapshot", seen.L2XL, "publicTrade"),
    Row("linear", "publicTrade.BTCUSDT", "snapshot", seen.TARDIS, "publicTrade.LTCUSDT", RPI),
    Row("linear", "orderbook.1000.BTCUSDT", "snapshot", seen.DEPTH, "orderbook.1000"),
    Row("linear", "orderbook.1000.BTCUSDT", "delta", seen.DEPTH, "orderbook.1000"),
    Row("linear", "orderbook.200.BTCUSDT", "snapshot", seen.OB500, "orderbook.500"),
    Row("linear", "orderbook.200.BTCUSDT", "delta", seen.OB500, "orderbook.500"),
    Row("linear", "orderbook.50.BTCUSDT", "snapshot", seen.OB500, "orderbook.500"),
    Row("linear", "orderbook.50.BTCUSDT", "delta", seen.OB500, "orderbook.500"),
    Row(
        "linear", "orderbook.1.BTCUSDT", "snapshot", seen.TARDIS, "orderbook.1.", ("$.cts",), False
    ),
    Row("spot", "orderbook.50.BTCUSDT", "snapshot", seen.GOCRYPTO, "orderbook.50.BTC"),
    Row("spot", "orderbook.50.BTCUSDT", "delta", seen.GOCRYPTO, "orderbook.50.BTC"),
    Row("linear", "tickers.BTCUSDT", "snapshot", seen.TICKER, "tickers", SINGLE),
    Row("linear", "tickers.BTCUSDT", "delta", seen.TICKER, "tickers", SINGLE),
    Row("spot", "tickers.BTCUSDT", "snapshot", seen.GOCRYPTO_TICKER, "tickers.BTC-USDT", (), False),
    Row("linear", "kline.5.BTCUSDT", "snapshot", seen.GOCRYPTO, "kline.5"),
    Row("spot", "kline.5.BTCUSDT", "snapshot", seen.GOCRYPTO, "kline.5"),
]
ANSWERS = [
    ("market/time", {}, seen.TIME),
    ("market/recent-trade", {"category": "spot", "symbol": "BTCUSDC"}, seen.L2XL_REST),
    (
        "market/orderbook",
        {"category": "linear", "symbol": "BTCUSDT", "limit": "1000"},
        seen.DEPTH_REST,
    ),
]


def frames(running: SimulatorProcess, row: Row) -> list[Message]:
    running.set_clock(NOW, speed=10.0)
    heard = held(running, row.name, [row.topic], 6)
    return [frame for frame in heard if frame["type"] == row.kind]


def parted(ours: Message, theirs: Message, added: tuple[str, ...] = ()) -> list[str]:
    known = {f"{key}: not in the captured one" for key in added}
    return [each for each in differences(shape(ours), shape(theirs)) if each not in known]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.topic} {row.kind}")
def test_a_frame_has_the_shape_of_the_captured_one(
    synthetic: SimulatorProcess, real_data: Path, row: Row
) -> None:
    theirs = captured(real_data, row.file, topic=row.like, type=row.kind)
    for ours in frames(synthetic, row):
        missing_in_delta = row.topic.startswith("tickers") and row.kind == "delta"
        apart = [
            each
            for each in parted(ours, theirs, row.added)
            if not (missing_in_delta and each.startswith("$.data."))
        ]
        assert apart == []


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.ordered],
    ids=lambda row: f"{row.name} {row.topic} {row.kind}",
)
def test_a_frame_has_the_order_of_keys_of_the_captured_one(
    synthetic: SimulatorProcess, real_data: Path, row: Row
) -> None:
    theirs = captured(real_data, row.file, topic=row.like, type=row.kind)
    added = {each.removeprefix("$.") for each in row.added}
    ours = frames(synthetic, row)[0]

    assert [key for key in ours if key not in added] == list(theirs)


def test_a_ticker_delta_has_keys_of_the_captured_snapshot_alone(
    synthetic: SimulatorProcess, real_data: Path
) -> None:
    theirs = captured(real_data, seen.TICKER, type="snapshot")
    known = {*theirs["data"], "singleOpenInterest", "singleOpenInterestValue"}
    for ours in frames(synthetic, ROWS[12]):
        assert {"symbol"} < set(ours["data"]) <= known


ETH = {"symbol": "ETHUSDT", "limit": "3"}
EXAMPLES: list[tuple[str, dict[str, str], str, tuple[str, ...]]] = [
    ("market/kline", {**ETH, "interval": "60"}, "Klines", ()),
    ("market/mark-price-kline", {**ETH, "interval": "1"}, "MarkPriceKlines", ()),
    ("market/index-price-kline", {**ETH, "interval": "1"}, "IndexPriceKlines", ()),
    ("market/premium-index-price-kline", {**ETH, "interval": "D"}, "PremiumIndexPriceKlines", ()),
    ("market/funding/history", {**ETH, "category": "linear"}, "FundingRateHistory", ()),
    ("market/tickers", {**ETH, "category": "spot"}, "SpotTickers", ()),
    (
        "market/tickers",
        {**ETH, "category": "linear"},
        "LinearInverseTickers",
        (
            "basisRateYear",
            "curPreListingPhase",
            "fundingCap",
            "fundingIntervalHour",
            "preOpenPrice",
            "preQty",
            "singleOpenInterest",
            "singleOpenInterestValue",
        ),
    ),
    (
        "market/instruments-info",
        {"category": "spot"},
        "SpotSymbols",
        (
            "innovation",
            "lotSizeFilter.maxLimitOrderQty",
            "lotSizeFilter.maxMarketOrderQty",
            "lotSizeFilter.postOnlyMaxLimitOrderSize",
            "symbolId",
            "symbolType",
        ),
    ),
    (
        "market/instruments-info",
        {"category": "linear"},
        "LinearInverseSymbols",
        ("isPreListing", "preListingInfo", "riskParameters", "symbolId", "symbolType"),
    ),
]


@pytest.mark.parametrize(("path", "query", "name", "added"), EXAMPLES)
def test_an_answer_has_the_shape_of_the_documented_one(
    synthetic: SimulatorProcess,
    real_data: Path,
    path: str,
    query: dict[str, str],
    name: str,
    added: tuple[str, ...],
) -> None:
    theirs = captured(real_data, f"{seen.EXAMPLES}{name}.txt")
    since = tuple(f"$.result.list[].{key}" for key in added)

    assert parted(ask_bybit(synthetic, path, **query), theirs, since) == []


@pytest.mark.parametrize(("path", "query", "file"), ANSWERS)
def test_an_answer_has_the_shape_of_the_captured_one(
    synthetic: SimulatorProcess,
    real_data: Path,
    path: str,
    query: dict[str, str],
    file: str,
) -> None:
    ours, theirs = ask_bybit(synthetic, path, **query), captured(real_data, file)

    assert parted(ours, theirs) == []
    assert list(ours) == list(theirs)
    assert list(ours["result"]) == list(theirs["result"])


def test_the_spot_ack_is_the_captured_one(synthetic: SimulatorProcess, real_data: Path) -> None:
    theirs = captured(real_data, seen.L2XL, op="subscribe")
    with talking(synthetic, "spot") as talk:
        talk.say(subscription("publicTrade.BTCUSDT"))
        ours = talk.hear()

    assert parted(ours, theirs) == []
    assert {**ours, "conn_id": ""} == {**theirs, "conn_id": ""}


def test_rest_carries_the_u_of_the_topic_of_1000_levels(real_data: Path) -> None:
    book = captured(real_data, seen.DEPTH_REST)["result"]
    *_, last = seen.messages(real_data, seen.DEPTH)

    assert (book["u"], book["seq"], book["cts"]) == (
        last["data"]["u"],
        last["data"]["seq"],
        last["cts"],
    )


@pytest.mark.parametrize("file", sorted({row.file for row in ROWS} | {row[2] for row in ANSWERS}))
def test_the_document_names_each_evidence(file: str) -> None:
    assert file in DOCS.read_text("utf-8")
