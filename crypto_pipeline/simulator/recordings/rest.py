"""Recorded REST answers, given again to whoever asks the same.

What belongs here: which recorded answer a request gets, and a host that gives it. What does not:
reading captures (`captures.py`), and what the exchanges answer of themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.recordings.captures import Capture, opened
from crypto_pipeline.simulator.recordings.formats import read_line
from crypto_pipeline.simulator.recordings.snapshots import KeptAnswer, Place
from crypto_pipeline.simulator.wire.answers import (
    JSON,
    Answer,
    HostLogic,
    Refuser,
    Request,
    missing_page,
)
from crypto_pipeline.simulator.wire.line import SocketLogic

SOON = 60_000_000
"""Simulated µs within which an answer that is still to be recorded is given already."""

DAY = 86_400_000_000
"""Simulated µs for which a recorded answer goes before what the inner host knows."""

_SIZES = ("limit", "sz", "depth")
_ALIASES = {
    "api1.binance.com": "api.binance.com",
    "data-api.binance.vision": "api.binance.com",
    "api.pro.coinbase.com": "api.exchange.coinbase.com",
    "openapi.okx.com": "www.okx.com",
    "api.bytick.com": "api.bybit.com",
}
_Question = tuple[str, str, tuple[tuple[str, str], ...]]


class RecordedAnswers:
    """The REST answers of captures, by host, path and query.

    How many rows a query asks for does not count: a recorded page of 1000 levels answers who asks
    for 5000.
    """

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._places: dict[_Question, list[Place]] = defaultdict(list)
        for kept in sorted((kept for capture in captures for kept in capture.answers), key=_at):
            self._places[_asked(kept.url)].append(kept.place)
        self._body = lru_cache(maxsize=8)(_body)

    def find(
        self, host: str, request: Request, now: int, within: int | None = None
    ) -> bytes | None:
        """The body that a request gets, None where nothing like it was recorded.

        It is the answer received next, if that is within `SOON` of `now`: its request was on its
        way then. Else it is the last one before, else the first one ever.

        Args:
            host: the production host that was asked.
            request: what was asked.
            now: simulated instant, µs since the epoch.
            within: µs from now beyond which an answer does not count; None is any.
        """
        places = self._places.get(_question(host, request.path, dict(request.query)))
        if not places:
            return None
        after = bisect_right([place.at for place in places], now)
        soon = after < len(places) and places[after].at <= now + SOON
        place = places[after if soon else max(after - 1, 0)]
        return self._body(place) if within is None or abs(place.at - now) <= within else None


class BothLogic(HostLogic, SocketLogic, Protocol):
    """What a host knows that answers HTTP and websockets."""


class RecordedHost:
    """A REST host that answers what was recorded of it, and nothing made up.

    Server time is always the clock's. Where the inner host serves, an answer that was recorded
    within a day goes before it; elsewhere one of any age will do.

    Args:
        name: the production host.
        answers: of all hosts.
        clock: the simulated time.
        inner: what answers the paths that `serves`.
        serves: tells of a path whether `inner`'s answer to it is true of the recordings.
    """

    def __init__(
        self,
        name: str,
        answers: RecordedAnswers,
        clock: SimulatorClock,
        inner: HostLogic,
        serves: Callable[[str], bool],
    ) -> None:
        self._name, self._answers, self._clock = name, answers, clock
        self._inner, self._serves = inner, serves

    def answer(self, request: Request) -> Answer:
        """The recorded answer or the inner host's; 404 where there is neither."""
        if keeps_time(request.path):
            return self._inner.answer(request)
        serves = self._serves(request.path)
        now, within = self._clock.now_us(), DAY if serves else None
        body = self._answers.find(self._name, request, now, within)
        if body is not None:
            return Answer(200, body, {"Content-Type": JSON})
        return self._inner.answer(request) if serves else missing_page()

    def slow(self, request: Request) -> bool:
        """Always: an answer may have to be found in a packed file."""
        return True

    def refusal(self, status: int) -> Answer | None:
        """As the inner host."""
        return self._inner.refusal(status) if isinstance(self._inner, Refuser) else None


class RecordedBoth(RecordedHost):
    """A host that answers REST as `RecordedHost`, and websockets as its inner one."""

    def __init__(
        self,
        name: str,
        answers: RecordedAnswers,
        clock: SimulatorClock,
        inner: BothLogic,
        serves: Callable[[str], bool],
    ) -> None:
        super().__init__(name, answers, clock, inner, serves)
        self.greet = inner.greet
        self.deflate = bool(getattr(inner, "deflate", False))


def keeps_time(path: str) -> bool:
    """Whether a path asks for the server's time or state, which the clock knows."""
    return path.rstrip("/").rpartition("/")[2] in ("time", "ping", "status")


def recorded_host(
    name: str,
    inner: HostLogic | SocketLogic | BothLogic,
    answers: RecordedAnswers,
    clock: SimulatorClock,
    serves: Callable[[str], bool] = keeps_time,
) -> RecordedHost | SocketLogic:
    """A host of an exchange as a replay has it; one without REST stays as it is.

    Args:
        name: the production host.
        inner: the exchange's own, with the recorded feeds.
        answers: of all hosts.
        clock: the simulated time.
        serves: as `RecordedHost` says.
    """
    if not isinstance(inner, HostLogic):
        return inner
    if isinstance(inner, SocketLogic):
        return RecordedBoth(name, answers, clock, cast(BothLogic, inner), serves)
    return RecordedHost(name, answers, clock, inner, serves)


def _at(kept: KeptAnswer) -> int:
    return kept.place.at


def _asked(url: str) -> _Question:
    parts = urlsplit(url)
    return _question(parts.netloc, parts.path, dict(parse_qsl(parts.query)))


def _question(host: str, path: str, query: dict[str, str]) -> _Question:
    about = tuple(sorted(pair for pair in query.items() if pair[0] not in _SIZES))
    return _ALIASES.get(host, host), path.rstrip("/"), about


def _body(place: Place) -> bytes:
    with opened(place.path) as lines:
        lines.seek(place.offset)
        entry = read_line(lines.read(place.size))
    return entry.body if entry is not None else b""
