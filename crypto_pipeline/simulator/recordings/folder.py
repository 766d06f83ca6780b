"""A folder of recordings: what of it is an archive bucket, and which files are captures.

What belongs here: finding them, and where a replay begins. What does not: reading either
(`bucket.py`, `captures.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.domain.klines import MICROSECOND
from crypto_pipeline.errors import UsageError
from crypto_pipeline.simulator.recordings.blocks import BlockReader
from crypto_pipeline.simulator.recordings.bucket import BUCKET
from crypto_pipeline.simulator.recordings.captures import Capture, is_capture, scan
from crypto_pipeline.simulator.recordings.pace import ReplayClock
from crypto_pipeline.simulator.recordings.replay import RecordedFeeds
from crypto_pipeline.simulator.recordings.rest import RecordedAnswers


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a folder holds; a context manager that closes the files it read at its end.

    Attributes:
        bucket: the folder that holds the archive's `data/`; None where there is none.
        captures: every capture, by path.
        reader: what reads their frames.
    """

    bucket: Path | None
    captures: tuple[Capture, ...]
    reader: BlockReader = field(default_factory=BlockReader)

    @property
    def start(self) -> datetime | None:
        """Receive time of the first frame, in UTC; None where no frame is recorded."""
        firsts = [capture.blocks[0].first for capture in self.captures if capture.blocks]
        return EPOCH + min(firsts) * MICROSECOND if firsts else None

    def answers(self) -> RecordedAnswers:
        """The REST answers in the captures."""
        return RecordedAnswers(self.captures)

    def feeds(self, exchange: str, pace: ReplayClock | None = None) -> RecordedFeeds:
        """The recorded streams of an exchange: `binance`, `okx`, `bybit` or `coinbase`.

        Args:
            exchange: whose.
            pace: the clock, where it wants to know of its readers.
        """
        return RecordedFeeds(exchange, self.captures, self.reader, pace)

    def __enter__(self) -> Self:
        """Nothing is open before something is read."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was read."""
        self.reader.close()


def open_recordings(folder: Path) -> Recorded:
    """Find what a folder holds; every capture is read once, so that its lines are known good.

    Args:
        folder: holds `data.binance.vision/data/...` as in the real bucket, captures at any depth,
            or both; or is one capture file. Other files are left alone.

    Raises:
        UsageError: it is not there, or holds neither.
        RecordingError: a line of a capture is malformed.
    """
    if not folder.exists():
        raise UsageError(f"recordings {folder} is not there; give a folder or a capture file")
    bucket = folder / BUCKET if (folder / BUCKET / "data").is_dir() else None
    captures = tuple(scan(path, _told(folder, path)) for path in _capture_files(folder))
    if bucket is None and not captures:
        raise UsageError(
            f"recordings {folder} has neither {BUCKET}/data, laid out as the real bucket, nor a "
            f"capture: a file, gzip or plain, of lines '<receive time in µs or ns> <frame>' or in "
            f"cryptofeed's format"
        )
    return Recorded(bucket, captures)


def _capture_files(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and folder.name != BUCKET:
        for path in sorted(folder.iterdir()):
            yield from _capture_files(path)
    elif folder.is_file() and is_capture(folder):
        yield folder


def _told(folder: Path, path: Path) -> str:
    """The names that may tell the market: the folder's own, and those below it."""
    below = path.relative_to(folder).parts if path != folder else ()
    return " ".join((folder.parent.name if not below else folder.name, *below))
