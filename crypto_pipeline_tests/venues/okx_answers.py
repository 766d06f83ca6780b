"""OKX for these tests: what is asked of it, and small answers and files of it made by hand.

What belongs here: what several of the tests of OKX ask with. What does not: answers of a simulator
(`asking.py`), what should come of them (the tests).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.instruments import (
    Instrument,
    InstrumentType,
    Listing,
    Status,
    parse_symbol,
)
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.okx import Okx
from crypto_pipeline.venues.records import ArchiveFile, Endpoints
from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.venues.asking import body, endpoints_at

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
SWAP_LISTING = Listing(
    parse_symbol("okx", PERP), "BTC-USDT-SWAP", Status.TRADING, contract_size=Decimal("0.01")
)
OKX = Okx(
    Endpoints("http://archive", {"rest": ["http://rest"]}),
    {SWAP_LISTING.instrument.entity_id: SWAP_LISTING},
)
DAY = date(2025, 2, 8)
"""A day of UTC+8, from 2025-02-07T16:00Z on."""
FIRST = datetime(2025, 2, 7, 16, tzinfo=UTC)
FIRST_MS = 1_738_944_000_000
TRADES_HEADER = "instrument_name,trade_id,side,price,size,created_time"
BARS_HEADER = "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm"
FUNDING_HEADER = "instrument_name,funding_rate,funding_time"
BOOK = {"asks": [["100.2", "3", "0", "1"]], "bids": [["100.1", "7", "0", "2"]], "ts": str(FIRST_MS)}


def instrument(symbol: str = SPOT) -> Instrument:
    """One of OKX's."""
    return parse_symbol("okx", symbol)


def listing_all(market: SimulatorProcess) -> Okx:
    """OKX at a simulator, knowing what is listed there."""
    venue = Okx(endpoints_at(market, "okx"))
    for kind in InstrumentType:
        listed = body(venue, venue.instruments_request(kind, None))
        page = venue.decode_instruments("", kind, listed)
        venue.listings |= {each.instrument.entity_id: each for each in page.listings}
    return venue


def klines(symbol: str = SPOT, interval: str = "1m") -> Series:
    """A series of klines."""
    return Series(instrument(symbol), parse_interval(interval))


def trades(symbol: str = SPOT) -> Series:
    """A series of trades."""
    return Series(instrument(symbol), kind=Kind.TRADES)


def fundings(symbol: str = PERP) -> Series:
    """A series of settlements."""
    return Series(instrument(symbol), kind=Kind.FUNDING)


def minutes(count: int, start: datetime = FIRST) -> Span:
    """So many minutes from an instant on."""
    return Span(start, start + timedelta(minutes=count))


def answer(*rows: object, code: str = "0", message: str = "") -> bytes:
    """An envelope."""
    return json.dumps({"code": code, "data": rows, "msg": message}).encode()


def candle(minute: int = 0, **fields: str) -> list[str]:
    """A possible candle of a swap, so many minutes after FIRST; its fields by OKX's names."""
    row = {
        "ts": str(FIRST_MS + minute * 60_000),
        "o": "100.1",
        "h": "100.3",
        "l": "100",
        "c": "100.2",
        "vol": "250",
        "volCcy": "2.5",
        "volCcyQuote": "250.5",
        "confirm": "1",
    }
    return list({**row, **fields}.values())


def trade(number: int = 1, native: str = "BTC-USDT-SWAP", **fields: str) -> dict[str, str]:
    """A possible trade, so many ms after FIRST."""
    row = {
        "instId": native,
        "side": "sell",
        "sz": "7",
        "source": "0",
        "px": "100.1",
        "tradeId": str(number),
        "ts": str(FIRST_MS + number),
    }
    return {**row, **fields}


def settlement(hours: int = 0, **fields: str) -> dict[str, str]:
    """A possible settlement, so many hours after FIRST."""
    row = {
        "formulaType": "withRate",
        "fundingRate": "0.0002",
        "fundingTime": str(FIRST_MS + hours * 3_600_000),
        "instId": "BTC-USDT-SWAP",
        "instType": "SWAP",
        "method": "current_period",
        "realizedRate": "0.0001",
    }
    return {**row, **fields}


def file_of(series: Series, cut: Cut = Cut.DAILY, first: date = DAY) -> ArchiveFile:
    """An archive file."""
    return OKX.archive_file(series, cut, first)


def zipped(*lines: str | bytes) -> bytes:
    """A zip of a CSV with these lines."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = (line if isinstance(line, bytes) else line.encode() for line in lines)
        archive.writestr("0.csv", b"".join(part + b"\n" for part in parts))
    return packed.getvalue()


def captured_instruments(real_data: Path, instrument_type: str) -> bytes:
    """OKX's answer of 2022-05 to `public/instruments?instType=…`, as it came over the wire."""
    for line in (real_data / "cryptofeed" / "OKX.0").read_bytes().splitlines():
        found = re.match(rb"https://\S+instType=(\w+) -> [\d.]+: (.*)", line)
        if found is not None and found[1].decode() == instrument_type:
            return found[2]
    raise AssertionError(f"no instruments of {instrument_type} were captured")


def printed(real_data: Path, path: str) -> bytes:
    """An answer that a client's author kept, as text."""
    return (real_data / path).read_bytes()


def documented(real_data: Path, name: str) -> bytes:
    """An answer of OKX's own documentation, below three lines of another matter."""
    file = real_data / "jkorf" / "OKX.Net" / f"Endpoints_UnifiedApi_ExchangeData_{name}.txt"
    return file.read_bytes().split(b"\n", 3)[3]


def of(rows: Any, *names: str) -> list[tuple[Any, ...]]:
    """Those columns of a table, row by row."""
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))
