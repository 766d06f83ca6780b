"""Every message of the recorded captures, for tests that compare shapes with them.

What belongs here: reading captures as evidence. What does not: any comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crypto_pipeline.simulator.recordings.captures import opened
from crypto_pipeline.simulator.recordings.formats import Entry, read_line
from crypto_pipeline.simulator.recordings.naming import stream_of


def frames_of(real_data: Path, name: str) -> Iterator[tuple[str, int, Any]]:
    """The websocket messages of one capture, in order.

    Args:
        real_data: the folder of real market data.
        name: the file in it: `hftbacktest/spot/btcusdt_20230405.dat.gz`, `cryptofeed/OKX.ws.1.0`.

    Yields:
        The exchange's name of the stream (empty for acks and for REST answers in-band), ns since
        the epoch at which it was received, and the parsed message.
    """
    for entry in _entries(real_data / name):
        if not entry.url:
            yield stream_of(entry.body), entry.at, json.loads(entry.body)


def answers_of(real_data: Path, name: str) -> Iterator[tuple[str, int, Any]]:
    """The REST answers of one file in cryptofeed's format: URL, ns since the epoch, parsed body."""
    for entry in _entries(real_data / name):
        if entry.url:
            yield entry.url, entry.at, json.loads(entry.body)


def first_frames(real_data: Path, name: str) -> dict[str, Any]:
    """The first message of each stream of a capture, by stream."""
    found: dict[str, Any] = {}
    for stream, _, message in frames_of(real_data, name):
        found.setdefault(stream, message)
    return found


def _entries(path: Path) -> Iterator[Entry]:
    with opened(path) as lines:
        yield from (entry for entry in map(read_line, lines) if entry is not None)
