"""The same seed gives the same bytes: digests of each kind of message, in golden.json.

They hold for the numpy version that the lock pins. Whoever changes a message on purpose writes the
new ones down: the failure shows them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crypto_pipeline_tests.simulator.coinbase.logics import Standing

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
AT = 1_739_190_870_250_000
STRETCH = 10.0


def digest(contents: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(contents)).hexdigest()[:16]


@pytest.mark.parametrize("url", GOLDEN["answers"])
def test_answer_given_the_seed_has_the_same_bytes(url: str) -> None:
    host, _, rest = url.partition("/")
    parts = urlsplit(f"/{rest}")
    answer = Standing(AT).get(host, parts.path, **dict(parse_qsl(parts.query)))
    assert answer.status == 200
    assert digest([answer.body]) == GOLDEN["answers"][url]


@pytest.mark.parametrize("stream", GOLDEN["frames"])
def test_frames_given_the_seed_have_the_same_bytes(stream: str) -> None:
    base, _, name = stream.partition(" ")
    frames = Standing(AT).delivered(base, name, STRETCH)
    assert len(frames) > 1
    assert digest([frame.text for frame in frames]) == GOLDEN["frames"][stream]
