"""The data of Bybit's topics: books that stay whole, trades, bars and tickers that agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from crypto_pipeline.simulator.bybit.book_feed import BookFeed
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import NOW_MS, category, listed, result
from crypto_pipeline_tests.simulator.bybit.talking import (
    Message,
    hear_data,
    held,
    subscription,
    talking,
)
from crypto_pipeline_tests.simulator.conftest import NOW

Sides = dict[str, dict[Decimal, Decimal]]
HALT_END_US = 1_694_486_400_000_000
"""2023-09-12T02:40Z: trading begins again after a halt of forty minutes."""


def applied(frames: list[Message]) -> Sides:
    """The book that a snapshot and what follows it make; each `u` must follow the last."""
    book: Sides = {}
    last = 0
    for frame in frames:
        if frame["type"] == "snapshot":
            book = {"a": {}, "b": {}}
        else:
            assert frame["data"]["u"] == last + 1
        last = frame["data"]["u"]
        for side in "ab":
            levels = {Decimal(price): Decimal(size) for price, size in frame["data"][side]}
            book[side] = {at: size for at, size in {**book[side], **levels}.items() if size}
    return book


def instant(at_ms: int) -> str:
    """Ms since the epoch as the control API takes an instant."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def rested(found: Any) -> Sides:
    return {side: {Decimal(price): Decimal(size) for price, size in found[side]} for side in "ab"}


@pytest.mark.parametrize("name", ["spot", "linear"])
@pytest.mark.parametrize("depth", [50, 200, 1000])
def test_books_kept_by_deltas_never_pass_their_depth(
    synthetic: SimulatorProcess, name: str, depth: int
) -> None:
    synthetic.set_clock(NOW, speed=10.0)
    frames = held(synthetic, name, [f"orderbook.{depth}.BTCUSDT"], 20)
    book = applied(frames)

    assert [frame["type"] for frame in frames] == ["snapshot"] + ["delta"] * 19
    assert (len(book["a"]), len(book["b"])) == (depth, depth)
    assert max(book["b"]) < min(book["a"])
    assert all(frame["data"]["a"] or frame["data"]["b"] for frame in frames)


@pytest.mark.parametrize("name", ["spot", "linear"])
def test_a_book_of_1000_levels_is_the_rest_book_of_its_u(
    synthetic: SimulatorProcess, name: str
) -> None:
    synthetic.set_clock(NOW, speed=5.0)
    frames = held(synthetic, name, ["orderbook.1000.ETHUSDT"], 6)
    last = frames[-1]
    synthetic.set_clock(instant(last["ts"]))
    found = result(synthetic, "market/orderbook", category=name, symbol="ETHUSDT", limit=1000)

    assert (found["u"], found["seq"]) == (last["data"]["u"], last["data"]["seq"])
    assert rested(found) == applied(frames)


@pytest.mark.parametrize("name", ["spot", "linear"])
@pytest.mark.parametrize("topic", ["50", "1000"])
def test_books_given_the_end_of_a_halt_begin_anew(
    market: SyntheticMarket, name: str, topic: str
) -> None:
    of = category(name)
    feed = BookFeed(market, of, listed(market, of, "BTCUSDT"), topic)
    sent = [*feed.opening(HALT_END_US - 300_000), *feed.until(HALT_END_US + 700_000)]
    frames = [json.loads(frame.text) for frame in sent]

    assert [frame["type"] for frame in frames[:3]] == ["snapshot", "snapshot", "delta"]
    assert frames[1]["data"]["u"] > frames[0]["data"]["u"] + 1
    assert max(applied(frames)["b"]) < min(applied(frames)["a"])


def test_a_full_book_goes_on_from_rest(synthetic: SimulatorProcess) -> None:
    asked = {"category": "spot", "symbol": "BTCUSDT"}
    begun = result(synthetic, "market/full_orderbook", **asked)

    with talking(synthetic, "spot") as talk:
        talk.say(subscription("orderbook.full.BTCUSDT"))
        talk.hear()
        synthetic.set_clock(NOW, speed=2.0)
        frames = hear_data(talk, "orderbook.full.BTCUSDT", 3)
    due = [frame for frame in frames if frame["data"]["u"] > begun["u"]]

    assert {frame["type"] for frame in frames} == {"delta"}
    assert due[0]["data"]["u"] == begun["u"] + 1
    assert begun["seq"] < due[0]["data"]["seq"]


