"""Faults as each exchange has them: its own bodies, its clock, its outage, its streams."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import Reply, SimulatorProcess, Talk, ask

TIMES = {
    "binance": ("api.binance.com", "/api/v3/time"),
    "okx": ("www.okx.com", "/api/v5/public/time"),
    "bybit": ("api.bybit.com", "/v5/market/time"),
    "coinbase": ("api.exchange.coinbase.com", "/time"),
}
TRADES: dict[str, tuple[str, str, Any]] = {
    "binance": (
        "stream.binance.com:9443",
        "/ws",
        {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1},
    ),
    "okx": (
        "ws.okx.com:8443",
        "/ws/v5/public",
        {"op": "subscribe", "args": [{"channel": "trades", "instId": "BTC-USDT"}]},
    ),
    "bybit": (
        "stream.bybit.com",
        "/v5/public/spot",
        {"op": "subscribe", "req_id": "1", "args": ["publicTrade.BTCUSDT"]},
    ),
    "coinbase": (
        "ws-feed.exchange.coinbase.com",
        "/",
        {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["matches"]},
    ),
}

SYMBOLS = {"binance": "BTCUSDT", "okx": "BTC-USDT", "bybit": "BTCUSDT", "coinbase": "BTC-USD"}


def told_time(exchange: str, reply: Reply) -> float:
    """Seconds since the epoch that an exchange says it is."""
    said = reply.json()
    if exchange == "binance":
        return float(said["serverTime"]) / 1000
    if exchange == "okx":
        return float(said["data"][0]["ts"]) / 1000
    if exchange == "bybit":
        return float(said["result"]["timeSecond"])
    return float(said["epoch"])


@pytest.mark.parametrize(
    ("host", "kind", "holds"),
    [
        ("api.binance.com", "429", b'"code":-1003'),
        ("fapi.binance.com", "418", b'"code":-1003'),
        ("api.binance.com", "451", b"restricted location"),
        ("www.okx.com", "429", b'"code":"50011"'),
        ("www.okx.com", "503", b'"code":"50001"'),
        ("api.bybit.com", "403", b"access too frequent"),
        ("api.exchange.coinbase.com", "429", b'{"message":"'),
        ("api.coinbase.com", "502", b"<html>"),
        ("www.okx.com", "502", b"<html>"),
    ],
)
def test_status_given_an_exchange_has_its_own_body(
    synthetic: SimulatorProcess, host: str, kind: str, holds: bytes
) -> None:
    synthetic.post_faults([{"kind": kind, "host": host}])

    reply = synthetic.get(host, "/anything")

    assert reply.status == int(kind)
    assert holds in reply.body


@pytest.mark.parametrize(
    ("host", "header"), [("api.binance.com", "1"), ("www.okx.com", None), ("api.bybit.com", None)]
)
def test_429_given_no_retry_after_has_the_header_where_the_exchange_sends_it(
    synthetic: SimulatorProcess, host: str, header: str | None
) -> None:
    synthetic.post_faults([{"kind": "429", "host": host}])

    assert synthetic.get(host, "/anything").headers.get("retry-after") == header


@pytest.mark.parametrize("exchange", TIMES)
def test_clock_skew_given_an_exchange_shifts_its_time_alone(
    synthetic: SimulatorProcess, exchange: str
) -> None:
    synthetic.set_clock("2025-02-10T12:00:00Z")
    synthetic.post_faults([{"kind": "clock_skew", "exchange": exchange, "seconds": -30}])
    noon = datetime(2025, 2, 10, 12, tzinfo=UTC).timestamp()

    told = {each: told_time(each, synthetic.get(*TIMES[each])) for each in TIMES}

    assert told == {each: noon - 30 * (each == exchange) for each in TIMES}


def test_clock_skew_given_an_end_is_over_then(synthetic: SimulatorProcess) -> None:
    rule = {"kind": "clock_skew", "seconds": 5, "end": "2025-02-10T12:00:00Z"}
    synthetic.post_faults([rule])
    synthetic.set_clock("2025-02-10T12:00:00Z")

    at = told_time("binance", synthetic.get(*TIMES["binance"]))

    assert at == datetime(2025, 2, 10, 12, tzinfo=UTC).timestamp()


def test_outage_given_an_exchange_leaves_the_others(synthetic: SimulatorProcess) -> None:
    synthetic.post_faults([{"kind": "outage", "exchange": "okx"}])

    with pytest.raises(ConnectionRefusedError):
        synthetic.get(*TIMES["okx"])
    assert synthetic.get(*TIMES["bybit"]).status == 200
    synthetic.post_faults([])
    assert synthetic.get(*TIMES["okx"]).status == 200


@pytest.mark.parametrize("exchange", TRADES)
def test_symbol_silent_given_a_stream_of_trades_leaves_them_out_until_it_ends(
    synthetic: SimulatorProcess, exchange: str
) -> None:
    host, path, subscription = TRADES[exchange]
    synthetic.set_clock("2025-02-10T12:00:00Z", speed=20)
    with synthetic.socket(host, path) as talk:
        talk.say(subscription)
        talk.hear_until(lambda said: is_trade(exchange, said))
        synthetic.post_faults([{"kind": "symbol_silent", "symbol": SYMBOLS[exchange]}])
        for _ in range(1000):
            if not heard_soon(talk):
                break

        assert not heard_soon(talk)
        assert synthetic.faults()[0]["struck"] > 0
        synthetic.post_faults([])
        assert talk.hear_until(lambda said: is_trade(exchange, said))


def heard_soon(talk: Talk) -> bool:
    """Whether another message comes within half a second."""
    try:
        return bool(talk.hear(0.5))
    except TimeoutError:
        return False


def is_trade(exchange: str, said: dict[str, Any]) -> bool:
    if exchange in ("okx", "bybit"):
        return "data" in said
    return (said.get("e"), said.get("type")) in (("trade", None), (None, "match"))


@pytest.mark.parametrize("exchange", TRADES)
def test_sockets_given_a_handshake_fault_are_refused_like_requests(
    synthetic: SimulatorProcess, exchange: str
) -> None:
    host = TRADES[exchange][0]
    synthetic.post_faults([{"kind": "502", "host": host}])

    reply = ask(synthetic.endpoints[host].replace("ws://", "http://") + TRADES[exchange][1])

    assert (reply.status, b"Bad Gateway" in reply.body) == (502, True)


def test_month_differs_given_a_monthly_file_of_klines_lacks_a_row_that_days_have(
    synthetic: SimulatorProcess,
) -> None:
    folder = "/data/spot/{}/klines/BTCUSDT/1h/BTCUSDT-1h-2024-11{}.zip"
    good = rows(synthetic, folder.format("monthly", ""))
    synthetic.post_faults([{"kind": "month_differs", "row": 30}])

    path = folder.format("monthly", "")
    spoiled = synthetic.get("data.binance.vision", path).body
    checksum = synthetic.get("data.binance.vision", f"{path}.CHECKSUM").body

    assert rows(synthetic, path) == good[:29] + good[30:]
    assert good[29] in rows(synthetic, folder.format("daily", "-02"))
    assert checksum.split()[0].decode() == hashlib.sha256(spoiled).hexdigest()


def rows(running: SimulatorProcess, path: str) -> list[bytes]:
    """The lines of a zipped file of the archive."""
    with zipfile.ZipFile(io.BytesIO(running.get("data.binance.vision", path).body)) as archive:
        return archive.read(archive.namelist()[0]).splitlines()


def test_firehose_given_trades_pours_them_over_and_over(synthetic: SimulatorProcess) -> None:
    synthetic.set_rules(firehose=True)
    host, path, subscription = TRADES["binance"]
    with synthetic.socket(host, path) as talk:
        talk.say(subscription)
        heard = [json.dumps(talk.hear()) for _ in range(2_000)]

    assert len(set(heard)) > 1_900
    assert synthetic.counters()[host]["frames"] >= 2_000
