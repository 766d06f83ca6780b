"""REST answers that stand inside a capture of websocket frames.

What belongs here: Binance's depth snapshots, which recorders write between the frames, and the
URL that each is the answer of. What does not: answers that carry their URL (`formats.py`), and
answering (`rest.py`).

A snapshot names neither host nor, on most hosts, its symbol: it is of the symbol whose diffs'
update ids are nearest to its `lastUpdateId`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crypto_pipeline.simulator.recordings.naming import COIN_M, SPOT, USD_M

_SNAPSHOT = re.compile(rb'\{\s*"lastUpdateId":\s*(\d+)')
_DIFF = re.compile(rb'"u": ?(\d+)')
_URLS = {
    SPOT: "https://api.binance.com/api/v3/depth?symbol=",
    USD_M: "https://fapi.binance.com/fapi/v1/depth?symbol=",
    COIN_M: "https://dapi.binance.com/dapi/v1/depth?symbol=",
}


class Place(NamedTuple):
    """Where a line stands: its instant in µs, its file, its offset and size unpacked."""

    at: int
    path: Path
    offset: int
    size: int


class KeptAnswer(NamedTuple):
    """A recorded REST answer: the URL that was asked, and where its line stands."""

    url: str
    place: Place


class Snapshots:
    """The depth snapshots of one capture, as its lines go by."""

    def __init__(self) -> None:
        self._found: list[tuple[int, Place]] = []
        self._first_diffs: dict[str, bytes] = {}
        self._last_diffs: dict[str, bytes] = {}

    def see(self, stream: str, frame: bytes) -> None:
        """Take a frame of a stream of diffs."""
        self._first_diffs.setdefault(stream, frame)
        self._last_diffs[stream] = frame

    def take(self, frame: bytes, place: Place) -> None:
        """Keep a frame of no stream, if it is a snapshot."""
        found = _SNAPSHOT.match(frame)
        if found is not None:
            self._found.append((int(found[1]), place))

    def answers(self, host: str, streams: Iterable[str]) -> list[KeptAnswer]:
        """What was found, as answers of the REST host beside one of Binance's websocket hosts.

        Args:
            host: the websocket host of the capture.
            streams: all in the capture; at least one.
        """
        if host not in _URLS:
            return []
        candidates = list(self._first_diffs) or sorted(streams)[:1]
        return [
            KeptAnswer(_URLS[host] + self._symbol(candidates, update_id), place)
            for update_id, place in self._found
        ]

    def _symbol(self, streams: list[str], update_id: int) -> str:
        nearest = min(streams, key=lambda stream: self._distance(stream, update_id))
        return nearest.partition("@")[0].upper()

    def _distance(self, stream: str, update_id: int) -> int:
        """How far an id lies outside the ids of a stream of diffs."""
        frames = (self._first_diffs.get(stream, b""), self._last_diffs.get(stream, b""))
        ids = [_DIFF.search(frame) for frame in frames]
        first, last = (int(found[1]) if found is not None else 0 for found in ids)
        return max(first - update_id, update_id - last, 0)
