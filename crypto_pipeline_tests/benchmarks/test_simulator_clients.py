"""The counting clients, against a host of a few frames and answers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.simulator.wire.answers import Answer, Request
from crypto_pipeline.simulator.wire.encoding import encode_frames
from crypto_pipeline.simulator.wire.line import Conversation, Line
from crypto_pipeline_tests.benchmarks.simulator_clients import (
    count_answers,
    count_frames,
    counted,
    main,
)
from crypto_pipeline_tests.simulator.wire.hosting import Hosting, Parrot, ParrotHost, hosting


@pytest.fixture(scope="module")
def host() -> Iterator[Hosting]:
    with hosting(ParrotHost()) as running:
        yield running


def address(host: Hosting) -> tuple[str, int]:
    parts = urlsplit(host.url)
    return str(parts.hostname), parts.port or 0


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
def test_counted_given_any_part_of_a_buffer_counts_whole_frames_alone(size: int) -> None:
    frames = encode_frames([b"x" * size] * 3)
    each = len(frames) // 3

    for held in (*range(min(each, 200)), each - 1, each, each + 3, 3 * each - 1, 3 * each):
        assert counted(bytearray(frames[:held]), held) == (held // each, held // each * each)


class Chatter(Parrot):
    """Sends a hundred frames each tick."""

    def tick(self) -> None:
        """Send them."""
        self.hear('{"send": 100}')


class ChatterHost(ParrotHost):
    """Greets with a chatter."""

    def greet(self, request: Request, line: Line) -> Conversation | Answer:
        """Greet everybody."""
        return Chatter(line)


def test_count_frames_given_a_conversation_that_sends_has_a_rate() -> None:
    with hosting(ChatterHost()) as running:
        assert count_frames(*address(running), "/", "anything", 0.2) > 0


def test_count_answers_given_two_connections_has_a_rate(host: Hosting) -> None:
    before = host.counters.requests

    rate = count_answers(*address(host), ["/json", "/json?a=1"], 2, 0.1)

    assert rate > 0
    assert host.counters.requests - before >= 4


def test_count_answers_given_an_error_fails(host: Hosting) -> None:
    with pytest.raises(RuntimeError, match="404"):
        count_answers(*address(host), ["/none"], 1, 0.1)


def test_main_given_a_kind_counts_it(host: Hosting) -> None:
    where = dict(zip(("host", "port"), address(host), strict=True))
    asked = {"kind": "answers", "targets": ["/json"], "connections": 1, "seconds": 0.05}

    assert main({**asked, **where}) > 0
