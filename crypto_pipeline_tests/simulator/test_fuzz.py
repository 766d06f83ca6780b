"""Nonsense at every host: each answers with something, goes on, and no error of ours is logged."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from crypto_pipeline_tests.simulated import SimulatorProcess, ask, simulator
from crypto_pipeline_tests.simulator.conftest import NOW, SERVED
from crypto_pipeline_tests.simulator.logged import errors_logged

REST = [name for name in SERVED if not name.startswith(("ws", "stream", "advanced", "fstream"))]
SPOKEN = {
    "stream.binance.com:9443": ("/ws", "/stream"),
    "fstream.binance.com": ("/market/ws", "/public/stream"),
    "ws.okx.com:8443": ("/ws/v5/public", "/ws/v5/business"),
    "stream.bybit.com": ("/v5/public/spot", "/v5/public/linear"),
    "advanced-trade-ws.coinbase.com": ("/",),
    "ws-feed.exchange.coinbase.com": ("/",),
}
PATHS = (
    "/api/v3/klines",
    "/api/v3/depth",
    "/api/v3/aggTrades",
    "/api/v3/exchangeInfo",
    "/fapi/v1/klines",
    "/fapi/v1/fundingRate",
    "/fapi/v1/premiumIndex",
    "/api/v5/market/candles",
    "/api/v5/market/history-candles",
    "/api/v5/market/history-trades",
    "/api/v5/market/books",
    "/api/v5/public/instruments",
    "/api/v5/public/funding-rate-history",
    "/api/v5/public/market-data-history",
    "/v5/market/kline",
    "/v5/market/orderbook",
    "/v5/market/instruments-info",
    "/v5/market/funding/history",
    "/v5/market/tickers",
    "/api/v3/brokerage/market/products",
    "/api/v3/brokerage/market/products/BTC-USD/candles",
    "/api/v3/brokerage/market/products/BTC-USD/ticker",
    "/api/v3/brokerage/market/product_book",
    "/products/BTC-USD/candles",
    "/products/BTC-USD/trades",
    "/products/BTC-USD/book",
    "/data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-02-30.zip",
    "/trading/BTCUSDT/BTCUSDT2025-13-01.csv.gz",
    "/cdn/okex/traderecords/trades/daily/20250100/BTC-USDT-trades-2025-01-00.zip",
)
OWN = {
    "api.binance.com": ("/api/v3/klines", "/api/v3/depth", "/api/v3/aggTrades", "/api/v3/exchange"),
    "fapi.binance.com": ("/fapi/",),
    "data.binance.vision": ("/data/",),
    "www.okx.com": ("/api/v5/",),
    "static.okx.com": ("/cdn/",),
    "api.bybit.com": ("/v5/",),
    "public.bybit.com": ("/trading/",),
    "api.coinbase.com": ("/api/v3/brokerage",),
    "api.exchange.coinbase.com": ("/products",),
}
"""What the paths of a host start with; hosts that answer alike are named once."""
NAMES = (
    *("symbol", "symbols", "interval", "limit", "startTime", "endTime", "fromId", "timeZone"),
    *("instId", "instType", "bar", "after", "before", "sz", "type", "module", "begin", "uly"),
    *("category", "start", "end", "cursor", "granularity", "product_id", "level", "prefix"),
)
TEXTS = st.one_of(
    st.sampled_from(["BTCUSDT", "BTC-USDT", "BTC-USD", "1m", "60", "spot", "linear", "SPOT"]),
    st.integers(-(2**70), 2**70).map(str),
    st.text(max_size=30),
    st.sampled_from(["", "null", "NaN", "1e9", "-0", "[]", '["A"', "2025-13-40T99:00:00Z", "%00"]),
)
WORDS = st.sampled_from(
    [
        *("method", "params", "id", "op", "args", "channel", "instId", "type", "product_ids"),
        *("channels", "req_id", "SUBSCRIBE", "UNSUBSCRIBE", "subscribe", "unsubscribe", "ping"),
        *("btcusdt@trade", "btcusdt@kline_1m", "publicTrade.BTCUSDT", "orderbook.50.BTCUSDT"),
        *("trades", "books", "level2", "market_trades", "matches", "BTC-USDT", "BTC-USD", "name"),
    ]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, st.text()), inner, max_size=4)
    ),
    max_leaves=12,
)
ODD = (
    *('{"id":"\\ud800"}', '{"method":"\\ud800"}', '{"op":"\\ud800"}', '{"type":"\\ud800"}'),
    *("[" * 100_000, '{"a":' * 100_000, "9" * 10_000, "1e999", "NaN", "-Infinity", '"', "\x00"),
    '{"method":"SUBSCRIBE","params":["\\ud800@trade"],"id":1}',
    '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":' + "9" * 10_000 + "}",
    '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"\\ud800"}',
    '{"op":"subscribe","id":"1","args":[{"channel":"trades","instId":"\\ud800"}]}',
    '{"op":"subscribe","args":[{"channel":["trades"],"instId":{"a":1}}]}',
    '{"op":"subscribe","req_id":"\\ud800","args":["publicTrade.\\ud800"]}',
    '{"op":"subscribe","args":[[[]],null,1,{"topic":1}]}',
    '{"type":"subscribe","product_ids":["\\ud800"],"channel":"level2"}',
    '{"type":"subscribe","product_ids":{"a":1},"channels":[{"name":1,"product_ids":[null]}]}',
    '{"type":"subscribe","product_ids":["BTC-USD"],"channels":["\\ud800",["level2"]]}',
)
"""Messages that are JSON or nearly, and that a careless reader stumbles over."""
WRONG = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"GET\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe?a=%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET /" + b"z" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
)
"""What no client should send: TLS, half requests, wrong versions, too much, wrong lengths."""
FUZZ = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with simulator(seed=7, limits=False) as process:
        process.set_clock(NOW)
        yield process


@pytest.fixture(autouse=True)
def errors() -> Iterator[None]:
    """Fails a test in whose time the simulator logged an error."""
    with errors_logged() as said:
        yield
    assert said == []


def told(address: str, data: bytes) -> bytes:
    """What a host says to these bytes until it closes or is silent; the client then closes."""
    parts = urlsplit(address)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=5) as connection:
        heard = b""
        with suppress(ConnectionError, TimeoutError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                heard += part
        return heard


def alive(running: SimulatorProcess, host: str) -> bool:
    address = running.endpoints[host].replace("ws://", "http://")
    return ask(f"{address}/").status < 500


@pytest.mark.parametrize("host", REST)
def test_request_given_any_query_is_answered_below_500(
    running: SimulatorProcess, host: str
) -> None:
    @FUZZ
    @given(
        path=st.one_of(st.sampled_from(PATHS), st.text(max_size=40).map(lambda text: f"/{text}")),
        query=st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6),
    )
    def check(path: str, query: dict[str, str]) -> None:
        target = quote(path, safe="/") + "?" + urlencode(query)
        reply = ask(running.endpoints[host] + target)
        assert 200 <= reply.status < 500, (target, reply)

    check()


@pytest.mark.parametrize("host", sorted(SPOKEN))
def test_message_given_any_json_is_survived(running: SimulatorProcess, host: str) -> None:
    @FUZZ
    @given(
        path=st.sampled_from(SPOKEN[host]),
        messages=st.lists(st.one_of(JSON.map(json.dumps), st.text(max_size=60)), max_size=6),
        data=st.binary(max_size=40),
    )
    def check(path: str, messages: list[str], data: bytes) -> None:
        with suppress(ConnectionClosed), running.socket(host, path) as talk:
            for message in messages:
                talk.connection.send(message)
            talk.connection.send(data)
            assert talk.connection.ping(b"x", ack_on_close=True).wait(5)
        assert talk.connection.protocol.close_code not in (1006, 1011)

    check()
    assert alive(running, host)


@pytest.mark.parametrize(
    ("host", "path"), [(host, path) for host in sorted(SPOKEN) for path in SPOKEN[host]]
)
def test_message_given_an_odd_one_is_survived(
    running: SimulatorProcess, host: str, path: str
) -> None:
    for message in ODD:
        with suppress(ConnectionClosed), running.socket(host, path) as talk:
            talk.connection.send(message)
            assert talk.connection.ping(b"x", ack_on_close=True).wait(5)
        assert talk.connection.protocol.close_code not in (1006, 1011), message


@pytest.mark.parametrize("host", OWN)
@pytest.mark.parametrize("value", ["[" * 5_000, "9" * 6_000, "%ED%A0%80", "%FF", "-1", "1e400"])
def test_query_given_an_odd_value_is_answered_below_500(
    running: SimulatorProcess, host: str, value: str
) -> None:
    for path in (path for path in PATHS if path.startswith(OWN[host])):
        query = "&".join(f"{name}={value}" for name in NAMES[:8] if len(value) < 100)
        asked = f"{path}?symbol=BTCUSDT&interval=1m&instId=BTC-USDT&category=spot&{query}"
        for name in ("symbols", "limit", "startTime", "after", "start", "granularity"):
            reply = ask(f"{running.endpoints[host]}{asked}&{name}={value}")
            assert 200 <= reply.status < 500, (path, name, reply)


@pytest.mark.parametrize("host", SERVED)
def test_bytes_given_no_http_end_in_an_answer_or_a_close(
    running: SimulatorProcess, host: str
) -> None:
    for data in WRONG:
        heard = told(running.endpoints[host], data)

        assert heard == b"" or heard.startswith(b"HTTP/1.")
        assert b" 500 " not in heard[:20]
    assert alive(running, host)


@FUZZ
@given(data=st.binary(min_size=1, max_size=300), host=st.sampled_from(SERVED))
def test_bytes_given_any_are_survived(running: SimulatorProcess, data: bytes, host: str) -> None:
    told(running.endpoints[host], data)

    assert alive(running, host)


@FUZZ
@given(data=st.binary(min_size=1, max_size=200), host=st.sampled_from(sorted(SPOKEN)))
def test_frames_given_any_bytes_close_the_connection_alone(
    running: SimulatorProcess, data: bytes, host: str
) -> None:
    handshake = (
        f"GET {SPOKEN[host][0]} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )

    told(running.endpoints[host], handshake.encode() + data)

    assert alive(running, host)
