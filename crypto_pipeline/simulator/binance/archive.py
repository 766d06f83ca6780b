"""Binance's bulk archive, data.binance.vision: recorded files, or files of the synthetic market.

What belongs here: which file is there and its exact bytes. What does not: headers, faults and
counting (`host.py`).
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import DAY, Interval
from crypto_pipeline.domain.klines import microseconds
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.bars import columns
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.wire.faults import CHECKSUM

HEADER = (
    b"open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    b"taker_buy_volume,taker_buy_quote_volume,ignore\n"
)
MICROSECONDS_FROM = datetime(2025, 1, 1, tzinfo=UTC)
"""Spot files from this day on carry µs; perpetuals' never do."""

_KLINE_FILE = re.compile(
    r"/data/(?P<market>spot|futures/um)/(?P<period>daily|monthly)/klines/"
    r"(?P<symbol>[A-Z0-9]+)/(?P<interval>\d+[mhd])/"
    r"(?P=symbol)-(?P=interval)-(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d))?\.zip"
)
_COMPRESSION = 1  # zlib's fastest: a month of minutes has to be there at once


class Archive(Protocol):
    """Where the mirror takes its files from."""

    def file(self, path: str) -> bytes | None:
        """The bytes at a path (`/data/spot/...`, zip or .CHECKSUM), None where there is none."""


class RecordedArchive:
    """The files of a folder, byte by byte.

    Args:
        bucket: the folder that holds `data/`.
    """

    def __init__(self, bucket: Path) -> None:
        self.bucket = bucket.resolve()

    def file(self, path: str) -> bytes | None:
        """The bytes of a file below the bucket."""
        found = (self.bucket / path.lstrip("/")).resolve()
        inside = found.is_relative_to(self.bucket) and found.is_file()
        return found.read_bytes() if inside else None


class SyntheticArchive:
    """Files computed from the synthetic market; the same bytes each time.

    Args:
        market: whose bars.
        clock: a day's file is there when the day is over, a month's when the month is.
    """

    def __init__(self, market: SyntheticMarket, clock: SimulatorClock) -> None:
        self.market, self.clock = market, clock
        self._listings = {
            (folder, listing.symbol): listing
            for folder, kind in (("spot", InstrumentType.SPOT), ("futures/um", InstrumentType.PERP))
            for listing in market.listings(kind)
        }
        self._zip = lru_cache(maxsize=64)(self._make_zip)

    def file(self, path: str) -> bytes | None:
        """The zip or checksum at a path."""
        content = self._known(path.removesuffix(CHECKSUM))
        if content is None or not path.endswith(CHECKSUM):
            return content
        return checksum_line(content, path)

    def _known(self, path: str) -> bytes | None:
        named = _KLINE_FILE.fullmatch(path)
        span = None if named is None else _span(named)
        if named is None or span is None:
            return None
        listing = self._listings.get((named["market"], named["symbol"]))
        interval = next((i for i in Interval if i == named["interval"]), None)
        start, end = span
        if listing is None or interval is None:
            return None
        if end > self.clock.now() or _ms(end) <= listing.listed_at:
            return None
        return self._zip(listing, interval, start, end, path.rpartition("/")[2])

    def _make_zip(
        self, listing: Listing, interval: Interval, start: datetime, end: datetime, name: str
    ) -> bytes:
        first = max(_ms(start), listing.listed_at)
        bars = self.market.bars(listing, interval, first, _ms(end), now=_ms(end))
        spot = listing.instrument_type is InstrumentType.SPOT
        per_ms = 1000 if spot and start >= MICROSECONDS_FROM else 1
        content = _csv(columns(listing, bars, interval, per_ms))
        inner = zipfile.ZipInfo(f"{name.removesuffix('.zip')}.csv", end.timetuple()[:6])
        return zipped(inner, content if spot else HEADER + content)


def zipped(inner: zipfile.ZipInfo, content: bytes) -> bytes:
    """A zip of one file, the same bytes for the same arguments."""
    inner.compress_type = zipfile.ZIP_DEFLATED
    inner.create_system = 3
    inner.external_attr = 0o644 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(inner, content, compresslevel=_COMPRESSION)
    return packed.getvalue()


def checksum_line(content: bytes, path: str) -> bytes:
    """The content of a file's .CHECKSUM, as `sha256sum` writes it."""
    name = path.removesuffix(CHECKSUM).rpartition("/")[2]
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def with_short_row(content: bytes, row: int | None, kept: int) -> bytes:
    """The zip with one row of its CSV cut after `kept` columns.

    Args:
        content: the zip.
        row: which row, from 1; None, or one beyond the end, is the middle one.
        kept: how many columns it keeps.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inner = archive.infolist()[0]
        lines = archive.read(inner).splitlines(keepends=True)
    index = row - 1 if row is not None and row <= len(lines) else len(lines) // 2
    lines[index] = b",".join(lines[index].split(b",")[:kept]) + b"\n"
    return zipped(zipfile.ZipInfo(inner.filename, inner.date_time), b"".join(lines))


def _span(named: re.Match[str]) -> tuple[datetime, datetime] | None:
    """The days that a file name is about, end exclusive; None where it is no daily or monthly."""
    year, month, day = named["year"], named["month"], named["day"]
    if (day is not None) != (named["period"] == "daily"):
        return None
    try:
        start = datetime(int(year), int(month), int(day or 1), tzinfo=UTC)
    except ValueError:
        return None
    return start, start + DAY if day else (start + 31 * DAY).replace(day=1)


def _csv(texts: list[pa.Array]) -> bytes:
    table = pa.table(texts, names=[str(n) for n in range(len(texts))])
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(table, sink, options)
    return sink.getvalue()


def _ms(instant: datetime) -> int:
    return microseconds(instant) // 1000
