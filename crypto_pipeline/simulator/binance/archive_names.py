"""Names in Binance's bulk archive: which files there may be, and the span that each is about.

What belongs here: paths, spans, the day on which a file appears. What does not: what is in a file
(`archive_rows.py`), listings of the bucket (`bucket.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crypto_pipeline.simulator.binance.derived_klines import KINDS
from crypto_pipeline.simulator.binance.dialects import INTERVALS, PERP, SPOT, Dialect
from crypto_pipeline.simulator.market.timeframes import DAY, ONE_MONTH, Timeframe

FOLDERS: dict[str, Dialect] = {"spot": SPOT, "futures/um": PERP}
KLINES, AGGREGATES, TRADES, FUNDING = "klines", "aggTrades", "trades", "fundingRate"
OF_INTERVALS = (KLINES, *KINDS)
"""Families with a folder an interval; those of perpetuals' other prices are named as of trades."""
DAILY, MONTHLY = "daily", "monthly"
MONTH_NAME = "1mo"
"""What the archive calls the interval `1M`."""

_PATH = re.compile(
    r"/?data/(?P<market>spot|futures/um)/(?P<period>daily|monthly)/(?P<family>\w+)/"
    r"(?P<symbol>[^/]+)/(?:(?P<interval>\w+)/)?(?P<name>[^/]+)\.zip"
)
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file.

    Attributes:
        dialect: spot or perpetuals.
        period: `daily` or `monthly`.
        family: `klines`, `aggTrades`, ...
        symbol: the exchange's own.
        interval: of klines, as the archive names it; empty of others.
        start: ms since the epoch, of its first instant.
        end: ms, exclusive.
        name: without `.zip`.
    """

    dialect: Dialect
    period: str
    family: str
    symbol: str
    interval: str
    start: int
    end: int
    name: str

    @property
    def frame(self) -> Timeframe:
        """The length of its klines."""
        return INTERVALS[interval_of(self.interval)]

    @property
    def appears_at(self) -> int:
        """When it is there, ms: the next day, or the first Monday after the month.

        A file of long bars waits for the last one to close.
        """
        day = self.end if self.period == DAILY else first_monday(self.end)
        if not self.interval:
            return day
        return max(day, self.frame.following(self.frame.opening(self.end - 1)))


def families(folder: str, period: str) -> list[str]:
    """What a market's folder holds, in the order of names."""
    found = [AGGREGATES, KLINES, TRADES]
    if folder != "spot":
        found += [*KINDS, FUNDING] if period == MONTHLY else KINDS
    return sorted(found)


def intervals(folder: str, period: str) -> list[str]:
    """Names of the kline folders, in the order of names; days hold no bar longer than one."""
    names = [name for name in INTERVALS if folder == "spot" or name != "1s"]
    if period == DAILY:
        names = [name for name in names if 0 < INTERVALS[name].step <= DAY]
    return sorted(MONTH_NAME if name == "1M" else name for name in names)


def interval_of(name: str) -> str:
    """The exchange's name of an archive's interval."""
    return "1M" if name == MONTH_NAME else name


def named_file(path: str) -> ArchiveFile | None:
    """The file of a path, None where the archive has no such name."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    market, period, family = found["market"], found["period"], found["family"]
    symbol, interval = found["symbol"], found["interval"] or ""
    if family not in families(market, period):
        return None
    if interval not in (intervals(market, period) if family in OF_INTERVALS else ("",)):
        return None
    prefix = f"{symbol}-{interval or family}-"
    span = _span(found["name"].removeprefix(prefix), period)
    if span is None or not found["name"].startswith(prefix):
        return None
    return ArchiveFile(FOLDERS[market], period, family, symbol, interval, *span, found["name"])


def spans(start: int, end: int, period: str) -> list[tuple[int, str]]:
    """The dates of a period's files that touch [start, end) ms: begin and text of each."""
    at, found = (start // DAY * DAY if period == DAILY else ONE_MONTH.opening(start)), []
    while at < end:
        day = datetime.fromtimestamp(at // 1000, UTC)
        found.append((at, day.strftime("%Y-%m-%d" if period == DAILY else "%Y-%m")))
        at = at + DAY if period == DAILY else ONE_MONTH.following(at)
    return found


def first_monday(month: int) -> int:
    """The first Monday of the month that begins at `month`, ms since the epoch."""
    day = datetime.fromtimestamp(month // 1000, UTC)
    monday = day + timedelta(days=-day.weekday() % 7)
    return int(monday.timestamp()) * 1000


def _span(date: str, period: str) -> tuple[int, int] | None:
    found = _DATE.fullmatch(date)
    if found is None or (found[3] is not None) != (period == DAILY):
        return None
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3] or 1), tzinfo=UTC)
        start = int(day.timestamp()) * 1000
        return start, start + DAY if period == DAILY else ONE_MONTH.following(start)
    except ValueError:  # no such day, or a month that ends after the last year
        return None
