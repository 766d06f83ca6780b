"""The exchanges' own connectors, unchanged but for their addresses, on the websockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.clients.comparisons import (
    assert_bars,
    assert_bars_of_trades,
    assert_book,
    assert_trades,
)
from crypto_pipeline_tests.clients.distance import distant
from crypto_pipeline_tests.clients.expected import Expected
from crypto_pipeline_tests.clients.scripts import RunningScript, running_script
from crypto_pipeline_tests.clients.steering import (
    BEFORE,
    MINUTE_US,
    START,
    begin,
    run_until,
    stand_at,
)
from crypto_pipeline_tests.simulated import SimulatorProcess, ask

pytestmark = pytest.mark.timeout(900)


def follow(
    venue: SimulatorProcess, script: RunningScript, kinds: tuple[str, ...], books: list[Any]
) -> tuple[int, int]:
    """Let a client follow more than a whole minute, its book compared on the way.

    Args:
        venue: the simulator.
        script: the client.
        kinds: what it has to have seen before the minute.
        books: `Expected` and depth, or nothing where there is no book.

    Returns:
        The minute's opening in ms, and where the clock stands in µs.
    """
    minute = begin(venue, script, kinds)
    for until in (minute + MINUTE_US // 2, minute + MINUTE_US + 3_000_000):
        now = run_until(venue, until)
        if books:
            assert_book(script, books[0], now, books[1])
    return minute // 1000, now


def binance(venue: SimulatorProcess, product: str, watch: list[str]) -> dict[str, Any]:
    """What to tell the script of Binance's connectors."""
    hosts = ("stream.binance.com:9443", "api.binance.com")
    socket, rest = hosts if product == "spot" else ("fstream.binance.com", "fapi.binance.com")
    addresses = {"stream": venue.endpoints[socket] + "/stream", "rest": venue.endpoints[rest]}
    return {**addresses, "product": product, "symbol": "btcusdt", "watch": watch, "astray": {}}


