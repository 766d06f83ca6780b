"""OKX's decoders against ccxt's own parsing of the same bytes.

ccxt leaves amounts of swaps in contracts, with their size beside them, and of a settlement keeps
the rate that was paid alone. It renames some coins (AE is its AET): names are compared as OKX
writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.okx import Okx
from crypto_pipeline.venues.okx_listings import TYPES
from crypto_pipeline.venues.records import TradeCursor
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import body
from crypto_pipeline_tests.venues.okx_answers import (
    OKX,
    PERP,
    SPOT,
    captured_instruments,
    fundings,
    instrument,
    klines,
    listing_all,
    printed,
    trades,
)

START = datetime(2025, 2, 10, 4, tzinfo=UTC)
HOURS = Span(START, START + timedelta(hours=5))
FUNDING_PATH = "/api/v5/public/funding-rate-history"
KEPT = "nautilus/adapters/okx/http_get_{}.json"
BOTH = pytest.mark.parametrize("symbol", [SPOT, PERP])


def rows(answer: bytes) -> list[Any]:
    """The rows of an answer."""
    return list(json.loads(answer)["data"])


def ms(times: list[datetime]) -> list[int]:
    return [microseconds(time) // 1000 for time in times]


@pytest.fixture
def okx(market: SimulatorProcess) -> Okx:
    return listing_all(market)


@pytest.fixture
def theirs(okx: Okx) -> Iterator[ccxt.okx]:
    """Ccxt at the same simulator, knowing its instruments."""
    with closing(ccxt.okx({"enableRateLimit": False})) as exchange:
        exchange.urls["api"] = {"rest": okx.endpoints.rest["rest"][0]}
        requests = [okx.instruments_request(kind, None) for kind in InstrumentType]
        found = [row for request in requests for row in rows(body(okx, request))]
        exchange.set_markets([exchange.parse_market(row) for row in found])
        yield exchange


def same_listing(ours: Listing, market: dict[str, Any]) -> None:
    size = Decimal(str(market["contractSize"] or 1))
    assert (ours.native_symbol, ours.instrument.base) == (market["id"], market["baseId"])
    assert ours.instrument.quote == market["quoteId"]
    assert market["settleId"] in (ours.instrument.quote, None)
    assert (ours.status is Status.TRADING) is market["active"]
    assert ours.contract_size == size
    assert ours.tick_size == Decimal(str(market["precision"]["price"]))
    assert ours.lot_size == Decimal(str(market["precision"]["amount"])) * size
    listed = None if ours.listed_at is None else microseconds(ours.listed_at) // 1000
    assert listed == market["created"]


def same_listings(kind: InstrumentType, answer: bytes) -> int:
    """Compare all; how many there are."""
    ours = OKX.decode_instruments("", kind, answer).listings
    markets = list(map(ccxt.okx().parse_market, rows(answer)))
    linear = [each for each in markets if each["spot"] or (each["swap"] and each["linear"])]
    for listing, market in zip(ours, linear, strict=True):
        same_listing(listing, market)
    return len(ours)


@pytest.mark.parametrize("kind", InstrumentType)
def test_instruments_given_the_simulated_list_are_those_of_ccxt(
    okx: Okx, kind: InstrumentType
) -> None:
    assert same_listings(kind, body(okx, okx.instruments_request(kind, None))) > 30


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("kind", "count"), [(InstrumentType.SPOT, 513), (InstrumentType.PERP, 126)]
)
def test_instruments_given_those_of_2022_are_those_of_ccxt(
    real_data: Path, kind: InstrumentType, count: int
) -> None:
    assert same_listings(kind, captured_instruments(real_data, TYPES[kind])) == count


@pytest.mark.real_data
@pytest.mark.parametrize("kind", InstrumentType)
def test_instruments_given_those_of_2025_are_those_of_ccxt(
    real_data: Path, kind: InstrumentType
) -> None:
    name = f"instruments_{TYPES[kind].lower()}"

    assert same_listings(kind, printed(real_data, KEPT.format(name))) >= 2


@BOTH
@pytest.mark.parametrize("interval", ["1m", "6h"])
def test_klines_given_a_window_are_those_of_ccxt(
    okx: Okx, theirs: ccxt.okx, symbol: str, interval: str
) -> None:
    series = klines(symbol, interval)
    span = Span(HOURS.end - 290 * series.grid.length, HOURS.end)
    span = Span(series.grid.floor(span.start), series.grid.floor(span.end))
    route = okx.capabilities[InstrumentType.SPOT].klines[1]
    answer = body(okx, okx.klines_request(route, series, span))

    ours = okx.decode_klines("", series, span, answer)

    parsed = theirs.parse_ohlcvs(rows(answer), theirs.market(symbol))
    names = ("open", "high", "low", "close", "volume_base")
    columns = [ms(ours["open_time"].to_pylist()), *(ours[name].to_pylist() for name in names)]
    assert [list(row) for row in zip(*columns, strict=True)] == parsed
    assert len(parsed) == 290


def same_trades(ours: list[dict[str, Any]], parsed: list[dict[str, Any]], size: Decimal) -> None:
    assert [row["trade_id"] for row in ours] == [each["id"] for each in parsed]
    assert ms([row["ts_event"] for row in ours]) == [each["timestamp"] for each in parsed]
    assert [row["price"] for row in ours] == [each["price"] for each in parsed]
    assert [row["side"] for row in ours] == [each["side"] for each in parsed]
    amounts = [float(Decimal(str(each["amount"])) * size) for each in parsed]
    assert [row["amount"] for row in ours] == amounts


@BOTH
def test_trades_given_a_page_are_those_of_ccxt(okx: Okx, theirs: ccxt.okx, symbol: str) -> None:
    series = trades(symbol)
    answer = body(okx, okx.trades_request(series, TradeCursor(before=START)))

    ours = okx.decode_trades("", series, answer).to_pylist()

    size = okx.contract_size(series.instrument)
    parsed = [theirs.parse_trade(row, theirs.market(symbol)) for row in rows(answer)]
    same_trades(ours, parsed[::-1], size)
    assert len(ours) == 100


@pytest.mark.real_data
def test_trades_given_recorded_ones_are_those_of_ccxt(theirs: ccxt.okx, real_data: Path) -> None:
    answer = printed(real_data, KEPT.format("trades"))

    ours = OKX.decode_trades("", trades(), answer).to_pylist()

    parsed = [theirs.parse_trade(row, theirs.market(SPOT)) for row in rows(answer)]
    same_trades(ours, parsed[::-1], Decimal(1))
    assert len(ours) == 2


def test_funding_given_a_hundred_settlements_are_those_of_ccxt(okx: Okx, theirs: ccxt.okx) -> None:
    native = okx.native_symbol(instrument(PERP))
    asked = Request("rest", FUNDING_PATH, {"instId": native, "limit": 100})

    ours = okx.decode_funding("", fundings(), body(okx, asked))

    parsed = theirs.fetch_funding_rate_history(PERP, limit=100)
    assert ms(ours["funding_time"].to_pylist()) == [each["timestamp"] for each in parsed]
    assert ours["rate"].to_pylist() == [each["fundingRate"] for each in parsed]
    assert len(parsed) == 100


@BOTH
def test_book_given_a_snapshot_is_that_of_ccxt(okx: Okx, theirs: ccxt.okx, symbol: str) -> None:
    one = instrument(symbol)
    answer = body(okx, okx.book_request(one))

    (ours,) = okx.decode_book("", one, answer).to_pylist()

    (row,) = rows(answer)
    parsed = theirs.parse_order_book(row, symbol, int(row["ts"]))
    size = okx.contract_size(one)
    for side in ("bids", "asks"):
        levels = [(each["price"], each["amount"]) for each in ours[side]]
        assert levels == [(p, float(Decimal(str(a)) * size)) for p, a, *_ in parsed[side]]
        assert len(levels) == 400
    assert ms([ours["ts_event"]]) == [parsed["timestamp"]]


@BOTH
def test_volumes_given_tickers_are_those_of_ccxt(okx: Okx, theirs: ccxt.okx, symbol: str) -> None:
    kind = instrument(symbol).instrument_type
    answer = body(okx, okx.volumes_request(kind))

    ours = dict(okx.decode_volumes("", kind, answer))
    assert len(ours) > 30

    spot = kind is InstrumentType.SPOT
    for each in map(theirs.parse_ticker, rows(answer)):
        native = each["info"]["instId"]
        size = theirs.market(each["symbol"])["contractSize"] or 1
        quote = each["quoteVolume"] if spot else each["baseVolume"] * size * each["last"]
        assert ours.pop(native) == pytest.approx(quote, rel=1e-12)
    assert ours == {}
