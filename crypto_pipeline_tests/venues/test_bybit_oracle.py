"""Bybit's decoders against ccxt's own parsing of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ccxt
import pytest

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import InstrumentType, Listing, Status
from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.series import Series
from crypto_pipeline.venues.bybit import Bybit
from crypto_pipeline.venues.capabilities import Cut, Request
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import body, endpoints_at
from crypto_pipeline_tests.venues.bybit_answers import (
    FIRST,
    PERP,
    SPOT,
    fundings,
    instrument,
    klines,
    minutes,
    trades,
)

MS = timedelta(milliseconds=1)
SYMBOLS = [SPOT, PERP]


class TellsWhatItWasTold(ccxt.bybit):  # type: ignore[misc]
    """ccxt's Bybit whose answers are given bytes, by path and category; it asks nobody."""

    def __init__(self, told: Mapping[tuple[str, str], bytes]) -> None:
        super().__init__({"enableRateLimit": False})
        self.options["fetchMarkets"] = {"types": ["spot", "linear"]}
        self.told = told

    def fetch(self, url: str, *_: object, **__: object) -> Any:
        """The answer of a path; of instruments before their launch there is none."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if query.get("status") == "PreLaunch":
            return {"retCode": 0, "result": {"category": "linear", "list": []}}
        return json.loads(self.told[parts.path, query.get("category", "")])


@pytest.fixture
def bybit(market: SimulatorProcess) -> Bybit:
    return Bybit(endpoints_at(market, "bybit"))


@pytest.fixture
def told(bybit: Bybit) -> dict[tuple[str, str], bytes]:
    """The lists of instruments, that ccxt needs for anything else."""
    asked = [bybit.instruments_request(kind, None) for kind in InstrumentType]
    return {key(request): body(bybit, request) for request in asked}


def key(request: Request) -> tuple[str, str]:
    return request.path, str(request.parameters.get("category", ""))


def milliseconds(instant: Any) -> int:
    return int((instant - EPOCH) / MS)


def kline_page(bybit: Bybit, series: Series, span: Span) -> tuple[Request, bytes]:
    (route,) = bybit.capabilities[series.instrument.instrument_type].klines
    asked = bybit.klines_request(route, series, span)
    return asked, body(bybit, asked)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_klines_given_a_page_are_those_of_ccxt(
    bybit: Bybit, told: dict[tuple[str, str], bytes], symbol: str
) -> None:
    series, span = klines(symbol), minutes(1000)
    asked, content = kline_page(bybit, series, span)
    theirs = TellsWhatItWasTold({**told, key(asked): content}).fetch_ohlcv(symbol, limit=1000)

    ours = bybit.decode_klines(str(asked), series, span, content).to_pylist()

    assert len(theirs) == 1000
    assert [
        [
            milliseconds(row["open_time"]),
            *(row[name] for name in ("open", "high", "low", "close", "volume_base")),
        ]
        for row in ours
    ] == theirs


def test_funding_given_a_page_is_that_of_ccxt(
    bybit: Bybit, told: dict[tuple[str, str], bytes]
) -> None:
    route = bybit.capabilities[InstrumentType.PERP].funding
    assert route is not None
    asked = bybit.funding_request(route, fundings(), Span(FIRST - timedelta(hours=200), FIRST))
    content = body(bybit, asked)
    theirs = TellsWhatItWasTold({**told, key(asked): content}).fetch_funding_rate_history(PERP)

    ours = bybit.decode_funding(str(asked), fundings(), content).to_pylist()

    assert len(theirs) == 25
    assert [(milliseconds(row["funding_time"]), row["rate"]) for row in ours] == [
        (row["timestamp"], row["fundingRate"]) for row in theirs
    ]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_book_given_a_snapshot_is_that_of_ccxt(
    bybit: Bybit, told: dict[tuple[str, str], bytes], symbol: str
) -> None:
    asked = bybit.book_request(instrument(symbol))
    content = body(bybit, asked)
    theirs = TellsWhatItWasTold({**told, key(asked): content}).fetch_order_book(symbol)

    (ours,) = bybit.decode_book(str(asked), instrument(symbol), content).to_pylist()

    assert len(theirs["bids"]) == len(theirs["asks"]) == 200
    for side in ("bids", "asks"):
        assert [[level["price"], level["amount"]] for level in ours[side]] == theirs[side]
    assert milliseconds(ours["ts_event"]) == theirs["timestamp"]
    assert ours["sequence_id"] == json.loads(content)["result"]["u"]


@pytest.mark.parametrize("kind", InstrumentType)
def test_instruments_given_a_page_are_those_of_ccxt(
    bybit: Bybit, told: dict[tuple[str, str], bytes], kind: InstrumentType
) -> None:
    theirs = TellsWhatItWasTold(told).load_markets()
    wanted = {InstrumentType.SPOT: "spot", InstrumentType.PERP: "swap"}[kind]
    asked = bybit.instruments_request(kind, None)

    ours = bybit.decode_instruments(str(asked), kind, told[key(asked)]).listings

    markets = {symbol: each for symbol, each in theirs.items() if each["type"] == wanted}
    assert len(markets) > 20
    assert {one.instrument.symbol for one in ours} == set(markets)
    for one in ours:
        assert summary(one) == market_summary(markets[one.instrument.symbol])


def summary(one: Listing) -> dict[str, object]:
    """What both say of an instrument."""
    return {
        "id": one.native_symbol,
        "base": one.instrument.base,
        "quote": one.instrument.quote,
        "active": one.status is Status.TRADING,
        "tick": float(one.tick_size or 0),
        "lot": float(one.lot_size or 0),
        "least": float(one.min_notional or 0),
        "created": milliseconds(one.listed_at) if one.listed_at else None,
    }


def market_summary(each: Mapping[str, Any]) -> dict[str, object]:
    least = each["limits"]["cost"]["min"]
    if least is None:
        # ccxt leaves that of a contract in the row it was read from.
        least = float(each["info"]["lotSizeFilter"]["minNotionalValue"])
    return {
        **{name: each[name] for name in ("id", "base", "quote", "active")},
        "tick": each["precision"]["price"],
        "lot": each["precision"]["amount"],
        "least": least,
        "created": each["created"],
    }


@pytest.mark.parametrize("kind", InstrumentType)
def test_volumes_given_all_tickers_are_those_of_ccxt(
    bybit: Bybit, told: dict[tuple[str, str], bytes], kind: InstrumentType
) -> None:
    asked = bybit.volumes_request(kind)
    content = body(bybit, asked)
    wanted = {InstrumentType.SPOT: "spot", InstrumentType.PERP: "swap"}[kind]
    exchange = TellsWhatItWasTold({**told, key(asked): content})
    theirs = exchange.fetch_tickers(params={"type": wanted})

    ours = bybit.decode_volumes(str(asked), kind, content)

    assert len(ours) > 20
    assert ours == {each["info"]["symbol"]: each["quoteVolume"] for each in theirs.values()}


def test_time_given_an_answer_is_that_of_ccxt(bybit: Bybit) -> None:
    asked = bybit.time_request(InstrumentType.SPOT)
    content = body(bybit, asked)

    ours = bybit.decode_time(str(asked), content)

    assert milliseconds(ours) == TellsWhatItWasTold({key(asked): content}).fetch_time()


@pytest.mark.parametrize(("symbol", "rows"), [("ADA/USDT:USDT", 1000), ("ADA/USDT", 60)])
def test_a_day_of_trades_ends_as_ccxt_reads_it_over_rest(
    market: SimulatorProcess,
    bybit: Bybit,
    told: dict[tuple[str, str], bytes],
    symbol: str,
    rows: int,
) -> None:
    market.set_clock("2025-02-09T23:59:59.999999Z")
    category = {60: "spot", 1000: "linear"}[rows]
    asked = Request(
        "rest",
        "/v5/market/recent-trade",
        {"category": category, "symbol": "ADAUSDT", "limit": rows},
    )
    exchange = TellsWhatItWasTold({**told, key(asked): body(bybit, asked)})
    theirs = exchange.fetch_trades(symbol, limit=rows)
    market.set_clock("2025-02-10T00:00:00Z")
    file = bybit.archive_file(trades(symbol), Cut.DAILY, date(2025, 2, 9))
    path = file.url.removeprefix(str(bybit.endpoints.archive))

    day = bybit.decode_archive(file, market.get("public.bybit.com", path).body)

    ours = day.slice(day.num_rows - rows).to_pylist()
    assert len(theirs) == rows
    assert sorted(
        (milliseconds(row["ts_event"]), row["price"], row["amount"], row["side"]) for row in ours
    ) == sorted((row["timestamp"], row["price"], row["amount"], row["side"]) for row in theirs)
    same_ids = {row["trade_id"] for row in ours} == {row["id"] for row in theirs}
    # A pair's file counts its rows where REST tells the exchange's own id.
    assert same_ids is (category == "linear")
