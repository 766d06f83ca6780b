"""cryptofeed 2.4.1, unchanged but for its addresses, on the exchanges that it still speaks to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crypto_pipeline_tests.clients.comparisons import (
    assert_bars,
    assert_bars_of_trades,
    assert_book,
    assert_trades,
)
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

KEYS = {"coinbase": {"key_id": "simulated", "key_secret": "simulated"}}


@contextmanager
def feeding(
    venue: SimulatorProcess,
    folder: Path,
    exchange: str,
    symbol: str,
    channels: list[str],
    *,
    symbols: dict[str, str] | None = None,
    **options: Any,
) -> Iterator[RunningScript]:
    """A feed at work in its own process, the clock standing at START before."""
    stand_at(venue, START)
    authority = folder / "ca.pem"
    authority.write_bytes(ask(f"{venue.url}/ca").body)
    argument = {
        "exchange": exchange,
        "symbol": symbol,
        "channels": channels,
        "config": KEYS,
        "options": options,
        "symbols": symbols,
        "endpoints": dict(venue.endpoints),
        "tls": ask(f"{venue.url}/endpoints?tls=1").json(),
        "ca": str(authority),
    }
    with running_script("cryptofeed", "feeds", argument, folder) as script:
        yield script


OKX = Expected("okx", "BTC-USDT")
OKX_SWAP = Expected("okx", "BTC-USDT-SWAP", perp=True, contracts=True)
FUTURES = Expected("binance", "BTCUSDT", perp=True)
FEEDS = {
    "binance": ("Binance", "BTC-USDT", Expected("binance", "BTCUSDT"), 100),
    "bybit-spot": ("Bybit", "BTC-USDT", Expected("bybit", "BTCUSDT"), 200),
    "bybit-perp": ("Bybit", "BTC-USDT-PERP", Expected("bybit", "BTCUSDT", perp=True), 200),
}
"""cryptofeed's class and symbol, the market behind them, and levels to compare."""


@pytest.mark.parametrize("name", FEEDS)
def test_feed_given_minutes_of_market_keeps_what_the_market_did(
    venue: SimulatorProcess, name: str, tmp_path: Path
) -> None:
    exchange, symbol, expected, depth = FEEDS[name]
    channels = ["trades", "l2_book", "candles"]
    with feeding(venue, tmp_path, exchange, symbol, channels) as script:
        minute = begin(venue, script, ("trades", "books"))
        now = run_until(venue, minute + MINUTE_US // 2)
        assert_book(script, expected, now, depth)
        now = run_until(venue, minute + MINUTE_US + 3_000_000)
        assert_book(script, expected, now, depth)
        merged = name == "binance"
        assert_trades(script, expected.trades(START - BEFORE, now, merged=merged), now)
        bars = expected.bars("1m", minute // 1000, minute // 1000 + 1, now)
        assert_bars_of_trades(script, bars)
        assert_bars(script, bars)
        assert script.ask("log") == []


@pytest.mark.parametrize(("symbol", "expected"), [("BTC-USDT", OKX), ("BTC-USDT-PERP", OKX_SWAP)])
def test_feed_given_okx_keeps_trades_and_book(
    venue: SimulatorProcess, symbol: str, expected: Expected, tmp_path: Path
) -> None:
    with feeding(venue, tmp_path, "OKX", symbol, ["trades", "l2_book"]) as script:
        minute = begin(venue, script, ("trades", "books"))
        now = run_until(venue, minute + MINUTE_US + 3_000_000)
        assert_book(script, expected, now, 400)
        assert_trades(script, expected.trades(START - BEFORE, now, merged=True), now)
        bars = expected.bars("1m", minute // 1000, minute // 1000 + 1, now)
        assert_bars_of_trades(script, expected.as_traded(bars))
        assert script.ask("log") == []


def test_candles_given_okx_are_refused_on_the_public_base(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    with feeding(venue, tmp_path, "OKX", "BTC-USDT", ["candles", "trades"]) as script:
        begin(venue, script, ("trades",))
        run_until(venue, START + 2 * MINUTE_US)
        log = script.until("log", bool)

        assert "60018" in log[0]
        assert script.ask("bars") == {}


def test_checksums_given_okx_today_are_refused(venue: SimulatorProcess, tmp_path: Path) -> None:
    with feeding(
        venue, tmp_path, "OKX", "BTC-USDT", ["l2_book"], checksum_validation=True
    ) as script:
        log = script.until("log", bool)

    assert "BadChecksum" in log[0]


def test_checksums_given_okx_of_before_hold(venue: SimulatorProcess, tmp_path: Path) -> None:
    venue.set_rules(okx_checksum=True)
    try:
        with feeding(
            venue, tmp_path, "OKX", "BTC-USDT", ["l2_book"], checksum_validation=True
        ) as script:
            minute = begin(venue, script, ("books",))
            now = run_until(venue, minute + MINUTE_US // 2)
            assert_book(script, OKX, now, 400)
            assert script.ask("log") == []
    finally:
        venue.set_rules(okx_checksum=False)


def test_funding_given_okx_is_the_markets_mark(venue: SimulatorProcess, tmp_path: Path) -> None:
    with feeding(venue, tmp_path, "OKX", "BTC-USDT-PERP", ["funding"]) as script:
        begin(venue, script, ("fundings",))
        (held, *_) = script.ask("fundings")

    assert float(held["rate"]) == OKX_SWAP.predicted(START)[1]


def test_feed_given_binance_futures_gets_the_book_alone(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    channels = ["trades", "l2_book", "candles", "funding"]
    with feeding(venue, tmp_path, "BinanceFutures", "BTC-USDT-PERP", channels) as script:
        minute = begin(venue, script, ("books",))
        now = run_until(venue, minute + MINUTE_US + 3_000_000)
        assert_book(script, FUTURES, now, 100)
        seen = script.ask("seen")

    assert [seen.get(kind, 0) for kind in ("trades", "bars", "fundings")] == [0, 0, 0]


def test_feed_given_coinbase_without_a_key_of_today_knows_no_symbols(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    with (
        feeding(venue, tmp_path, "Coinbase", "BTC-USD", ["l2_book"]) as script,
        pytest.raises(RuntimeError, match="401"),
    ):
        script.ask("seen")


def test_book_given_coinbase_calls_asks_offers_has_none_of_them(
    venue: SimulatorProcess, tmp_path: Path
) -> None:
    expected, known = Expected("coinbase", "BTC-USD"), {"BTC-USD": "BTC-USD"}
    channels = ["l2_book", "trades"]
    with feeding(venue, tmp_path, "Coinbase", "BTC-USD", channels, symbols=known) as script:
        held = script.until("book", lambda book: book["bids"])
        assert held["bids"][:100] == expected.book(START, 100)["bids"]
        assert held["asks"] == []

        minute = begin(venue, script, ("trades",))
        now = run_until(venue, minute + MINUTE_US + 3_000_000)
        trades = expected.trades(START - BEFORE, now)
        assert_trades(script, trades, now, maker_side=True, in_order=False)


def test_funding_given_bybit_is_the_markets_mark(venue: SimulatorProcess, tmp_path: Path) -> None:
    expected = Expected("bybit", "BTCUSDT", perp=True)
    with feeding(venue, tmp_path, "Bybit", "BTC-USDT-PERP", ["funding"]) as script:
        begin(venue, script, ("fundings",))
        (held, *_) = script.ask("fundings")

    assert (held["time"], float(held["rate"])) == expected.predicted(START)
