"""Whatever a client sends gets Binance's own answer: nothing raises, nothing hangs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.binance.dialects import PERP, SPOT, Dialect
from crypto_pipeline.simulator.binance.requests import SpeechError, read
from crypto_pipeline.simulator.wire.answers import HostLogic, Request
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.binance.market_of import (
    API,
    ARCHIVE,
    BUCKET,
    FAPI,
    feeds,
    world,
)

PATHS = sorted(
    (host, path) for host in (API, FAPI) for path in getattr(world().hosts[host], "routes", {})
)
NAMES = (
    *("symbol", "symbols", "pair", "contractType", "interval", "limit", "fromId", "startTime"),
    *("endTime", "timeZone", "type"),
)
VALUES = (
    *("BTCUSDT", "GRTUSDT", "NONE", "btcusdt", "币安人生USDT", "", "1", "0", "-1", "1.5", "1e3"),
    *(
        "9" * 19,
        "9" * 21,
        "9" * 5000,
        "\uff19",
        "1m",
        "1s",
        "1M",
        "7m",
        "PERPETUAL",
        "MINI",
        "null",
    ),
    *('["BTCUSDT"]', "[" * 5000, '[{"a":1}]', f"[{'9' * 5000}]", "\x00", "\ud800", "8", "+8:00"),
    *("1700000000000", "1700000000000000", "0x10", "true", "%00", "'; drop table", "15:99"),
)
queries = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=5)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.sampled_from(PATHS), queries)
def test_rest_given_any_query_answers_json(path: tuple[str, str], query: dict[str, str]) -> None:
    host, named = path
    if query.get("interval") in ("1M", "1w"):
        query = {**query, "limit": "1"}
    if query.get("symbol") == "BTCUSDT" and len(query) > 2:
        query = {**query, "symbol": "GRTUSDT"}
    logic = world().hosts[host]
    assert isinstance(logic, HostLogic)
    request = Request(named, query)
    logic.slow(request)
    answer = logic.answer(request)
    document: Any = json.loads(answer.body)

    assert answer.status in (200, 400, 401)
    if answer.status != 200:
        assert set(document) == {"code", "msg"}


texts = st.text(max_size=30) | st.sampled_from(
    ["data/spot/daily/klines/BTCUSDT/1m/", "data//", "../..", "\x00", "a" * 5000, "data/futures/"]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(texts, texts, st.sampled_from(["", "/", "x"]))
def test_bucket_given_any_prefix_answers_xml(prefix: str, marker: str, delimiter: str) -> None:
    query = {"prefix": prefix, "marker": marker, "delimiter": delimiter, "max-keys": "3"}
    logic = world().hosts[BUCKET]
    assert isinstance(logic, HostLogic)

    assert logic.answer(Request("/data.binance.vision", query)).body.startswith(b"<?xml")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(texts)
def test_archive_given_any_path_answers(path: str) -> None:
    logic = world().hosts[ARCHIVE]
    assert isinstance(logic, HostLogic)

    assert logic.answer(Request(f"/{path}")).status in (200, 404)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from(["SUBSCRIBE", "SET_PROPERTY", "GET_PROPERTY", "X"]) | values,
        "params": values,
        "id": values,
    },
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(requests.map(json.dumps) | values.map(json.dumps) | st.text() | st.binary())
def test_socket_request_given_anything_is_read_or_refused(message: str | bytes) -> None:
    try:
        answer, keys = read(message).reply(None), {"result", "id"}
    except SpeechError as error:
        answer, keys = error.text(), {"code", "msg"}

    assert set(json.loads(answer)) == keys


names = st.text(max_size=20) | st.builds(
    "{}@{}{}".format,
    st.sampled_from(["btcusdt", "!ticker", "!markPrice", "btcusdt_perpetual", "BTCUSDT", "!"]),
    st.sampled_from(["depth", "depth5", "kline_", "markPrice", "arr", "continuousKline_", "trade"]),
    st.sampled_from(["", "@", "@100ms", "@1s", f"@{'9' * 5000}ms", "1m", "1M@+08:00", "@arr"]),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    names, st.sampled_from([(SPOT, ""), *((PERP, base) for base in ("/public", "/market", "/"))])
)
def test_stream_given_any_name_is_one_or_none(name: str, place: tuple[Dialect, str]) -> None:
    dialect, base = place
    feed = feeds(dialect).feed(name, base)

    if feed is not None:
        assert list(feed.opening(1_739_190_870_000_000)) == []


@pytest.mark.parametrize(
    "message", ["[" * 100_000, "\x00", '{"method":"SUBSCRIBE","params":["\\ud800"],"id":"\\ud800"}']
)
def test_socket_given_a_strange_message_lives_on(synthetic: SimulatorProcess, message: str) -> None:
    with synthetic.socket("stream.binance.com:9443", "/ws") as talk:
        talk.say(message)
        talk.hear()
        talk.say({"method": "LIST_SUBSCRIPTIONS", "id": 9})
        assert talk.hear()["id"] == 9
