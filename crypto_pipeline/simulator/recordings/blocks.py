"""Blocks of capture files, read again while they are replayed.

What belongs here: from a block to the frames of its streams, and which files stay open meanwhile.
What does not: the index that blocks come from (`captures.py`), when a frame is due (`replay.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from crypto_pipeline.simulator.recordings.captures import Block, Unpacked, opened
from crypto_pipeline.simulator.recordings.formats import read_line
from crypto_pipeline.simulator.recordings.naming import stream_of

_BLOCKS_KEPT = 64
_FILES_KEPT_OPEN = 64


class Dated(NamedTuple):
    """The frames of one stream in a block.

    Attributes:
        instants: when each is due, µs since the epoch, strictly ascending.
        frames: as recorded.
    """

    instants: list[int]
    frames: list[bytes]


class BlockReader:
    """Reads blocks; those that several feeds ask for one after the other are read once.

    Replays read their files forwards, so that a gzip file is unpacked once; going back in one
    unpacks it from its start again.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[Path, Unpacked] = OrderedDict()
        self.streams = lru_cache(maxsize=_BLOCKS_KEPT)(self._streams)

    def _streams(self, block: Block) -> dict[str, Dated]:
        """The frames of a block by stream."""
        found: dict[str, Dated] = {}
        at = block.floor
        for line in self._read(block).split(b"\n"):
            entry = read_line(line)
            stream = stream_of(entry.body) if entry is not None and not entry.url else ""
            if entry is None or not stream:
                continue
            at = max(entry.at // 1000, at + 1)
            dated = found.setdefault(stream, Dated([], []))
            dated.instants.append(at)
            dated.frames.append(entry.body)
        return found

    def _read(self, block: Block) -> bytes:
        file = self._files.pop(block.path, None) or opened(block.path)
        self._files[block.path] = file
        if len(self._files) > _FILES_KEPT_OPEN:
            self._files.popitem(last=False)[1].close()
        file.seek(block.offset)
        return file.read(block.size)

    def close(self) -> None:
        """Close all files; a later read opens its file again."""
        while self._files:
            self._files.popitem()[1].close()