def test_binance_spot_connector_given_its_streams_keeps_what_the_market_did(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected = Expected("binance", "BTCUSDT")
    stand_at(venue, START)
    asked = binance(venue, "spot", ["depth", "trades", "bars"])
    with running_script("connectors", "binance_streams", asked, tmp_path) as script:
        minute, now = follow(venue, script, ("trades", "bars", "books"), [expected, 100])
        assert_trades(script, expected.trades(START - BEFORE, now), now)
        bars = expected.bars("1m", minute, minute + 1, now)
        assert_bars_of_trades(script, bars)
        assert_bars(script, bars, "closed")
        assert script.ask("errors") == []


def test_binance_spot_connector_given_aggregates_keeps_them(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected = Expected("binance", "BTCUSDT")
    stand_at(venue, START)
    asked = binance(venue, "spot", ["aggregates"])
    with running_script("connectors", "binance_streams", asked, tmp_path) as script:
        minute, now = follow(venue, script, ("trades",), [])
        assert_trades(script, expected.trades(START - BEFORE, now, merged=True), now)
        assert_bars_of_trades(script, expected.bars("1m", minute, minute + 1, now))
        assert script.ask("errors") == []


def test_binance_futures_connector_given_its_streams_keeps_what_the_market_did(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected = Expected("binance", "BTCUSDT", perp=True)
    stand_at(venue, START)
    asked = binance(venue, "usds", ["depth", "aggregates", "bars", "marks"])
    with running_script("connectors", "binance_streams", asked, tmp_path) as script:
        kinds = ("trades", "bars", "books", "fundings")
        minute, now = follow(venue, script, kinds, [expected, 100])
        assert_trades(script, expected.trades(START - BEFORE, now, merged=True), now)
        bars = expected.bars("1m", minute, minute + 1, now)
        assert_bars_of_trades(script, bars)
        assert_bars(script, bars, "closed")
        assert_last_mark(script, expected, now)
        assert script.ask("errors") == []


def assert_last_mark(script: RunningScript, expected: Expected, now: int) -> None:
    """The newest funding that the client holds is that of the last second."""
    due = now // 1_000_000 * 1_000_000
    held = script.ask("fundings")[-1]
    assert (held["time"], float(held["rate"])) == expected.predicted(due)


def test_binance_futures_connector_given_the_wrong_base_hears_nothing(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    stand_at(venue, START)
    public = ["btcusdt@aggTrade", "btcusdt@kline_1m", "btcusdt@markPrice@1s"]
    astray = {"public": public, "market": ["btcusdt@bookTicker", "btcusdt@depth"]}
    asked = {**binance(venue, "usds", ["depth"]), "astray": astray}
    with running_script("connectors", "binance_streams", asked, tmp_path) as script:
        begin(venue, script, ("books", "subscribed"))
        run_until(venue, START + 2 * MINUTE_US)
        seen = script.ask("seen")

    assert "astray" not in seen


@pytest.mark.parametrize("category", ["spot", "linear"])
def test_pybit_given_its_topics_keeps_what_the_market_did(
    venue: SimulatorProcess, category: str, tmp_path: Path
) -> None:
    expected = Expected("bybit", "BTCUSDT", perp=category == "linear")
    stand_at(venue, START)
    with distant(venue.endpoints["stream.bybit.com"]) as socket:
        asked: dict[str, Any] = {"category": category, "socket": socket, "symbol": "BTCUSDT"}
        asked |= {"watch": ["book", "trades", "bars"], "depth": 50}
        with running_script("connectors", "bybit_streams", asked, tmp_path) as script:
            minute, now = follow(venue, script, ("trades", "bars", "books"), [expected, 50])
            assert_trades(script, expected.trades(START - BEFORE, now), now)
            bars = expected.bars("1m", minute, minute + 1, now)
            assert_bars_of_trades(script, bars)
            assert_bars(script, bars, "closed")
            assert script.ask("errors") == []


def test_python_okx_given_its_channels_keeps_what_the_market_did(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected = Expected("okx", "BTC-USDT-SWAP", perp=True, contracts=True)
    stand_at(venue, START)
    authority = tmp_path / "ca.pem"
    authority.write_bytes(ask(f"{venue.url}/ca").body)
    asked = {"socket": venue.twins()["ws.okx.com:8443"], "ca": str(authority)}
    asked |= {"instrument": "BTC-USDT-SWAP"}
    with running_script("connectors", "okx_streams", asked, tmp_path) as script:
        kinds = ("trades", "bars", "books", "fundings")
        minute, now = follow(venue, script, kinds, [expected, 400])
        assert_trades(script, expected.trades(START - BEFORE, now, merged=True), now)
        bars = expected.bars("1m", minute, minute + 1, now)
        assert_bars_of_trades(script, expected.as_traded(bars))
        assert_bars(script, bars, "closed")
        assert script.ask("errors") == []


def test_coinbase_client_given_its_channels_keeps_what_the_market_did(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected = Expected("coinbase", "BTC-USD")
    stand_at(venue, START)
    socket = venue.endpoints["advanced-trade-ws.coinbase.com"]
    asked: dict[str, Any] = {"socket": socket, "product": "BTC-USD"}
    asked |= {"channels": ["heartbeats", "level2", "market_trades", "candles"]}
    with running_script("connectors", "coinbase_streams", asked, tmp_path) as script:
        kinds = ("trades", "bars", "l2_data", "heartbeats")
        minute, now = follow(venue, script, kinds, [expected, 100])
        trades = expected.trades(START - BEFORE, now)
        assert_trades(script, trades, now, maker_side=True)
        assert_bars_of_trades(script, expected.bars("1m", minute, minute + 1, now))
        assert script.ask("errors") == []


def test_coinbase_client_given_frames_without_a_client_id_cannot_type_them_whole(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    stand_at(venue, START)
    socket = venue.endpoints["advanced-trade-ws.coinbase.com"]
    asked = {"socket": socket, "product": "BTC-USD", "channels": ["heartbeats"]}
    with running_script("connectors", "coinbase_streams", asked, tmp_path) as script:
        begin(venue, script, ("heartbeats",))
        seen = script.ask("seen")

    assert seen["response without client_id"] == seen["heartbeats"] + seen["subscriptions"]
