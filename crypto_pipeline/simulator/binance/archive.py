"""Binance's bulk archive, data.binance.vision: recorded files, or files of the synthetic market.

What belongs here: which file is there and its exact bytes. What does not: names
(`archive_names.py`), rows (`archive_rows.py`), listings of the bucket (`bucket.py`).
"""

from __future__ import annotations

import hashlib
import zipfile
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from crypto_pipeline.simulator.binance.archive_names import (
    DAILY,
    FOLDERS,
    MONTHLY,
    OF_INTERVALS,
    ArchiveFile,
    families,
    intervals,
    named_file,
    spans,
)
from crypto_pipeline.simulator.binance.archive_rows import ArchiveRows
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.wire.answers import Answer, Request, file_answer, missing_file
from crypto_pipeline.simulator.wire.files import CHECKSUM, checksum_line, zipped

MOST_KEPT = 128 << 20
"""Bytes of zips that are kept for the next request."""
_LIKELY_SIZE = 65_536
_HASH_LINE = 67
"""Bytes of a checksum's line beside the name of its file."""


class Archive(ABC):
    """Where the mirror takes its files from."""

    @abstractmethod
    def file(self, path: str) -> bytes | None:
        """The bytes at a path (`/data/spot/...`, zip or .CHECKSUM), None where there is none."""

    @abstractmethod
    def children(self, folder: str) -> Sequence[str]:
        """What lies in a folder (`data/spot/`): names in order, those of folders end with `/`."""

    @abstractmethod
    def modified(self, key: str) -> datetime:
        """When the file at a key (`data/spot/...`) was written."""

    @abstractmethod
    def size_and_tag(self, key: str) -> tuple[int, str]:
        """Bytes of the file at a key, and its entity tag."""


class RecordedArchive(Archive):
    """The files of a folder, byte by byte.

    Args:
        bucket: the folder that holds `data/`.
    """

    def __init__(self, bucket: Path) -> None:
        self.bucket = bucket.resolve()

    def file(self, path: str) -> bytes | None:
        """The bytes of a file below the bucket."""
        found = self._inside(path)
        return found.read_bytes() if found is not None and found.is_file() else None

    def children(self, folder: str) -> Sequence[str]:
        """Files and folders of a folder below the bucket."""
        found = self._inside(folder)
        if found is None or not found.is_dir():
            return []
        return sorted(each.name + "/" * each.is_dir() for each in found.iterdir())

    def modified(self, key: str) -> datetime:
        """The file's own time."""
        found = self._inside(key)
        seconds = 0.0 if found is None else found.stat().st_mtime
        return datetime.fromtimestamp(int(seconds), UTC)

    def size_and_tag(self, key: str) -> tuple[int, str]:
        """The file's own."""
        content = self.file(key) or b""
        return len(content), _digest(content)

    def _inside(self, path: str) -> Path | None:
        try:
            found = (self.bucket / path.lstrip("/")).resolve()
            return found if found.is_relative_to(self.bucket) and found.exists() else None
        except (OSError, ValueError):  # a name too long, or one that no file can have
            return None


