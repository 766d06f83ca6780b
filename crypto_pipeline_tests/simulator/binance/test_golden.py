"""The same seed gives the same bytes: a digest of each kind of message, in golden.json.

They hold for the numpy version that the lock pins. A changed message changes its digest: the
failure shows the new one.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from crypto_pipeline.simulator.binance.dialects import PERP, SPOT
from crypto_pipeline_tests.simulator.binance.market_of import MINUTE, feeds, world

GOLDEN: dict[str, str] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
NOW = 1_780_000_030_000_000
"""2026-05-28T20:27:10Z, µs."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def answered(url: str) -> bytes:
    """An answer's body, a zip's unpacked: packers differ between machines."""
    host, _, rest = url.partition("/")
    body = world().ask(host, f"/{rest}", NOW).body
    if not rest.endswith(".zip"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return packed.read(packed.namelist()[0])


def told(name: str) -> bytes:
    """The frames of a minute of a stream."""
    host, _, stream = name.partition(" ")
    base, _, stream = stream.rpartition(" ")
    feed = feeds(SPOT if host == "spot" else PERP).feed(stream, base)
    assert feed is not None
    frames = [*feed.opening(NOW), *feed.until(NOW + MINUTE)]
    return b"\n".join(frame.text for frame in frames)


@pytest.mark.parametrize("name", list(GOLDEN))
def test_bytes_given_the_seed_are_the_same_everywhere(name: str) -> None:
    assert digest(told(name) if " " in name else answered(name)) == GOLDEN[name]
