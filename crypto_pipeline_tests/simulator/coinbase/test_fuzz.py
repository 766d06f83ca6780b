"""Whatever a client sends, Coinbase answers in its own words and goes on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_pipeline_tests.simulated import SimulatorProcess, Talk
from crypto_pipeline_tests.simulator.coinbase.asking import (
    ADVANCED_SOCKET,
    EXCHANGE_SOCKET,
    MARKET,
    is_ack,
)
from crypto_pipeline_tests.simulator.coinbase.logics import Standing

STANDING = Standing(1_739_190_870_000_000)

numbers = st.one_of(st.integers(-(10**20), 10**20).map(str), st.floats().map(str))
dates = st.datetimes().map(lambda at: at.isoformat())
texts = st.one_of(st.text(max_size=20), numbers, dates, st.sampled_from(["", "60", "ONE_DAY", "3"]))
products = st.one_of(st.sampled_from(["BTC-USD", "BTC-USDC", "XMR-USD"]), st.text(max_size=12))

ADVANCED_NAMES = (
    *("start", "end", "limit", "offset", "granularity", "product_id", "product_ids"),
    *("aggregation_price_increment", "product_type", "currency"),
)
ADVANCED_PATHS = (
    *("/products", "/product_book", "/products/{}", "/products/{}/candles"),
    *("/products/{}/ticker", "/{}", "/products/{}/{}"),
)
EXCHANGE_NAMES = ("start", "end", "granularity", "limit", "before", "after", "level")
EXCHANGE_PATHS = (
    *("/products/{}", "/products/{}/candles", "/products/{}/trades", "/products/{}/book"),
    *("/products/{}/ticker", "/products/{}/stats", "/{}", "/products/{}/{}"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ADVANCED_PATHS),
    products,
    st.dictionaries(st.sampled_from(ADVANCED_NAMES), st.one_of(texts, products)),
)
def test_advanced_given_any_query_answers_in_json(
    path: str, product: str, query: dict[str, str]
) -> None:
    answer = STANDING.get("api.coinbase.com", MARKET + path.format(product, product), **query)
    assert answer.status in (200, 400, 404)
    assert isinstance(json.loads(answer.body), dict)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EXCHANGE_PATHS),
    products,
    st.dictionaries(st.sampled_from(EXCHANGE_NAMES), texts),
)
def test_exchange_given_any_query_answers_in_json(
    path: str, product: str, query: dict[str, str]
) -> None:
    answer = STANDING.get("api.exchange.coinbase.com", path.format(product, product), **query)
    told = json.loads(answer.body)
    assert answer.status in (200, 400, 404)
    assert answer.status == 200 or set(told) == {"message"}


names = st.sampled_from(["ticker", "matches", "market_trades", "candles", "heartbeats", "status"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, names, products)
trees = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)), max_leaves=6
)
requests = st.fixed_dictionaries(
    {"type": st.sampled_from(["subscribe", "unsubscribe"])},
    optional={"channel": trees, "channels": trees, "product_ids": trees, "jwt": trees},
)
messages = st.one_of(requests.map(json.dumps), trees.map(json.dumps), st.text(max_size=40))


@pytest.fixture
def patient(unlimited: SimulatorProcess) -> SimulatorProcess:
    """A simulator whose clock stands, so that nothing but answers is heard."""
    unlimited.set_clock("2025-02-10T12:34:30Z")
    return unlimited


def still_talks(talk: Talk, channel: str) -> bool:
    talk.say({"type": "subscribe", "channel": channel, "channels": [channel]})
    return is_ack(talk.hear_until(is_ack)[-1])


@pytest.mark.parametrize(
    ("host", "channel"), [(ADVANCED_SOCKET, "heartbeats"), (EXCHANGE_SOCKET, "status")]
)
def test_socket_given_any_messages_goes_on(
    patient: SimulatorProcess, host: str, channel: str
) -> None:
    with patient.socket(host) as talk:

        @settings(max_examples=150, deadline=None)
        @given(messages)
        def take(message: str) -> None:
            talk.say(message)

        take()
        assert still_talks(talk, channel)
