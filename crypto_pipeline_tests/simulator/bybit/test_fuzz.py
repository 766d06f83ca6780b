"""Whatever a client sends, Bybit answers in its own way and goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.bybit.hosts import hosts
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.bybit.conftest import NOW_MS
from crypto_pipeline_tests.simulator.bybit.talking import Message, talking

CLOCK = SimulatorClock(datetime.fromtimestamp(NOW_MS / 1000, UTC), 0.0)
HOSTS = hosts(SyntheticMarket(7), CLOCK, Rules(limits=False))
PATHS = [
    "market/time",
    "market/instruments-info",
    "market/kline",
    "market/recent-trade",
    "market/orderbook",
    "market/tickers",
    "market/funding/history",
    "system/status",
]
numbers = st.integers(-(10**20), 10**20).map(str) | st.sampled_from(["", "1", "1000", "-0", "1.5"])
values = {
    "category": st.sampled_from(["spot", "linear", "inverse", "option", "", "SPOT"]),
    "symbol": st.sampled_from(["BTCUSDT", "ZILUSDT", "LUNAUSDT", "btcusdt", ""])
    | st.text(max_size=5),
    "interval": st.sampled_from(["1", "720", "D", "W", "0", "M1"]),
    **dict.fromkeys(("limit", "start", "end", "startTime", "endTime"), numbers),
    "cursor": st.text(max_size=9) | st.just("last=ZZZ"),
    "status": st.sampled_from(["Trading", "PreLaunch", "Closed", "x"]),
}
queries = st.fixed_dictionaries({}, optional=values)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
topics = st.sampled_from(["orderbook.50.BTCUSDT", "kline.1.", "tickers..", "...", "publicTrade.X"])
requests = st.fixed_dictionaries(
    {"op": st.sampled_from(["subscribe", "unsubscribe", "ping", "auth"]) | json_values},
    optional={
        "args": st.lists(topics | json_values, max_size=4) | json_values,
        "req_id": json_values,
    },
)
messages = st.lists(st.text(max_size=20) | requests.map(json.dumps) | json_values.map(json.dumps))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), queries)
def test_any_parameters_get_an_envelope(path: str, query: dict[str, str]) -> None:
    logic = HOSTS["api.bybit.com"]
    assert isinstance(logic, HostLogic)
    answer = logic.answer(Request(f"/v5/{path}", query))
    envelope = json.loads(answer.body)

    assert answer.status == 200
    assert envelope["retCode"] in (0, 10001)
    assert set(envelope) == {"retCode", "retMsg", "result", "retExtInfo", "time"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_path_of_the_archive_is_answered(path: str) -> None:
    logic = HOSTS["public.bybit.com"]
    assert isinstance(logic, HostLogic)

    assert logic.answer(Request(f"/{path}")).status in (200, 301, 404)


def test_a_connection_outlives_any_messages(synthetic: SimulatorProcess) -> None:
    @settings(max_examples=40, deadline=None)
    @given(messages)
    def outlives(sent: list[str]) -> None:
        assert pong_after(synthetic, sent)["ret_msg"] == "pong"

    outlives()


def pong_after(running: SimulatorProcess, sent: list[str]) -> Message:
    """What a ping gets that follows these messages."""
    with talking(running, "linear") as talk:
        for each in sent:
            talk.say(each)
        talk.say({"op": "ping", "req_id": "the last"})
        heard: list[Message] = talk.hear_until(lambda each: each.get("req_id") == "the last")
        return heard[-1]
