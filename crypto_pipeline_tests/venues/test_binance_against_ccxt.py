"""Binance's decoders against ccxt's own parsing of the same bytes, real ones and simulated.

What ccxt drops is compared with the bytes themselves: of a kline the quote volume, the number of
trades and both taker volumes; of an aggregated trade its fills; of a settlement the mark price; of
a book the number of its state. ccxt keeps the milliseconds by which a settlement is late.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ccxt
import pyarrow as pa
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.venues.binance import PERP, SPOT
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.binance_answers import (
    CONTRACT,
    KEYED,
    NOON,
    PAIR,
    body,
    captured,
    located,
)
from crypto_pipeline_tests.venues.files import BINANCE, series, traded

CCXT = ccxt.binance(
    {
        "options": {
            "crossMarginPairsData": [],
            "isolatedMarginPairsData": [],
            "loadAllOptions": False,
        }
    }
)
ANY_TIME = Span(datetime(2017, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
RECENT = "recent/mini_fintickstreams"


def milliseconds(times: pa.ChunkedArray) -> list[int]:
    return [microseconds(time) // 1000 for time in times.to_pylist()]


def rows(table: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def same_klines(answer: bytes, symbol: str, interval: str) -> int:
    ours = BINANCE.decode_klines("klines", series(symbol, interval), ANY_TIME, answer)
    native = json.loads(answer)

    parsed = [tuple(CCXT.parse_ohlcv(row)) for row in native]
    known = rows(ours, "open", "high", "low", "close")
    assert [
        (time, *row) for time, row in zip(milliseconds(ours["open_time"]), known, strict=True)
    ] == [row[:5] for row in parsed]
    dropped = rows(
        ours,
        "volume_base",
        "volume_quote",
        "trade_count",
        "taker_volume_base",
        "taker_volume_quote",
    )
    assert dropped == [(float(r[5]), float(r[7]), r[8], float(r[9]), float(r[10])) for r in native]
    return len(parsed)


def same_trades(answer: bytes, symbol: str, kind: Kind) -> int:
    ours = BINANCE.decode_trades("trades", traded(symbol, kind), answer)
    native = sorted(json.loads(answer), key=lambda row: row.get("a") or row["id"])

    id_column = "agg_id" if kind is Kind.AGG_TRADES else "trade_seq"
    found = list(
        zip(
            milliseconds(ours["ts_event"]),
            ours[id_column].to_pylist(),
            *(ours[name].to_pylist() for name in ("side", "price", "amount")),
            strict=True,
        )
    )
    fields = ("timestamp", "id", "side", "price", "amount")
    parsed = [tuple(CCXT.parse_trade(row)[field] for field in fields) for row in native]
    assert found == [(time, int(id_), *rest) for time, id_, *rest in parsed]
    if kind is Kind.AGG_TRADES:
        fills = [(row["f"], row["l"]) for row in native]
        assert rows(ours, "first_trade_seq", "last_trade_seq") == fills
    return len(parsed)


def same_funding(answer: bytes, symbol: str) -> int:
    ours = BINANCE.decode_funding("funding", traded(symbol, Kind.FUNDING), answer)
    native = json.loads(answer)

    parsed = [CCXT.parse_funding_rate_history(row) for row in native]
    assert ours["rate"].to_pylist() == [each["fundingRate"] for each in parsed]
    late = [
        each["timestamp"] - time
        for each, time in zip(parsed, milliseconds(ours["funding_time"]), strict=True)
    ]
    assert all(0 <= ms <= 45 for ms in late)
    marks = [float(row["markPrice"]) if row.get("markPrice") else None for row in native]
    assert ours["mark_price"].to_pylist() == marks
    return len(parsed)


def same_book(answer: bytes, symbol: str) -> int:
    ours = BINANCE.decode_book("book", traded(symbol).instrument, answer).to_pylist()[0]
    native = json.loads(answer)

    parsed = CCXT.parse_order_book(native, symbol, native.get("T"))
    for side in ("bids", "asks"):
        assert [[level["price"], level["amount"]] for level in ours[side]] == parsed[side]
    at = ours["ts_event"]
    assert parsed["timestamp"] == (None if at is None else microseconds(at) // 1000)
    assert ours["sequence_id"] == native["lastUpdateId"]
    return len(parsed["bids"])


def same_listing(ours: Listing, symbol: dict[str, Any]) -> None:
    theirs = CCXT.parse_market(symbol)

    assert (ours.instrument.base, ours.instrument.quote) == (theirs["baseId"], theirs["quoteId"])
    assert ours.native_symbol == theirs["id"]
    assert (ours.status is Status.TRADING) is theirs["active"]
    steps = (ours.tick_size, ours.lot_size, ours.min_notional)
    assert [None if step is None else float(step) for step in steps] == [
        theirs["precision"]["price"],
        theirs["precision"]["amount"],
        theirs["limits"]["cost"]["min"],
    ]
    since = None if ours.listed_at is None else microseconds(ours.listed_at) // 1000
    assert since == theirs["created"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "symbol", "least"),
    [("/api/v3/klines", "BTC/USDT", 3000), ("/fapi/v1/klines", "BTC/USDT:USDT", 1000)],
)
def test_klines_given_real_answers_are_as_ccxt_reads_them(
    real_data: Path, path: str, symbol: str, least: int
) -> None:
    compared = [
        same_klines(answer, symbol, query["interval"])
        for query, _, answer in captured(real_data, path)
    ]

    assert sum(compared) > least


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/api/v3/aggTrades", 1000),
        ("/fapi/v1/aggTrades", 500),
        ("/api/v3/historicalTrades", 5),
        ("/api/v3/trades", 1000),
        ("/fapi/v1/trades", 10),
    ],
)
def test_trades_given_real_answers_are_as_ccxt_reads_them(
    real_data: Path, path: str, least: int
) -> None:
    kind = Kind.AGG_TRADES if "agg" in path else Kind.TRADES
    symbol = "BTC/USDT" if path.startswith("/api") else "BTC/USDT:USDT"

    compared = [same_trades(answer, symbol, kind) for _, _, answer in captured(real_data, path)]

    assert sum(compared) >= least


@pytest.mark.real_data
def test_funding_given_real_answers_is_as_ccxt_reads_it(real_data: Path) -> None:
    answers = [
        (query["symbol"], answer)
        for query, _, answer in captured(real_data, "/fapi/v1/fundingRate")
    ]
    newest = (real_data / RECENT / "BinanceLinearFundingRateSnapshot.json").read_bytes()
    answers.append((json.loads(newest)[0]["symbol"], newest))

    compared = [
        same_funding(answer, f"{symbol.removesuffix('USDT')}/USDT:USDT")
        for symbol, answer in answers
    ]

    assert sum(compared) > 100


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "symbol"), [("/api/v3/depth", "BTC/USDT"), ("/fapi/v1/depth", "BTC/USDT:USDT")]
)
def test_book_given_real_answers_is_as_ccxt_reads_it(
    real_data: Path, path: str, symbol: str
) -> None:
    compared = [same_book(answer, symbol) for _, _, answer in captured(real_data, path)]

    assert sum(compared) >= 28


@pytest.mark.real_data
def test_instruments_given_649_real_contracts_are_the_linear_perpetuals(real_data: Path) -> None:
    answer = (real_data / RECENT / "BinanceLinearExchangeInfoSnapshot.json").read_bytes()
    native = {symbol["symbol"]: symbol for symbol in json.loads(answer)["symbols"]}

    listings = BINANCE.decode_instruments("instruments", PERP, answer).listings

    assert (len(native), len(listings)) == (649, 645)
    for listing in listings:
        same_listing(listing, native[listing.native_symbol])
    ended = {one.native_symbol: one.delisted_at for one in listings if one.delisted_at is not None}
    assert ended["OMGUSDT"] == datetime(2025, 1, 31, 9, tzinfo=UTC)
    assert "XAUUSDT" in {one.native_symbol for one in listings}
    gone = {one.native_symbol for one in listings if one.status is Status.DELISTED}
    assert len(gone) == 72
    assert gone - set(ended) == set()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v3/exchangeInfo", SPOT), ("/fapi/v1/exchangeInfo", PERP)]
)
def test_instruments_given_real_answers_are_as_ccxt_reads_them(
    real_data: Path, path: str, kind: InstrumentType
) -> None:
    [(_, native, answer)] = captured(real_data, path)

    listings = BINANCE.decode_instruments("instruments", kind, answer).listings

    by_name = {symbol["symbol"]: symbol for symbol in native["symbols"]}
    assert len(listings) == 25
    for listing in listings:
        same_listing(listing, by_name[listing.native_symbol])


@pytest.mark.real_data
def test_volumes_and_time_given_real_answers_are_what_they_say(real_data: Path) -> None:
    days = [
        (data, BINANCE.decode_volumes("volumes", SPOT, answer))
        for path in ("/api/v3/ticker/24hr", "/fapi/v1/ticker/24hr")
        for _, data, answer in captured(real_data, path)
        if isinstance(data, list)
    ]
    [(_, clock, answer)] = captured(real_data, "/fapi/v1/time")

    assert len(days) == 3
    assert all(ours == {r["symbol"]: float(r["quoteVolume"]) for r in data} for data, ours in days)
    assert microseconds(BINANCE.decode_time("time", answer)) == clock["serverTime"] * 1000


@pytest.mark.parametrize("symbol", [PAIR, CONTRACT])
def test_decoders_given_simulated_answers_agree_with_ccxt(
    market: SimulatorProcess, symbol: str
) -> None:
    kind = traded(symbol).instrument.instrument_type
    route = BINANCE.capabilities[kind].klines[0]
    span = Span(NOON, NOON + timedelta(hours=8))
    bars = body(market, BINANCE.klines_request(route, series(symbol), span))

    assert same_klines(bars, symbol, "1m") == 480
    for trades in (traded(symbol), traded(symbol, Kind.AGG_TRADES)):
        cursor = TradeCursor(id=located(market, trades, NOON))
        page = body(market, KEYED.trades_request(trades, cursor))
        assert same_trades(page, symbol, trades.kind) >= 500
    assert same_book(body(market, BINANCE.book_request(traded(symbol).instrument)), symbol) == 100
