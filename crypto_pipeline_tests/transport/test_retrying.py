"""When a request is made again, and when a host is given up."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crypto_pipeline.errors import (
    DecodeError,
    SourceBusyError,
    SourceError,
    SourceMissingError,
    VenueBlockedError,
)
from crypto_pipeline.logs import LOG_FILE, configure_logs, remove_log_handlers
from crypto_pipeline.transport.limits import LOST
from crypto_pipeline.transport.retrying import (
    ATTEMPTS,
    ATTEMPTS_BEFORE_NEXT_HOST,
    BREAKS,
    LONGEST_WAIT,
    Patience,
    pause_before_retry,
)
from crypto_pipeline.venues.venue import known_venues
from crypto_pipeline_tests.transport.asking import quick

URL = "http://archive/file.zip"
BUSY = SourceBusyError(URL, "HTTP 500")
BLOCKED = VenueBlockedError(URL, "418")


class Source:
    """Fails as told, one error a request, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.requests = list(errors), 0

    async def ask(self) -> str:
        """Fail with the next error, or answer."""
        self.requests += 1
        if self.errors:
            raise self.errors.pop(0)
        return "rows"


def outcomes(
    patience: Patience, *asks: Callable[[], Awaitable[str]], url: str = URL
) -> list[object]:
    """What each of these requests, one after the other, ends in."""

    async def ask_all() -> list[object]:
        found: list[object] = []
        for request in asks:
            try:
                found.append(await patience.ask(url, request))
            except (SourceError, DecodeError) as error:
                found.append(error)
        return found

    return asyncio.run(ask_all())


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (BUSY, True),
        (SourceBusyError(URL, "429", retry_after=7), 7),
        (SourceBusyError(URL, "429", retry_after=0), 0),
        (SourceBusyError(URL, "429", retry_after=300), 300),
        (SourceBusyError(URL, "429", retry_after=LONGEST_WAIT + 1), False),
        (BLOCKED, False),
        (SourceMissingError(URL, "404"), False),
        (SourceError(URL, "HTTP 400"), False),
        (DecodeError(URL, given="x", expected="y"), False),
    ],
)
def test_pause_given_an_error_waits_as_the_venue_asked(error: Exception, pause: object) -> None:
    assert pause_before_retry(error) == pause


def test_waits_given_every_limit_outlast_its_window() -> None:
    windows = {limit.seconds for known in known_venues().values() for limit in known.limits}

    assert max(windows) <= LONGEST_WAIT < LOST


def test_ask_given_passing_errors_asks_again() -> None:
    source = Source(*[BUSY] * (ATTEMPTS - 1))

    assert outcomes(quick(), source.ask) == ["rows"]
    assert source.requests == ATTEMPTS


def test_ask_given_lasting_errors_ends() -> None:
    source = Source(*[BUSY] * 100)

    assert outcomes(quick(), source.ask) == [BUSY]
    assert source.requests == ATTEMPTS


@pytest.mark.parametrize("error", [SourceMissingError(URL, "404"), BLOCKED])
def test_ask_given_a_final_error_asks_once(error: SourceError) -> None:
    source = Source(error)

    assert outcomes(quick(), source.ask) == [error]
    assert source.requests == 1


@pytest.mark.parametrize("error", [BUSY, BLOCKED])
def test_ask_given_a_host_that_keeps_failing_gives_it_up(error: SourceError) -> None:
    patience, source = quick(), Source(*[error] * 100)

    ended = outcomes(patience, *[source.ask] * (BREAKS + 1))
    asked = source.requests

    assert ended[:BREAKS] == [error] * BREAKS
    last = f"not asked: archive failed {BREAKS} times in a row, at last: {error.reason}"
    assert (type(ended[-1]), str(ended[-1])) == (type(error), f"{URL}: {last}")
    assert outcomes(patience, Source().ask, url="http://other/x") == ["rows"]
    assert source.requests == asked


def test_ask_given_failures_at_once_counts_them_once() -> None:
    patience = quick()

    async def together(*sources: Source) -> list[object]:
        asks = (patience.ask(URL, source.ask) for source in sources)
        return await asyncio.gather(*asks, return_exceptions=True)

    struck = [Source(*[BUSY] * ATTEMPTS) for _ in range(8)]
    assert asyncio.run(together(*struck)) == [BUSY] * 8
    assert asyncio.run(together(Source())) == ["rows"]


def test_ask_given_a_retry_writes_one_line_to_the_log_and_none_to_stdout(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(home, "INFO", console=False)
    try:
        outcomes(quick(), Source(BUSY).ask)
    finally:
        remove_log_handlers()

    (line,) = (home / "logs" / LOG_FILE).read_text(encoding="utf-8").splitlines()
    written = json.loads(line)
    assert (written["event"], written["attempt"]) == ("tried again", 2)
    assert written["cause"] == f"{URL}: HTTP 500"
    assert capsys.readouterr().out == ""


def test_ask_given_an_answer_between_failures_forgets_them() -> None:
    patience, missing = quick(), SourceMissingError(URL, "404")
    for _ in range(BREAKS):
        assert outcomes(patience, Source(BLOCKED).ask, Source(missing).ask) == [BLOCKED, missing]

    assert outcomes(patience, Source().ask) == ["rows"]


def test_ask_given_a_host_that_comes_back_uses_it_again() -> None:
    patience, source = quick(given_up=0.0), Source(*[BLOCKED] * BREAKS)

    ended = outcomes(patience, *[source.ask] * (BREAKS + 1))

    assert ended == [BLOCKED] * BREAKS + ["rows"]


def test_ask_given_a_host_that_fails_again_gives_it_up_at_once() -> None:
    patience, source = quick(given_up=0.3), Source(*[BLOCKED] * 100)
    outcomes(patience, *[source.ask] * BREAKS)
    time.sleep(0.4)

    outcomes(patience, source.ask, source.ask)

    assert source.requests == BREAKS + 1


def test_ask_before_next_given_lasting_errors_asks_less_often() -> None:
    patience, source = quick(), Source(*[BUSY] * 100)

    with pytest.raises(SourceBusyError):
        asyncio.run(patience.ask_before_next(URL, source.ask))
    assert source.requests == ATTEMPTS_BEFORE_NEXT_HOST
