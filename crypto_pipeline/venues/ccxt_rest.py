"""One exchange's REST API through ccxt's implicit methods: the whole answer, not ccxt's digest.

What belongs here: making the client, pointing it at the endpoints, and saying what a failure was in
our own errors. What does not: an exchange's paths and rows (its own module), asking again
(`history/`). ccxt paces requests itself; it never reads Retry-After, so we do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from crypto_pipeline.errors import SourceBusyError, SourceError, VenueBlockedError
from crypto_pipeline.venues.venue import Endpoints

BLOCKED = {
    403: "refuses this address (403): too many requests, or a country it does not serve",
    418: "has banned this address for a while (418)",
    451: "does not serve this country (451)",
}
"""What a refusal that no second request cures means."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after: float | None


_answer: ContextVar[_Answer | None] = ContextVar("answer", default=None)
"""The last answer's status within one task: ccxt's own record is shared by all of them."""


class RestClient:
    """A ccxt client of one exchange.

    Attributes:
        exchange: the ccxt object; its implicit methods are what `call` takes.
    """

    def __init__(self, ccxt_id: str, endpoints: Endpoints, urls: Mapping[str, str]) -> None:
        # ccxt takes seconds to import, and a load that the archive covers never needs it.
        import ccxt.async_support as ccxt

        self._errors = ccxt.BaseError
        base = getattr(ccxt, ccxt_id)
        recording = type(f"Recording{base.__name__}", (base,), {"on_rest_response": _record})
        config = {"enableRateLimit": True, "timeout": int(endpoints.timeout * 1000)}
        self.exchange: Any = recording({**config, **_proxy(endpoints.proxy)})
        self.exchange.urls["api"].update(urls)

    async def call(
        self,
        where: str,
        ask: Callable[[Mapping[str, object]], Awaitable[Any]],
        parameters: Mapping[str, object],
    ) -> Any:
        """Make one request.

        Args:
            where: the endpoint, for errors.
            ask: an implicit method of `exchange`.
            parameters: in the exchange's own names.

        Returns:
            The answer's JSON.

        Raises:
            SourceBusyError: 429, a 5xx, a time-out, a dropped or refused connection.
            VenueBlockedError: 403, 418 or 451.
            SourceError: the exchange refused the request as such.
        """
        _answer.set(None)
        try:
            return await ask(parameters)
        except self._errors as error:
            raise _failure(where, _answer.get(), error) from error

    async def close(self) -> None:
        """Close the client's connections."""
        await self.exchange.close()


def _record(
    _client: object,
    code: int,
    _reason: str,
    _url: str,
    _method: str,
    headers: Mapping[str, str],
    body: str,
    *_request: object,
) -> str:
    """Take down the status of each answer; ccxt calls this."""
    _answer.set(_Answer(code, retry_after(headers)))
    return body


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, or None; exchanges send seconds, never a date."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return max(0.0, float(value))
            except ValueError:
                return None
    return None


def _failure(where: str, answer: _Answer | None, error: Exception) -> SourceError:
    if answer is None:
        cause = error.__cause__ or error
        return SourceBusyError(where, f"no answer ({type(cause).__name__}: {cause})")
    if answer.status in BLOCKED:
        wait = f"; it asks to wait {answer.retry_after:.0f} s" if answer.retry_after else ""
        return VenueBlockedError(where, BLOCKED[answer.status] + wait)
    reason = f"HTTP {answer.status}: {str(error)[:200]}"
    if answer.status == 429 or answer.status >= 500:
        return SourceBusyError(where, reason, retry_after=answer.retry_after)
    return SourceError(where, reason)


def _proxy(proxy: str | None) -> dict[str, str]:
    if proxy is None:
        return {}
    return {"socksProxy" if proxy.startswith("socks") else "httpProxy": proxy}
