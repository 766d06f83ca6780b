"""Whatever a client sends, OKX answers in its own way and goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.okx.candles import BARS
from crypto_pipeline.simulator.okx.hosts import hosts
from crypto_pipeline.simulator.okx.limits import LIMITS
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulator.okx.asking import BTC, NOW_MS, SWAP, Okx

CLOCK = SimulatorClock(datetime.fromtimestamp(NOW_MS / 1000, UTC), 0.0)
HOSTS = hosts(SyntheticMarket(7), CLOCK, Rules(limits=False))
STATUSES = {"0": 200, "51001": 200, "50039": 200, "50025": 200}

numbers = (
    st.integers(-(10**20), 10**20).map(str)
    | st.integers(NOW_MS - 10**8, NOW_MS + 10**7).map(str)
    | st.sampled_from(["", "1", "1000", "-0", "1.5", "\uff19"])
)
symbols = st.sampled_from([SWAP, "ANKR-USDT", "LUNA-USDT", "btc-usdt", "-SWAP", "ANY", BTC, ""])
values = {
    "instType": st.sampled_from(["SPOT", "SWAP", "FUTURES", "OPTION", "MARGIN", "", "spot"]),
    "instId": symbols | st.text(max_size=5),
    "bar": st.sampled_from([*list(BARS)[:12], "1S", "0m", ""]),
    **dict.fromkeys(("after", "before", "limit", "sz", "begin", "end"), numbers),
    **dict.fromkeys(("instIdList", "instFamilyList", "uly", "quoteCcy"), symbols),
    "type": st.sampled_from(["1", "2", "3"]),
    "state": st.sampled_from(["ongoing", "completed", "x"]),
    "module": st.sampled_from(["1", "2", "3", "4", "x"]),
    "dateAggrType": st.sampled_from(["daily", "monthly", "yearly"]),
}
needed = ("instId", "instType")
queries = st.fixed_dictionaries(
    {name: values[name] for name in needed},
    optional={name: value for name, value in values.items() if name not in needed},
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
arguments = st.fixed_dictionaries(
    {"channel": st.sampled_from(["books", "candle1m", "index-candle", "status", ""]) | json_values},
    optional={"instId": symbols | json_values, "instType": symbols | json_values},
)
requests = st.fixed_dictionaries(
    {"op": st.sampled_from(["subscribe", "unsubscribe", "login"]) | json_values},
    optional={"args": st.lists(arguments, max_size=3) | json_values, "id": json_values},
)
messages = st.lists(
    st.text(max_size=20).filter(lambda text: text != "ping") | requests.map(json.dumps), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from(sorted(LIMITS)), query=queries)
def test_an_answer_given_any_parameters_is_an_envelope(path: str, query: dict[str, str]) -> None:
    logic = HOSTS["www.okx.com"]
    assert isinstance(logic, HostLogic)

    answer = logic.answer(Request(path, query))

    envelope = json.loads(answer.body)
    assert set(envelope) == {"code", "msg", "data"}
    assert isinstance(envelope["data"], list)
    assert answer.status == STATUSES.get(envelope["code"], 400)


@settings(max_examples=60, deadline=None)
@given(path=st.text(max_size=40))
def test_a_download_given_any_path_is_answered(path: str) -> None:
    logic = HOSTS["static.okx.com"]
    assert isinstance(logic, HostLogic)
    assert logic.answer(Request(f"/cdn/okex/traderecords/{path}")).status == 404


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=messages)
def test_a_connection_given_any_messages_outlives_them(okx: Okx, sent: list[str]) -> None:
    with okx.talk() as talk:
        for message in sent:
            talk.connection.send(message.encode(errors="replace"))
        talk.say("ping")
        assert talk.hear_until(lambda message: message == "pong")
