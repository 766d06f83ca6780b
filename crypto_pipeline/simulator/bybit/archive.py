"""Bybit's download folders, public.bybit.com: each day's trades of each symbol.

What belongs here: which files and folders there are, and the folders' pages. What does not: what
is in a file (`tables.py`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from crypto_pipeline.simulator.bybit.categories import (
    LINEAR,
    SPOT,
    Category,
    ever_listed,
    listed_in,
)
from crypto_pipeline.simulator.bybit.tables import csv_of
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.timeframes import DAY
from crypto_pipeline.simulator.wire.answers import Answer, Request, file_answer, missing_page
from crypto_pipeline.simulator.wire.files import gzipped

FAMILIES: dict[str, tuple[Category, str]] = {"spot": (SPOT, "_"), "trading": (LINEAR, "")}
"""Each top folder's category, and what its file names have between symbol and date."""
_PATH = re.compile(r"/(?P<family>[a-z]+)/(?P<symbol>[^/]+)/(?P<name>[^/]+)\.csv\.gz")
_DATE = "%Y-%m-%d"


class BybitArchive:
    """The files of the synthetic market; the same bytes each time.

    Args:
        market: whose trades.
        clock: a day's file is there when the day is over.
    """

    def __init__(self, market: SyntheticMarket, clock: SimulatorClock) -> None:
        self.market, self.clock = market, clock
        self._file = lru_cache(maxsize=16)(self._make_file)

    def slow(self, request: Request) -> bool:
        """Files are made and packed."""
        return request.path.endswith(".gz")

    def answer(self, request: Request) -> Answer:
        """A file, a folder's page, or 404."""
        named = _PATH.fullmatch(request.path)
        if named is None:
            return self._folder(request.path)
        content = self._named(named["family"], named["symbol"], named["name"])
        return missing_page() if content is None else file_answer(content, request.path)

    def _named(self, family: str, symbol: str, name: str) -> bytes | None:
        """The file of a name (`BTCUSDT2026-09-30`, `BTCUSDT_2026-09-30` of spot) if it is there."""
        listing = self._listing(family, symbol)
        if listing is None:
            return None
        category, between = FAMILIES[family]
        date = name.removeprefix(symbol + between)
        day = _day(date)
        if day is None or name != f"{symbol}{between}{date}" or day not in self._days(listing):
            return None
        return self._file(category, listing, day)

    def _make_file(self, category: Category, listing: Listing, day: int) -> bytes:
        start = day * DAY
        trades = self.market.trades(listing, start * 1000, (start + DAY) * 1000)
        return gzipped(csv_of(self.market, category, listing, trades, start))

    def _listing(self, family: str, symbol: str) -> Listing | None:
        if family not in FAMILIES:
            return None
        return ever_listed(self.market, FAMILIES[family][0], symbol, self.clock.now_ms())

    def _listings(self, family: str) -> list[Listing]:
        return listed_in(self.market, FAMILIES[family][0], self.clock.now_ms())

    def _days(self, listing: Listing) -> range:
        """The days since the epoch that are over and that it traded in."""
        end = self.clock.now_ms() // DAY
        if listing.delisted_at is not None:
            end = min(end, -(-listing.delisted_at // DAY))
        return range(listing.listed_at // DAY, end)

    def _folder(self, path: str) -> Answer:
        parts = [part for part in path.split("/") if part]
        names = self._names(parts)
        if names is None:
            return missing_page()
        if not path.endswith("/"):
            return Answer(301, b"", {"Location": f"{path}/"})
        page = folder_page("/".join(["", *parts, ""]), names)
        return Answer(200, page, {"Content-Type": "text/html; charset=utf-8"})

    def _names(self, parts: list[str]) -> list[str] | None:
        """What a folder holds, folders with a slash at their end; None where it is none."""
        if not parts:
            return [f"{family}/" for family in FAMILIES]
        if len(parts) == 1 and parts[0] in FAMILIES:
            return [f"{listing.symbol}/" for listing in self._listings(parts[0])]
        listing = self._listing(*parts) if len(parts) == 2 else None
        if listing is None:
            return None
        stem = listing.symbol + FAMILIES[parts[0]][1]
        return [f"{stem}{_date(day)}.csv.gz" for day in self._days(listing)]


def folder_page(path: str, names: list[str]) -> bytes:
    """The page of a folder: a link for each thing in it, relative to it."""
    links = "".join(f'<li><a href="{name}">{name}</a></li>\n' for name in names)
    title = f"Index of {path}"
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n<ul>\n{links}</ul>\n"
        "</body>\n</html>\n"
    ).encode()


def _day(date: str) -> int | None:
    """Days since the epoch of `2026-09-30`, None where that is no date so written."""
    try:
        day = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
    except ValueError:
        return None
    number = int(day.timestamp()) * 1000 // DAY
    return number if _date(number) == date else None


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY // 1000, UTC).strftime(_DATE)
