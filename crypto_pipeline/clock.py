"""The time, injected: the system's, or a simulator's.

What belongs here: asking for the current instant. What does not: which bars are closed at it
(`domain/intervals.py`), or setting the simulator's time (`simulator/`).
"""

from __future__ import annotations

import http.client
import json
import urllib.request
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from urllib.error import URLError

from crypto_pipeline.errors import ClockError
from crypto_pipeline.settings import Settings
from crypto_pipeline.settings_problems import without_userinfo

LONGEST_ANSWER = 10_000
"""Bytes; a longer answer is not a clock's."""


class Clock(ABC):
    """Something that knows what time it is."""

    @abstractmethod
    def now(self) -> datetime:
        """The current instant, aware, in UTC."""


class SystemClock(Clock):
    """This machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)


class RemoteClock(Clock):
    """A clock that answers `GET <url>/clock` with `{"now": "<ISO time with zone>"}`.

    Args:
        url: an http or https address, without `/clock`; proxies are not used for it.
        timeout: seconds that one question may take.
    """

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def now(self) -> datetime:
        """The current instant, aware, in UTC.

        Raises:
            ClockError: it cannot be reached, or its answer is no time.
        """
        body = self._ask()
        try:
            instant = datetime.fromisoformat(json.loads(body)["now"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._error('its answer is not {"now": "<ISO time>"}') from error
        if instant.utcoffset() is None:
            raise self._error(f"its time {instant.isoformat()} has no zone")
        return instant.astimezone(UTC)

    def _ask(self) -> bytes:
        try:
            with self._opener.open(f"{self.url}/clock", timeout=self.timeout) as answer:
                body: bytes = answer.read(LONGEST_ANSWER)
                return body
        except URLError as error:
            raise self._error(str(error.reason)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._error(str(error) or type(error).__name__) from error

    def _error(self, reason: str) -> ClockError:
        return ClockError(without_userinfo(self.url), reason)


def clock_from(settings: Settings) -> Clock:
    """The clock that the settings name: `clock_url`, else the simulator's, else the system's."""
    url = settings.clock_url or settings.simulator_url
    return RemoteClock(url) if url else SystemClock()
