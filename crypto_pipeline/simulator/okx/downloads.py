"""market-data-history: the REST path that gives the URLs of download files.

What belongs here: its parameters and its row. What does not: the files (`archive.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crypto_pipeline.simulator.market.timeframes import DAY, HONG_KONG
from crypto_pipeline.simulator.okx.archive import AGGREGATIONS, ALL_SWAPS, File, OkxArchive
from crypto_pipeline.simulator.okx.envelope import (
    Query,
    RefusedError,
    choice,
    required,
    whole_number,
    wrong,
)
from crypto_pipeline.simulator.okx.instruments import TYPES, WITHOUT_INSTRUMENTS, family
from crypto_pipeline.simulator.wire.answers import compact

HOST = "https://static.okx.com"
ANY = "ANY"
MOST_FILES = 20
"""Days or months of one answer."""
MOST_NAMES = 10

_FUNDING = "3"
_KINDS = {"1": "trades", "2": "candlesticks", _FUNDING: "fundingrates"}
_WITHOUT_FILES = ("4", "5", "6", "11")
_MB_OF_A_TRADE = Decimal("0.0000107")
_MB_OF_A_DAY = {"candlesticks": Decimal("0.05"), "fundingrates": Decimal("0.01")}


@dataclass(frozen=True, slots=True)
class _Group:
    """What one entry of `details` is about: an instId, a family, or all swaps."""

    inst_id: str
    inst_family: str
    file_name: str


class Downloads:
    """The lists of download files.

    Args:
        archive: the files.
    """

    def __init__(self, archive: OkxArchive) -> None:
        self.archive = archive

    def rows(self, query: Query, now: int) -> bytes:
        """The one row of an answer, at an instant in µs."""
        module = choice(query, "module", (*_KINDS, *_WITHOUT_FILES))
        inst_type = choice(query, "instType", (*TYPES, *WITHOUT_INSTRUMENTS))
        aggregation = choice(query, "dateAggrType", AGGREGATIONS)
        names = _names(query, inst_type)
        if names == [ANY] and aggregation != "daily":
            raise wrong("dateAggrType")
        if module == _FUNDING and aggregation == "daily" and names != [ANY]:
            raise wrong("dateAggrType")
        openings = _openings(query, aggregation)
        details = [
            detail
            for group in self._groups(module, inst_type, names)
            if (detail := self._detail(group, module, aggregation, openings, inst_type))
        ]
        total = sum((Decimal(str(each["groupSizeMB"])) for each in details), Decimal(0))
        row = {"dateAggrType": aggregation, "details": details, "totalSizeMB": str(total)}
        return compact({**row, "ts": str(now // 1000)})

    def _groups(self, module: str, inst_type: str, names: list[str]) -> list[_Group]:
        if module not in _KINDS or inst_type not in TYPES:
            return []
        if module == _FUNDING and inst_type != "SWAP":
            return []
        if module == _FUNDING and names == [ANY]:
            return [_Group("", ANY, ALL_SWAPS)]
        every = self.archive.market.listings("okx", TYPES[inst_type])
        if inst_type == "SPOT":
            found = [each for each in every if names == [ANY] or each.symbol in names]
            return [_Group(each.symbol, "", each.symbol) for each in found]
        found = [each for each in every if names == [ANY] or family(each) in names]
        return [_Group("", family(each), each.symbol) for each in found]

    def _detail(
        self,
        group: _Group,
        module: str,
        aggregation: str,
        openings: list[int],
        inst_type: str,
    ) -> dict[str, object] | None:
        """An entry of `details`, None where none of its files is there."""
        files = [File(_KINDS[module], aggregation, group.file_name, at) for at in openings]
        there = [file for file in files if self.archive.has(file)]
        if not there:
            return None
        sizes = [self._size(file) for file in there]
        return {
            "dateRangeEnd": str(there[0].opening),
            "dateRangeStart": str(there[-1].opening),
            "groupDetails": [
                {
                    "dateTs": str(file.opening),
                    "filename": file.file_name,
                    "sizeMB": str(size),
                    "url": HOST + file.path,
                }
                for file, size in zip(there, sizes, strict=True)
            ],
            "groupSizeMB": str(sum(sizes)),
            "instFamily": group.inst_family,
            "instId": group.inst_id,
            "instType": inst_type,
        }

    def _size(self, file: File) -> Decimal:
        """About how many MB a file has, from what is in it."""
        days = (file.end - file.opening) // DAY
        if file.kind != "trades":
            size = _MB_OF_A_DAY[file.kind] * days
        else:
            listing, last_id = self.archive.listings(file)[0], self.archive.market.last_id
            count = last_id(listing, file.end * 1000) - last_id(listing, file.opening * 1000)
            size = _MB_OF_A_TRADE * count
        return max(size.quantize(Decimal("0.01")), Decimal("0.01"))


def _names(query: Query, inst_type: str) -> list[str]:
    """The instruments or families asked for."""
    name = "instIdList" if inst_type == "SPOT" else "instFamilyList"
    names = required(query, name).split(",")
    if len(names) > MOST_NAMES:
        message = f"Parameter {name} count exceeds the limit {MOST_NAMES}."
        raise RefusedError("50025", message, 200)
    return names


def _openings(query: Query, aggregation: str) -> list[int]:
    """The days or months (ms since the epoch) of a request, newest first, the last 20 of them."""
    required(query, "begin")
    required(query, "end")
    begin, end = whole_number(query, "begin") or 0, whole_number(query, "end") or 0
    frame, latest = AGGREGATIONS[aggregation], 253_370_764_800_000 + HONG_KONG
    if not 0 <= begin <= latest or not 0 <= end <= latest:
        raise wrong("begin" if not 0 <= begin <= latest else "end")
    found: list[int] = []
    at = frame.opening(end)
    while at >= frame.opening(begin) and len(found) < MOST_FILES:
        found.append(at)
        at = frame.before(at, 1)
    return found
