"""Bybit, and small answers and files of it made by hand.

What belongs here: what several of the tests of Bybit ask with. What does not: answers of a
simulator (`asking.py`), recorded ones (the tests that read them).
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import Instrument, InstrumentType, parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.bybit import Bybit
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.records import ArchiveFile, Endpoints, ListingPage

BYBIT = Bybit(Endpoints("http://archive", {"rest": ["http://rest"]}))
SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
DAY = date(2025, 2, 9)
FIRST = datetime(2025, 2, 9, tzinfo=UTC)
FIRST_MS = 1_739_059_200_000
LINEAR_HEADER = (
    "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
    "foreignNotional"
)
SPOT_HEADER = "id,timestamp,price,volume,side"


def instrument(symbol: str = SPOT) -> Instrument:
    """One of Bybit's."""
    return parse_symbol("bybit", symbol)


def klines(symbol: str = SPOT, interval: str = "1m") -> Series:
    """A series of klines."""
    return Series(instrument(symbol), parse_interval(interval))


def fundings(symbol: str = PERP) -> Series:
    """A series of settlements."""
    return Series(instrument(symbol), kind=Kind.FUNDING)


def trades(symbol: str = SPOT) -> Series:
    """A series of trades."""
    return Series(instrument(symbol), kind=Kind.TRADES)


def minutes(count: int, start: datetime = FIRST) -> Span:
    """So many minutes from an instant on."""
    return Span(start, start + timedelta(minutes=count))


def answer(result: object, code: int = 0, message: str = "OK") -> bytes:
    """An envelope."""
    told = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": 1}
    return json.dumps(told, separators=(",", ":")).encode()


def kline_row(minute: int = 0, **fields: str) -> list[str]:
    """A possible bar, its fields named in Bybit's order."""
    row = {
        "start": str(FIRST_MS + minute * 60_000),
        "open": "10.1",
        "high": "10.3",
        "low": "10",
        "close": "10.2",
        "volume": "4",
        "turnover": "40.8",
    }
    return list({**row, **fields}.values())


def kline_answer(*rows: list[str], category: str = "spot", symbol: str = "BTCUSDT") -> bytes:
    """Bars, the newest first."""
    return answer({"category": category, "symbol": symbol, "list": list(rows)})


def funding_row(hour: int = 0, **fields: str) -> dict[str, str]:
    """A settlement of BTCUSDT."""
    stamp = str(FIRST_MS + hour * 3_600_000)
    return {
        "symbol": "BTCUSDT",
        "fundingRate": "0.0001",
        "fundingRateTimestamp": stamp,
        **fields,
    }


def funding_answer(*rows: dict[str, str], category: str = "linear") -> bytes:
    """Settlements, the newest first."""
    return answer({"category": category, "list": list(rows)})


def book_answer(**fields: object) -> bytes:
    """A book of BTCUSDT."""
    book = {"s": "BTCUSDT", "b": [["10.1", "2"], ["10", "3"]], "a": [["10.2", "1.5"]]}
    return answer({**book, "ts": FIRST_MS, "u": 77, "seq": 5, "cts": FIRST_MS, **fields})


def perpetual(**fields: object) -> dict[str, object]:
    """A row of the list of linear contracts."""
    row = {
        "symbol": "BTCUSDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "priceFilter": {"tickSize": "0.10"},
        "lotSizeFilter": {"qtyStep": "0.001", "minNotionalValue": "5"},
        "fundingInterval": 480,
    }
    return {**row, **fields}


def instruments_answer(*rows: dict[str, object], cursor: str | None = "") -> bytes:
    """A page of the list of linear contracts."""
    return answer({"category": "linear", "list": list(rows), "nextPageCursor": cursor})


def archive_file(symbol: str = SPOT) -> ArchiveFile:
    """The trades of 2025-02-09."""
    return BYBIT.archive_file(trades(symbol), Cut.DAILY, DAY)


def linear_row(**fields: str) -> str:
    """A trade of the perpetual's file, its fields named as in the header."""
    values = (
        "1739059200.8355,BTCUSDT,Buy,0.012,30345.80,MinusTick,"
        "f4714901-4a1e-54b0-b15d-3898e233786c,3.641496e+10,0.012,364.1496"
    )
    row = dict(zip(LINEAR_HEADER.split(","), values.split(","), strict=True))
    return ",".join({**row, **fields}.values())


def spot_row(number: int = 1, **fields: str) -> str:
    """A trade of the pair's file."""
    row = {
        "id": str(number),
        "timestamp": str(FIRST_MS + number),
        "price": "30351.8",
        "volume": "0.14231",
        "side": "sell",
    }
    return ",".join({**row, **fields}.values())


def gzipped(*lines: str) -> bytes:
    """A file with these lines."""
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def tickers(**fields: str) -> bytes:
    """What the pair traded."""
    row = {"symbol": "BTCUSDT", "turnover24h": "1.5", **fields}
    return answer({"category": "spot", "list": [row]})


def decode_klines(body: bytes) -> object:
    """Ten minutes of the pair."""
    return BYBIT.decode_klines("kline", klines(), minutes(10), body)


def decode_funding(body: bytes) -> object:
    """Of the perpetual."""
    return BYBIT.decode_funding("funding", fundings(), body)


def decode_book(body: bytes) -> object:
    """Of the perpetual."""
    return BYBIT.decode_book("book", instrument(PERP), body)


def decode_instruments(body: bytes) -> ListingPage:
    """Of perpetuals."""
    return BYBIT.decode_instruments("instruments", InstrumentType.PERP, body)


def decode_volumes(body: bytes) -> object:
    """Of pairs."""
    return BYBIT.decode_volumes("tickers", InstrumentType.SPOT, body)


def decode_time(body: bytes) -> object:
    """The clock."""
    return BYBIT.decode_time("time", body)
