"""OKX's download files, static.okx.com.

What belongs here: which files there are, and making them. What does not: their columns
(`tables.py`), the REST path that lists them (`downloads.py`).

Days and months are those of UTC+8. A file is there a day after its last day is over (T+2).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY, HONG_KONG, ONE_MINUTE, Timeframe
from crypto_pipeline.simulator.okx import tables
from crypto_pipeline.simulator.okx.instruments import TYPES
from crypto_pipeline.simulator.wire.answers import Answer, Request, file_answer, missing_file
from crypto_pipeline.simulator.wire.files import zipped

ROOT = "/cdn/okex/traderecords/"
ALL_SWAPS = "allswap"
"""What the daily files of funding are named by: one file holds all swaps."""

LOCAL_DAY = Timeframe(DAY, anchor=HONG_KONG)
LOCAL_MONTH = Timeframe(0, months=1, anchor=HONG_KONG)
AGGREGATIONS = {"daily": LOCAL_DAY, "monthly": LOCAL_MONTH}
_DATES = {"daily": "%Y-%m-%d", "monthly": "%Y-%m"}
_HEADERS = {
    "trades": tables.TRADES,
    "candlesticks": tables.CANDLES,
    "fundingrates": tables.FUNDING,
}
_FOLDERS = {"swaprates": "fundingrates"}
_PATH = re.compile(
    rf"{ROOT}(?P<folder>trades|candlesticks|swaprates)/(?P<aggregation>daily|monthly)/"
    r"(?P<compact>\d{6}|\d{8})/(?P<name>[^/]+)-(?P<kind>trades|candlesticks|fundingrates)-"
    r"(?P<date>\d{4}-\d\d(-\d\d)?)\.zip"
)


@dataclass(frozen=True, slots=True)
class File:
    """One file.

    Attributes:
        kind: `trades`, `candlesticks` or `fundingrates`.
        aggregation: `daily` or `monthly`.
        name: an instId, or `allswap`.
        opening: start of its day or month, ms since the epoch.
    """

    kind: str
    aggregation: str
    name: str
    opening: int

    @property
    def end(self) -> int:
        """Exclusive end of what is in it, ms since the epoch."""
        return AGGREGATIONS[self.aggregation].following(self.opening)

    @property
    def file_name(self) -> str:
        """`BTC-USDT-SWAP-trades-2026-09-30.zip`."""
        return f"{self.name}-{self.kind}-{self._date()}.zip"

    @property
    def path(self) -> str:
        """The path on the host."""
        folder = "swaprates" if self.kind == "fundingrates" else self.kind
        compact = self._date().replace("-", "")
        return f"{ROOT}{folder}/{self.aggregation}/{compact}/{self.file_name}"

    def _date(self) -> str:
        local = datetime.fromtimestamp((self.opening - HONG_KONG) // 1000, UTC)
        return local.strftime(_DATES[self.aggregation])


class OkxArchive:
    """The files of the synthetic market; the same bytes each time.

    Args:
        market: whose trades.
        clock: decides which files are there.
    """

    def __init__(self, market: SyntheticMarket, clock: SimulatorClock) -> None:
        self.market, self.clock = market, clock
        self._content = lru_cache(maxsize=16)(self._make)

    def slow(self, request: Request) -> bool:
        """Files are made and packed."""
        return request.path.endswith(".zip")

    def answer(self, request: Request) -> Answer:
        """A file, or 404."""
        file = _file_of(request.path)
        if file is None or not self.has(file):
            return missing_file(request.path)
        return file_answer(self._content(file), request.path)

    def has(self, file: File) -> bool:
        """Whether a file is there now."""
        listings = self.listings(file)
        if not listings or (file.name == ALL_SWAPS) != _of_all_swaps(file):
            return False
        traded = any(
            each.listed_at < file.end and (each.delisted_at or file.end) > file.opening
            for each in listings
        )
        return traded and file.end + DAY <= self.clock.now_ms()

    def listings(self, file: File) -> list[Listing]:
        """The instruments that are in a file, gone ones too."""
        if file.kind == "fundingrates" and not file.name.endswith("-SWAP"):
            every = self.market.listings("okx", TYPES["SWAP"])
            return every if file.name == ALL_SWAPS else []
        kind = TYPES["SWAP" if file.name.endswith("-SWAP") else "SPOT"]
        found = self.market.listing("okx", kind, file.name)
        return [] if found is None else [found]

    def _make(self, file: File) -> bytes:
        name = file.file_name.removesuffix(".zip") + ".csv"
        packed_at = datetime.fromtimestamp(file.end // 1000, UTC) + timedelta(hours=8)
        info = zipfile.ZipInfo(name, packed_at.timetuple()[:6])
        return zipped(info, self._parts(file))

    def _parts(self, file: File) -> Iterator[bytes]:
        yield f"{_HEADERS[file.kind]}\n".encode()
        for listing in self.listings(file):
            if file.kind == "fundingrates":
                settled = self.market.fundings(listing, file.opening, file.end)
                yield tables.funding_lines(listing, settled)
                continue
            for start in range(file.opening, file.end, DAY):
                yield self._day(listing, file.kind, start)

    def _day(self, listing: Listing, kind: str, start: int) -> bytes:
        end = start + DAY
        if kind == "trades":
            found = self.market.trades(listing, start * 1000, end * 1000)
            return tables.trade_lines(listing, found)
        bars = self.market.bars(listing, ONE_MINUTE, start, end, end * 1000)
        return tables.candle_lines(listing, bars)


def _of_all_swaps(file: File) -> bool:
    """Funding comes by day for all swaps together, by month for each."""
    return file.kind == "fundingrates" and file.aggregation == "daily"


def _file_of(path: str) -> File | None:
    """The file that a path names, None where it is not the path of any."""
    found = _PATH.fullmatch(path)
    if found is None or _FOLDERS.get(found["folder"], found["folder"]) != found["kind"]:
        return None
    try:
        date = datetime.strptime(found["date"], _DATES[found["aggregation"]]).replace(tzinfo=UTC)
    except ValueError:
        return None
    opening = int(date.timestamp()) * 1000 + HONG_KONG
    file = File(found["kind"], found["aggregation"], found["name"], opening)
    return file if file.path == path else None