class SyntheticArchive(Archive):
    """Files computed from the synthetic market; the same bytes each time.

    Args:
        market: what they are about.
        clock: says which are there by now.
    """

    def __init__(self, market: SyntheticMarket, clock: SimulatorClock) -> None:
        self.market, self.clock = market, clock
        self._rows, self._kept = ArchiveRows(market), KeptFiles()

    def file(self, path: str) -> bytes | None:
        """The zip or checksum at a path."""
        known = self._known(path.removesuffix(CHECKSUM))
        if known is None:
            return None
        content = self._kept.get(path.removesuffix(CHECKSUM))
        if content is None:
            content = self._packed(*known)
            self._kept.put(path.removesuffix(CHECKSUM), content)
        return checksum_line(content, path) if path.endswith(CHECKSUM) else content

    def _known(self, path: str) -> tuple[ArchiveFile, Listing] | None:
        file = named_file(path)
        if file is None or file.appears_at > self.clock.now_ms():
            return None
        listing = self.market.listing("binance", file.dialect.instrument_type, file.symbol)
        if listing is None or not listing.listed_at < file.end:
            return None
        over = listing.delisted_at is not None and listing.delisted_at <= file.start
        return None if over else (file, listing)

    def _packed(self, file: ArchiveFile, listing: Listing) -> bytes:
        written = datetime.fromtimestamp(file.appears_at // 1000, UTC).timetuple()
        inner = zipfile.ZipInfo(f"{file.name}.csv", written[:6])
        return zipped(inner, self._rows.parts(file, listing))

    def children(self, folder: str) -> Sequence[str]:
        """What lies in a folder by now."""
        parts = folder.rstrip("/").split("/") if folder else []
        if parts[1:2] == ["futures"] and len(parts) > 2:
            parts[1:3] = ["/".join(parts[1:3])]
        above = (["data/"], ["futures/", "spot/"], [f"{DAILY}/", f"{MONTHLY}/"])
        if parts == ["data", "futures"]:
            return ["um/"]
        if len(parts) < 3:
            known = parts[:1] in ([], ["data"]) and (len(parts) < 2 or parts[1] in FOLDERS)
            return above[len(parts)] if known else []
        return self._inside(*parts[1:]) if parts[1] in FOLDERS else []

    def _inside(self, market: str, period: str, *below: str) -> Sequence[str]:
        if period not in (DAILY, MONTHLY) or (below and below[0] not in families(market, period)):
            return []
        if not below:
            return [f"{family}/" for family in families(market, period)]
        if len(below) == 1:
            return sorted(f"{each.symbol}/" for each in self._listings(market))
        if below[0] in OF_INTERVALS and len(below) == 2:
            return [f"{interval}/" for interval in intervals(market, period)]
        if len(below) != (3 if below[0] in OF_INTERVALS else 2):
            return []
        return self._names(market, period, below)

    def _listings(self, market: str) -> list[Listing]:
        now = self.clock.now_ms()
        listings = self.market.listings("binance", FOLDERS[market].instrument_type)
        return [each for each in listings if each.listed_at < now]

    def _names(self, market: str, period: str, below: Sequence[str]) -> Sequence[str]:
        folder = f"data/{market}/{period}/{'/'.join(below)}/"
        kind = FOLDERS[market].instrument_type
        listing = self.market.listing("binance", kind, below[1])
        if listing is None:
            return []
        end = min(listing.delisted_at or self.clock.now_ms(), self.clock.now_ms())
        stem = f"{below[1]}-{below[-1] if below[0] in OF_INTERVALS else below[0]}"
        zips = [f"{stem}-{date}.zip" for _, date in spans(listing.listed_at, end, period)]
        there = [name for name in zips if self._known(folder + name) is not None]
        return [each for name in there for each in (name, name + CHECKSUM)]

    def modified(self, key: str) -> datetime:
        """When the file appeared."""
        file = named_file(key.removesuffix(CHECKSUM))
        return datetime.fromtimestamp(0 if file is None else file.appears_at // 1000, UTC)

    def size_and_tag(self, key: str) -> tuple[int, str]:
        """Of a zip, which may not be made yet, a size that it may have and a tag of its name."""
        if key.endswith(CHECKSUM):
            name = key.rpartition("/")[2].removesuffix(CHECKSUM)
            return _HASH_LINE + len(name.encode()), _digest(key.encode())
        return _LIKELY_SIZE, _digest(key.encode())


class KeptFiles:
    """The files made last, up to `MOST_KEPT` bytes."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str) -> bytes | None:
        """A file, None where it is not kept."""
        with self._lock:
            if path in self._files:
                self._files.move_to_end(path)
            return self._files.get(path)

    def put(self, path: str, content: bytes) -> None:
        """Keep a file; the last one is kept whatever its size."""
        with self._lock:
            self._files[path] = content
            while len(self._files) > 1 and sum(map(len, self._files.values())) > MOST_KEPT:
                self._files.popitem(last=False)


class ArchiveHost:
    """The answers of data.binance.vision.

    Args:
        archive: where the files come from.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def answer(self, request: Request) -> Answer:
        """A file, or S3's 404."""
        content = self.archive.file(request.path)
        if content is None:
            return missing_file(request.path)
        return file_answer(content, request.path)

    def slow(self, _: Request) -> bool:
        """Files are made, packed and hashed."""
        return True


def _digest(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
