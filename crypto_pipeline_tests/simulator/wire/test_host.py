"""A host whose own code is wrong: its client gets an answer, and whoever runs it a log."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from crypto_pipeline.simulator.wire.answers import Answer, Request, json_answer
from crypto_pipeline_tests.simulator.logged import errors_logged
from crypto_pipeline_tests.simulator.wire.hosting import hosting


class Faulty:
    """A host that divides by 0, except at `/fine`; its own 500 is JSON.

    Args:
        is_slow: whether a worker thread does it.
    """

    def __init__(self, is_slow: bool) -> None:
        self.is_slow = is_slow

    def answer(self, request: Request) -> Answer:
        """Divide, or fail."""
        return json_answer(1 // int(request.path == "/fine"))

    def slow(self, request: Request) -> bool:
        """As told."""
        return self.is_slow

    def refusal(self, status: int) -> Answer | None:
        """An error with a body."""
        return json_answer({"code": status}, status)


@pytest.mark.parametrize("is_slow", [False, True])
def test_request_given_an_error_of_the_host_is_its_500_and_the_connection_stays(
    is_slow: bool,
) -> None:
    with hosting(Faulty(is_slow)) as running, errors_logged() as said:
        connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=10)
        replies = []
        for path in ("/wrong?a=b", "/fine"):
            connection.request("GET", path)
            response = connection.getresponse()
            replies.append((response.status, response.read()))
        connection.close()

    assert replies == [(500, b'{"code":500}'), (200, b"1")]
    assert running.counters.connections == 1
    assert len(said) == 1
    assert "/wrong {'a': 'b'}" in said[0]
    assert "ZeroDivisionError" in said[0]