def test_level_1_is_snapshots_alone(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=10.0)
    frames = held(synthetic, "linear", ["orderbook.1.BTCUSDT"], 10)
    counts = [frame["data"]["u"] for frame in frames]

    assert {frame["type"] for frame in frames} == {"snapshot"}
    assert counts == list(range(counts[0], counts[0] + 10))
    assert {len(frame["data"][side]) for frame in frames for side in "ab"} == {1}


def test_level_1_is_sent_again_while_it_stands_still(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2023-09-12T02:10:00Z", speed=50.0)
    frames = held(synthetic, "linear", ["orderbook.1.BTCUSDT"], 4)
    sent = [frame["data"]["u"] for frame in frames]

    assert len(set(sent)) == 1
    assert len({frame["cts"] for frame in frames}) == 1


def test_two_connections_hear_the_same_states(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=10.0)
    topic = "orderbook.1.BTCUSDT"
    with talking(synthetic, "spot") as one, talking(synthetic, "spot") as two:
        one.say(subscription(topic))
        first = hear_data(one, topic, 5)
        two.say(subscription(topic))
        second = hear_data(two, topic, 5)
        first += hear_data(one, topic, 15)
    known = {frame["data"]["u"]: frame for frame in first}
    shared = [frame for frame in second if frame["data"]["u"] in known]

    assert len(shared) >= 3
    assert all(frame == known[frame["data"]["u"]] for frame in shared)


def test_a_reset_book_begins_again_with_u_1(synthetic: SimulatorProcess) -> None:
    rule = {"kind": "book_reset", "channel": "orderbook", "times": 1, "after": 3}
    synthetic.post_faults([rule])
    synthetic.set_clock(NOW, speed=10.0)
    frames = held(synthetic, "linear", ["orderbook.50.BTCUSDT"], 12)
    kinds = [(frame["type"], frame["data"]["u"]) for frame in frames]
    reset = next(at for at, (_, u) in enumerate(kinds) if u == 1)

    assert kinds[reset] == ("snapshot", 1)
    assert kinds[reset + 1 : reset + 3] == [("delta", 2), ("delta", 3)]
    assert len(applied(frames)["b"]) == 50


@pytest.mark.parametrize("name", ["spot", "linear"])
def test_trades_of_the_topic_are_those_of_rest(synthetic: SimulatorProcess, name: str) -> None:
    synthetic.set_clock(NOW, speed=20.0)
    frames = held(synthetic, name, ["publicTrade.BTCUSDT"], 8)
    synthetic.set_clock(instant(frames[-1]["ts"]))
    asked = {"category": name, "symbol": "BTCUSDT"}
    rows = result(synthetic, "market/recent-trade", **asked, limit=1000)["list"]
    known = {row["execId"]: row for row in rows}
    heard = [trade for frame in frames for trade in frame["data"]]
    found = [trade for trade in heard if trade["i"] in known]

    assert found
    for trade in found:
        row = known[trade["i"]]
        assert [trade["p"], trade["v"], trade["S"]] == [row["price"], row["size"], row["side"]]
        assert [str(trade["T"]), str(trade["seq"])] == [row["time"], row["seq"]]
    assert [trade["T"] for trade in heard] == sorted(trade["T"] for trade in heard)


def test_fills_of_one_order_share_a_frame(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=60.0)
    frames = held(synthetic, "spot", ["publicTrade.BTCUSDT"], 60)
    counts = [len(frame["data"]) for frame in frames]

    assert max(counts) > 1
    assert all(len({trade["seq"] for trade in frame["data"]}) == 1 for frame in frames)


@pytest.mark.parametrize("name", ["spot", "linear"])
def test_bars_of_the_topic_end_as_rest_has_them(synthetic: SimulatorProcess, name: str) -> None:
    synthetic.set_clock("2025-02-10T12:34:50Z", speed=20.0)
    with talking(synthetic, name) as talk:
        talk.say(subscription("kline.1.ETHUSDT", req_id=3, callerMethodName="watchOHLCV"))
        *running, last = talk.hear_until(lambda each: each.get("data", [{}])[0].get("confirm"))
    [bar] = last["data"]
    asked = {"category": name, "symbol": "ETHUSDT", "interval": "1"}
    synthetic.set_clock("2025-02-10T12:36:00Z")
    [row] = result(synthetic, "market/kline", **asked, start=bar["start"], limit=1)["list"]
    names = ("open", "high", "low", "close", "volume", "turnover")

    assert bar["end"] == bar["start"] + 59_999 == last["ts"] - 1
    assert [bar[key] for key in names] == row[1:]
    assert bar["start"] <= bar["timestamp"] <= bar["end"]
    assert {each["data"][0]["confirm"] for each in running if "data" in each} <= {False}


def test_a_linear_ticker_is_a_snapshot_and_what_changes(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=10.0)
    first, *deltas = held(synthetic, "linear", ["tickers.BTCUSDT"], 10)
    ticker = dict(first["data"])
    for delta in deltas:
        assert delta["type"] == "delta"
        assert set(delta["data"]) < set(ticker)
        ticker.update(delta["data"])

    assert first["type"] == "snapshot"
    assert all(("bid1Price" in each["data"]) == ("bid1Size" in each["data"]) for each in deltas)
    assert Decimal(ticker["bid1Price"]) < Decimal(ticker["ask1Price"])


def test_a_ticker_comes_before_the_ack(synthetic: SimulatorProcess) -> None:
    with talking(synthetic, "linear") as talk:
        talk.say(subscription("orderbook.1.BTCUSDT", "tickers.BTCUSDT"))
        heard = [talk.hear() for _ in range(3)]
    kinds = [each.get("topic", each.get("op")) for each in heard]

    assert kinds == ["tickers.BTCUSDT", "subscribe", "orderbook.1.BTCUSDT"]


def test_a_spot_ticker_is_snapshots(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=10.0)
    frames = held(synthetic, "spot", ["tickers.BTCUSDT"], 6)

    assert {frame["type"] for frame in frames} == {"snapshot"}
    assert all(one["data"] != two["data"] for one, two in pairwise(frames))


def test_a_standing_ticker_is_the_rest_ticker(synthetic: SimulatorProcess) -> None:
    [frame] = held(synthetic, "spot", ["tickers.ETHUSDT"], 1)
    [row] = result(synthetic, "market/tickers", category="spot", symbol="ETHUSDT")["list"]

    assert {key: row[key] for key in ("highPrice24h", "prevPrice24h")} == {
        key: frame["data"][key] for key in ("highPrice24h", "prevPrice24h")
    }


def test_the_status_topic_tells_when_maintenance_begins(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock("2023-09-12T01:59:58Z", speed=20.0)
    [frame] = held(synthetic, "misc/status", ["system.status"], 1)

    assert frame["data"][0]["state"] == "ongoing"


def test_nothing_is_ever_liquidated(synthetic: SimulatorProcess) -> None:
    synthetic.set_clock(NOW, speed=60.0)
    frames = held(synthetic, "linear", ["allLiquidation.BTCUSDT", "publicTrade.BTCUSDT"], 20)

    assert {frame["topic"] for frame in frames} == {"publicTrade.BTCUSDT"}


def test_times_are_not_ahead_of_the_clock(synthetic: SimulatorProcess) -> None:
    topics = ["tickers.BTCUSDT", "orderbook.1.BTCUSDT", "orderbook.1000.BTCUSDT"]
    frames = held(synthetic, "linear", topics, 3)

    assert all(frame["ts"] <= NOW_MS for frame in frames)


def test_a_firehose_pours_trades_without_end(synthetic: SimulatorProcess) -> None:
    synthetic.set_rules(firehose=True)
    try:
        frames = held(synthetic, "linear", ["publicTrade.BTCUSDT"], 5000)
    finally:
        synthetic.set_rules(firehose=False)

    assert {frame["type"] for frame in frames} == {"snapshot"}
    assert len({frame["data"][0]["i"] for frame in frames}) == 5000
