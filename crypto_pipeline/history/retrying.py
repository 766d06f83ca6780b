"""When a request is made again: the one rule for archive and REST alike.

A `SourceBusyError` (429, a 5xx, a time-out, a dropped or refused connection) is transient: the same
request is made again, after the seconds that the venue asked for, else after a growing, jittered
pause, and at most ATTEMPTS times. A venue that asks for more than LONGEST_WAIT seconds is not
waited for. Everything else is final for this source: missing (404), blocked (403, 418, 451),
refused, undecodable; the next source is asked instead.

A host that failed for good or refused us BREAKS times in a row is given up for the rest of the
load: a dead network ends a load of thousands of files within a minute, a ban is not prolonged, and
a network that is away for a few seconds costs nothing, however many requests it struck at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import stamina

from crypto_pipeline.errors import SourceBusyError, VenueBlockedError

Given = ParamSpec("Given")
Result = TypeVar("Result")

ATTEMPTS = 5
LONGEST_WAIT = 120.0
BREAKS = 3


def pause_before_retry(error: Exception) -> bool | float:
    """Whether to ask again, and after how many seconds if the venue said so."""
    if not isinstance(error, SourceBusyError):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


class Patience:
    """The rule above, with the memory of which hosts are given up; one for each load."""

    def __init__(self, *, wait_initial: float = 0.2, wait_max: float = 10.0) -> None:
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=ATTEMPTS, timeout=None, wait_initial=wait_initial, wait_max=wait_max
        )
        self._failures: dict[str, int] = {}

    async def ask(
        self,
        url: str,
        request: Callable[Given, Awaitable[Result]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        """Make a request of `url`, that is `request(*given)`, under the rule.

        Raises:
            SourceBusyError: it failed ATTEMPTS times, or its host is given up.
            VenueBlockedError: the host refuses this address.
        """
        host = urlsplit(url).netloc
        failed = self._failures.get(host, 0)
        if failed >= BREAKS:
            raise SourceBusyError(url, f"not asked: {host} failed {BREAKS} times in a row")
        try:
            result = await self._retrying(pause_before_retry, request, *given, **named)
        except SourceBusyError:
            # Requests that were under way together fail together: they count once.
            self._failures[host] = max(failed + 1, self._failures.get(host, 0))
            raise
        except VenueBlockedError:
            self._failures[host] = self._failures.get(host, 0) + 1
            raise
        except Exception:
            self._failures[host] = 0
            raise
        self._failures[host] = 0
        return result
