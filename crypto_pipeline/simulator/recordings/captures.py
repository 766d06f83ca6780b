"""Capture files: what each holds, found out by reading it once from start to end.

What belongs here: the index of a file. What does not: the grammar of lines (`formats.py`), which
stream a frame is of (`naming.py`), reading frames again (`blocks.py`), delivery (`replay.py`).

A file is never held whole: the index knows where blocks of some hundred kB start. Instants are µs
since the epoch, and strictly ascending within a file, whatever the recorder's clock did: a frame
received no later than the one before it counts as received 1 µs after that one.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from crypto_pipeline.simulator.errors import RecordingError
from crypto_pipeline.simulator.recordings.formats import (
    Entry,
    connection_url,
    is_capture_line,
    read_line,
)
from crypto_pipeline.simulator.recordings.naming import host_of, stream_of
from crypto_pipeline.simulator.recordings.snapshots import KeptAnswer, Place, Snapshots

_BLOCK_BYTES = 1 << 19
_SAMPLE = 200
_LINES_TO_KNOW_BY = 3
_HEAD_BYTES = 4096
_GZIP_MAGIC = b"\x1f\x8b"
_DAMAGED = (gzip.BadGzipFile, zlib.error)


Unpacked = gzip.GzipFile | BufferedReader
"""A file open for reading its unpacked bytes."""


class Block(NamedTuple):
    """Some successive lines of a file.

    Attributes:
        path: the file.
        offset: of the first line, in bytes of the unpacked file.
        size: in bytes.
        floor: instant of the last frame before it; 0 at the file's start.
        first: instant of its first frame.
        last: instant of its last frame.
    """

    path: Path
    offset: int
    size: int
    floor: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Capture:
    """One file.

    Attributes:
        path: the file.
        host: the production host whose websocket it is of, `stream.bybit.com/linear` where
            Bybit's category is known; empty where no frame of a stream is in it.
        streams: how many frames each stream has in it, by its name.
        blocks: all of its lines that hold a frame of a stream, in order.
        answers: the REST answers in it.
    """

    path: Path
    host: str
    streams: dict[str, int]
    blocks: tuple[Block, ...]
    answers: tuple[KeptAnswer, ...]


def opened(path: Path) -> Unpacked:
    """The unpacked bytes of a file, gzip or plain."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
    return gzip.open(path) if packed else path.open("rb")


def is_capture(path: Path) -> bool:
    """Whether one of the first lines of a file is of a capture.

    Raises:
        RecordingError: it may not be read.
    """
    heads: list[bytes] = []
    try:
        with opened(path) as lines, suppress(EOFError, *_DAMAGED):
            for _ in range(_LINES_TO_KNOW_BY):
                heads.append(lines.readline(_HEAD_BYTES))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RecordingError(str(path), 0, f"it cannot be read ({error.strerror})") from error
    return any(map(is_capture_line, heads))


def scan(path: Path, told: str) -> Capture:
    """Read a file once and tell what it holds.

    A last line that is cut off, as a recorder that was killed leaves it, is left out.

    Args:
        path: a file that `is_capture`.
        told: the names of its folders, which may say `spot` or `linear`.

    Raises:
        RecordingError: a line is malformed, or packed bytes are damaged; the error names file and
            line.
    """
    stamp = path.stat()
    return _scanned(path, told, stamp.st_size, stamp.st_mtime_ns)


@lru_cache(maxsize=256)
def _scanned(path: Path, told: str, _size: int, _changed: int) -> Capture:
    index = _Index(path)
    for number, offset, line in _lines(path):
        try:
            index.add(line, offset)
        except ValueError as error:
            if not line.endswith(b"\n"):
                break
            raise RecordingError(str(path), number, str(error)) from error
    return index.capture(told)


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line; a gzip file that is cut off ends early."""
    number = offset = 0
    with opened(path) as lines:
        try:
            for number, line in enumerate(lines, start=1):
                yield number, offset, line
                offset += len(line)
        except EOFError:
            return
        except _DAMAGED as error:
            wrong = f"the gzip file is damaged here ({error})"
            raise RecordingError(str(path), number + 1, wrong) from error


class _Index:
    """What is known of a file as its lines go by."""

    def __init__(self, path: Path) -> None:
        self._path, self._told = path, ""
        self._sample: list[bytes] = []
        self._streams: Counter[str] = Counter()
        self._blocks: list[Block] = []
        self._answers: list[KeptAnswer] = []
        self._snapshots = Snapshots()
        self._offset = self._end = 0  # of the block that is being read
        self._floor = self._first = self._at = 0

    def add(self, line: bytes, offset: int) -> None:
        """Take the next line; ValueError if it is malformed."""
        entry = read_line(line)
        if entry is None:
            self._told += f" {connection_url(line)}"
            return
        if not line.endswith(b"\n"):
            json.loads(entry.body)
        if entry.url:
            self._answers.append(KeptAnswer(entry.url, self._place(entry, line, offset)))
            return
        stream = stream_of(entry.body)
        if stream:
            self._add_frame(stream, entry.body)
            self._extend(entry.at // 1000, offset, len(line))
        else:
            self._snapshots.take(entry.body, self._place(entry, line, offset))

    def _place(self, entry: Entry, line: bytes, offset: int) -> Place:
        return Place(entry.at // 1000, self._path, offset, len(line))

    def _add_frame(self, stream: str, frame: bytes) -> None:
        self._streams[stream] += 1
        if "@depth" in stream:
            self._snapshots.see(stream, frame)
        if len(self._sample) < _SAMPLE:
            self._sample.append(frame)

    def _extend(self, at: int, offset: int, size: int) -> None:
        """Let the block reach to the end of this line, or begin another with it."""
        if self._end - self._offset >= _BLOCK_BYTES:
            self._close()
        previous, self._at = self._at, max(at, self._at + 1)
        if not self._first:
            self._offset, self._floor, self._first = offset, previous, self._at
        self._end = offset + size

    def _close(self) -> None:
        if self._first:
            self._blocks.append(
                Block(
                    self._path,
                    self._offset,
                    self._end - self._offset,
                    self._floor,
                    self._first,
                    self._at,
                )
            )
        self._offset = self._end = self._first = 0

    def capture(self, told: str) -> Capture:
        """What the whole file holds."""
        self._close()
        host = host_of(self._sample, f"{told} {self._told}")
        answers = (*self._answers, *self._snapshots.answers(host, self._streams))
        return Capture(self._path, host, self._streams, tuple(self._blocks), answers)
