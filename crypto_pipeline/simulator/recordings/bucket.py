"""The klines of a recorded archive folder, for the simulated REST.

What belongs here: finding and reading the zips of `<folder>/data.binance.vision`. What does not:
serving the zips themselves (`binance/archive.py`).

A row that no file holds is absent from the answers, and a bar is served whole even if the
simulator's clock stands inside it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval, month_end
from crypto_pipeline.simulator.market.bars import Window
from crypto_pipeline.simulator.market.kline_source import Row, rest_row
from crypto_pipeline.simulator.market.listings import Listing

BUCKET = "data.binance.vision"
FOLDERS = {InstrumentType.SPOT: "spot", InstrumentType.PERP: "futures/um"}

_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "BTC", "ETH", "BNB", "EUR", "TRY")
_FIRST_MICROSECONDS = 10**15
_ROWS_TO_JUDGE_BY = 500


@dataclass(frozen=True, slots=True, order=True)
class RecordedFile:
    """One zip of klines: the days it is about, and where it is."""

    first: date
    end: date
    path: Path


class Recordings:
    """The klines of a recorded bucket; a `KlineSource`.

    Args:
        folder: holds `data.binance.vision/data/...`, named as in the real bucket.
    """

    origin = "real"

    def __init__(self, folder: Path) -> None:
        self.bucket = folder / BUCKET
        self.listings = lru_cache(maxsize=4)(self._find_listings)
        self._files = lru_cache(maxsize=1024)(self._find_files)

    def _find_listings(self, instrument_type: InstrumentType) -> list[Listing]:
        data = self.bucket / "data" / FOLDERS[instrument_type]
        symbols = {path.name for path in data.glob("*/klines/*") if path.is_dir()}
        found = [self._listing(instrument_type, symbol) for symbol in sorted(symbols)]
        return [listing for listing in found if listing is not None]

    def _listing(self, instrument_type: InstrumentType, symbol: str) -> Listing | None:
        """What the symbol's first rows tell; tick and lot are the digits they use."""
        quote = next((quote for quote in _QUOTES if symbol.endswith(quote)), None)
        per_interval = [self._files(instrument_type, symbol, interval) for interval in Interval]
        files = next((files for files in per_interval if files), None)
        if quote is None or files is None:
            return None
        rows = _read(files[0].path)
        some = rows[:_ROWS_TO_JUDGE_BY]
        prices = max(_digits(str(row[column])) for row in some for column in (1, 2, 3, 4))
        lots = max(_digits(str(row[5])) for row in some)
        first = int(rows[0][0])
        base = symbol.removesuffix(quote)
        return Listing(instrument_type, base, quote, prices, 1, lots, first)

    def rows(self, listing: Listing, interval: Interval, window: Window, now: int) -> list[Row]:
        """The rows of a window that any file holds, ascending; `now` bounds the open times."""
        end = min(window.end, now)
        files = self._files(listing.instrument_type, listing.symbol, interval)
        found = _between(files, window.start, end, newest=window.newest)
        chosen = list(islice(found, window.limit))
        return chosen[::-1] if window.newest else chosen

    def _find_files(
        self, instrument_type: InstrumentType, symbol: str, interval: Interval
    ) -> list[RecordedFile]:
        """The files of one series in order; a daily one counts where no monthly one covers it."""
        data = self.bucket / "data" / FOLDERS[instrument_type]
        monthly, daily = (
            sorted(
                _recorded(path)
                for path in (data / period / "klines" / symbol / interval).glob("*.zip")
            )
            for period in ("monthly", "daily")
        )
        covered = {(file.first.year, file.first.month) for file in monthly}
        alone = [file for file in daily if (file.first.year, file.first.month) not in covered]
        return sorted([*monthly, *alone])


def _recorded(path: Path) -> RecordedFile:
    year, month, day = re.findall(r"-(\d{4})-(\d{2})(?:-(\d{2}))?\.zip$", path.name)[0]
    first = date(int(year), int(month), int(day or 1))
    if day:
        return RecordedFile(first, first + timedelta(days=1), path)
    return RecordedFile(first, month_end(first), path)


def _between(files: list[RecordedFile], start: int, end: int, *, newest: bool) -> Iterator[Row]:
    """Rows whose open time is in [start, end], ascending, or descending if `newest`."""
    step = -1 if newest else 1
    for file in files[::step]:
        if _ms(file.end) > start and _ms(file.first) <= end:
            yield from (row for row in _read(file.path)[::step] if start <= int(row[0]) <= end)


@lru_cache(maxsize=32)
def _read(path: Path) -> list[Row]:
    """The rows of a zip as REST gives them, times in ms."""
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    rows = [rest_row(line.split(",")) for line in lines if line[:1].isdigit()]
    for row in rows:
        if int(row[0]) >= _FIRST_MICROSECONDS:
            row[0], row[6] = int(row[0]) // 1000, int(row[6]) // 1000
    return rows


def _digits(text: str) -> int:
    """How many digits after the point matter."""
    return len(text.partition(".")[2].rstrip("0"))


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
