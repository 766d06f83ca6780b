"""Which host and stream a captured frame is of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_pipeline.simulator.recordings.naming import (
    ADVANCED,
    BYBIT,
    COIN_M,
    EXCHANGE,
    OKX,
    SPOT,
    USD_M,
    channel_and_symbol,
    family,
    host_of,
    stream_of,
)

_keys = st.sampled_from(["e", "s", "k", "o", "i", "u", "b", "B", "a", "A", "arg", "topic", "event"])


@pytest.mark.parametrize(
    ("frame", "stream"),
    [
        ('{"stream":"btcusdt@depth@100ms","data":{}}', "btcusdt@depth@100ms"),
        ('{"e":"trade","E":1,"s":"BTCUSDT","t":1}', "btcusdt@trade"),
        ('{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2}', "btcusdt@depth"),
        ('{"e":"kline","E":1,"s":"BTCUSDT","k":{"i":"1m"}}', "btcusdt@kline_1m"),
        ('{"u":1,"s":"BNBUSDT","b":"1","B":"1","a":"1","A":"1"}', "bnbusdt@bookTicker"),
        ('{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT"}}', "btcusdt@forceOrder"),
        ('{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update"}', "books:BTC-USDT"),
        ('{"arg":{"channel":"status","instType":"SPOT"},"data":[]}', "status:SPOT"),
        ('{"topic":"orderbook.50.BTCUSDT","type":"delta"}', "orderbook.50.BTCUSDT"),
        ('{"ts":1,"topic":"tickers.BTCUSDT","type":"delta"}', "tickers.BTCUSDT"),
        ('{"type":"last_match","trade_id":1,"product_id":"SKL-USD"}', "matches:SKL-USD"),
        ('{"type":"l2update","product_id":"SKL-USD"}', "level2:SKL-USD"),
        (
            '{"channel":"l2_data","sequence_num":0,"events":[{"product_id":"BTC-USD"}]}',
            "level2:BTC-USD",
        ),
        ('{"channel":"heartbeats","events":[{"heartbeat_counter":1}]}', "heartbeats"),
        ('{"type":"status","products":[{"id":"BTC-USD"}],"currencies":[]}', "status"),
        ('{"channel":"status","events":[{"products":[{"id":"BTC-USD"}]}]}', "status"),
        ('{"channel":"ticker_batch","events":[{"product_id":"B-USD"}]}', "ticker_batch:B-USD"),
    ],
)
def test_stream_of_given_a_frame_is_the_exchanges_name(frame: str, stream: str) -> None:
    assert stream_of(frame.encode()) == stream


@pytest.mark.parametrize(
    "frame",
    [
        '{"result":null,"id":1}',
        '{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}',
        '{"success":true,"ret_msg":"","op":"subscribe"}',
        '{"type":"subscriptions","channels":[{"name":"level2","product_ids":["BTC-USD"]}]}',
        '{"channel":"subscriptions","events":[{"subscriptions":{"level2":["BTC-USD"]}}]}',
        '{"lastUpdateId":160,"bids":[],"asks":[]}',
        "pong",
        "[1]",
    ],
)
def test_stream_of_given_an_ack_or_an_answer_is_empty(frame: str) -> None:
    assert stream_of(frame.encode()) == ""


@pytest.mark.parametrize(
    ("frame", "told", "host"),
    [
        ('{"stream":"btcusdt@trade","data":{"M":true}}', "usdm", USD_M),
        ('{"stream":"btcusdt@trade","data":{"X":"MARKET"}}', "", USD_M),
        ('{"stream":"btcusdt@depth","data":{"pu":1}}', "spot", USD_M),
        ('{"stream":"btcusdt@kline_1m","data":{}}', "wss://fstream.binance.com/stream", USD_M),
        ('{"stream":"btcusdt@kline_1m","data":{}}', "spot btcusdt.gz", SPOT),
        ('{"stream":"btcusdt@kline_1m","data":{}}', "BINANCE_FUTURES.ws.1.0", USD_M),
        ('{"stream":"btcusd_perp@trade","data":{}}', "", COIN_M),
        ('{"topic":"publicTrade.BTCUSDT"}', "bybit spot", f"{BYBIT}/spot"),
        ('{"topic":"publicTrade.BTCUSDT"}', "bybit linear", f"{BYBIT}/linear"),
        ('{"topic":"publicTrade.BTCUSDT"}', "", BYBIT),
        ('{"arg":{"channel":"books","instId":"BTC-USDT"}}', "", OKX),
        ('{"type":"match","product_id":"BTC-USD"}', "", EXCHANGE),
        ('{"type":"status","products":[],"currencies":[]}', "", EXCHANGE),
        ('{"channel":"ticker","events":[{"product_id":"BTC-USD"}]}', "", ADVANCED),
        ('{"result":null,"id":1}', "spot", ""),
    ],
)
def test_host_of_given_contents_and_names_tells_the_production_host(
    frame: str, told: str, host: str
) -> None:
    assert host_of([b'{"result":null,"id":1}', frame.encode()], told) == host


_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(_keys, _values, max_size=5) | _values)
def test_stream_of_given_any_json_names_a_stream_or_none(message: object) -> None:
    assert isinstance(stream_of(json.dumps(message).encode()), str)


def test_family_given_cadences_and_levels_leaves_what_they_share() -> None:
    assert family("btcusdt@depth@0ms") == family("btcusdt@depth@100ms") == "btcusdt@depth"
    assert family("btcusdt@depth5@100ms") == "btcusdt@depth5"
    assert family("level2_batch:BTC-USD") == "level2:BTC-USD"
    assert family("ticker_batch:BTC-USD") == family("ticker_1000:BTC-USD") == "ticker:BTC-USD"
    assert family("status:BTC-USD") == "status"


@pytest.mark.parametrize(
    ("stream", "parts"),
    [
        ("btcusdt@depth@100ms", ("depth@100ms", "BTCUSDT")),
        ("books:BTC-USDT", ("books", "BTC-USDT")),
        ("orderbook.50.BTCUSDT", ("orderbook.50", "BTCUSDT")),
        ("heartbeats", ("heartbeats", "")),
    ],
)
def test_channel_and_symbol_given_a_stream_are_the_exchanges_own(
    stream: str, parts: tuple[str, str]
) -> None:
    assert channel_and_symbol(stream) == parts
