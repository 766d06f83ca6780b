"""Archive files for these tests: recorded ones, and small ones made by hand."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

from crypto_pipeline.domain.instruments import parse_symbol
from crypto_pipeline.domain.intervals import parse_interval
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.venues.binance import Binance
from crypto_pipeline.venues.capabilities import Cut
from crypto_pipeline.venues.records import ArchiveFile, Endpoints

ARCHIVE = "http://archive"
BINANCE = Binance(Endpoints(ARCHIVE, {"spot": ["http://spot"], "perp": ["http://perp"]}))
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
FIRST = 1677628800000
"""2023-03-01T00:00Z in ms."""


def series(symbol: str = "BTC/USDT", interval: str = "1m") -> Series:
    """A series of Binance."""
    return Series(parse_symbol("binance", symbol), parse_interval(interval))


def traded(symbol: str = "BTC/USDT", kind: Kind = Kind.TRADES) -> Series:
    """A series of Binance without an interval."""
    return Series(parse_symbol("binance", symbol), kind=kind)


def daily(
    day: date = date(2023, 3, 1), symbol: str = "BTC/USDT", interval: str = "1m"
) -> ArchiveFile:
    """A daily file."""
    return BINANCE.archive_file(series(symbol, interval), Cut.DAILY, day)


def monthly(day: date, symbol: str = "BTC/USDT", interval: str = "1h") -> ArchiveFile:
    """A monthly file."""
    return BINANCE.archive_file(series(symbol, interval), Cut.MONTHLY, day)


def recorded(real_data: Path, file: ArchiveFile) -> bytes:
    """The bytes of a recorded file."""
    return (real_data / "data.binance.vision" / file.url.removeprefix(f"{ARCHIVE}/")).read_bytes()


def texts(content: bytes) -> list[dict[str, str]]:
    """The rows of a zip as text, by the names of the archive's own header."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    rows = lines[1:] if lines[0] == HEADER else lines
    return list(csv.DictReader([HEADER, *rows]))


def row(minute: int = 0, **fields: str) -> str:
    """A possible row of 2023-03-01, its fields named as in the archive's header."""
    opened = FIRST + minute * 60_000
    values = f"{opened},10.1,10.3,10.0,10.2,4.0,{opened + 59_999},40.8,7,1.0,10.2,0"
    return ",".join(
        {**dict(zip(HEADER.split(","), values.split(","), strict=True)), **fields}.values()
    )


def zipped(*lines: str, members: int = 1) -> bytes:
    """A zip of a CSV with these lines."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number}.csv", "".join(f"{line}\n" for line in lines))
    return packed.getvalue()
