"""When a request is made again: the one rule for archive and REST alike.

| an error is | which | what follows |
|---|---|---|
| transient | `SourceBusyError`: 429, a 5xx, a time-out, a dropped or refused connection, a cut answer | the same request again, at most ATTEMPTS times |
| fatal for this host | `VenueBlockedError`: 403, 418, 451, a ban | the exchange's next host, then the next source |
| fatal for this symbol | `SymbolRefusedError` | the other symbols go on |
| fatal | `SourceMissingError` (404), any other `SourceError` or `DecodeError` | the next source |

A pause before a retry is what the exchange asked for, else it grows and is jittered. An exchange
that asks for more than LONGEST_WAIT seconds is not waited for.

A host that failed for good or refused us BREAKS times in a row is given up for GIVEN_UP seconds,
then asked once more and given up again if that fails: a dead network ends a load of thousands of
files within a minute, a ban is not prolonged, a host that comes back is used again, and a network
that is away for a few seconds costs nothing, however many requests it struck at once.
"""  # noqa: E501 a table's row is one line

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import stamina

from crypto_pipeline.errors import SourceBusyError, SourceError, VenueBlockedError

Given = ParamSpec("Given")
Result = TypeVar("Result")

ATTEMPTS = 5
ATTEMPTS_BEFORE_NEXT_HOST = 2
"""Of a request whose exchange has another host."""
LONGEST_WAIT = 300.0
"""The longest window of any limit; a ban lasts longer."""
BREAKS = 3
GIVEN_UP = 60.0


def pause_before_retry(error: Exception) -> bool | float:
    """Whether to ask again, and after how many seconds if the venue said so."""
    if not isinstance(error, SourceBusyError):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


@dataclass(slots=True)
class _Host:
    """How often a host failed in a row, how at last, and until when it is not asked."""

    failures: int = 0
    last: SourceError | None = None
    given_up_until: float = 0.0

    def not_asked(self, name: str, url: str) -> SourceError:
        """Why it is not asked now: what it last did to us."""
        reason = f"not asked: {name} failed {BREAKS} times in a row"
        kind = VenueBlockedError if isinstance(self.last, VenueBlockedError) else SourceBusyError
        return kind(url, reason if self.last is None else f"{reason}, at last: {self.last.reason}")


class Patience:
    """The rule above, with the memory of which hosts are given up; one for each load.

    Args:
        wait_initial: seconds of the first pause, where the exchange asks for none.
        wait_max: seconds of the longest such pause.
        given_up: seconds for which a host is given up.
    """

    def __init__(
        self, *, wait_initial: float = 0.2, wait_max: float = 10.0, given_up: float = GIVEN_UP
    ) -> None:
        self._callers = {
            attempts: stamina.AsyncRetryingCaller(
                attempts=attempts, timeout=None, wait_initial=wait_initial, wait_max=wait_max
            )
            for attempts in (ATTEMPTS, ATTEMPTS_BEFORE_NEXT_HOST)
        }
        self._given_up = given_up
        self._hosts: dict[str, _Host] = {}

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
            VenueBlockedError: the host refuses this address, or did so BREAKS times.
        """
        return await self._ask(ATTEMPTS, url, request, *given, **named)

    async def ask_before_next(
        self,
        url: str,
        request: Callable[Given, Awaitable[Result]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        """As `ask`, with fewer attempts: another host can be asked the same."""
        return await self._ask(ATTEMPTS_BEFORE_NEXT_HOST, url, request, *given, **named)

    async def _ask(
        self,
        attempts: int,
        url: str,
        request: Callable[Given, Awaitable[Result]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        name = urlsplit(url).netloc
        host = self._hosts.setdefault(name, _Host())
        if time.monotonic() < host.given_up_until:
            raise host.not_asked(name, url)
        failed = host.failures
        try:
            result = await self._callers[attempts](pause_before_retry, request, *given, **named)
        except SourceBusyError as error:
            # Requests that were under way together fail together: they count once.
            self._failed(host, max(failed + 1, host.failures), error)
            raise
        except VenueBlockedError as error:
            self._failed(host, host.failures + 1, error)
            raise
        except Exception:
            host.failures = 0
            raise
        host.failures = 0
        return result

    def _failed(self, host: _Host, failures: int, error: SourceError) -> None:
        host.failures, host.last = failures, error
        if failures >= BREAKS:
            host.given_up_until = time.monotonic() + self._given_up
