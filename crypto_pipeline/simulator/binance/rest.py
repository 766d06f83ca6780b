"""One of Binance's REST hosts: it weighs a request, judges it and words the answer.

What belongs here: limits, headers, error bodies. What does not: what each path answers
(`spot.py`, `perps.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from crypto_pipeline.simulator.binance.limits import MINUTE, Verdict, WeightLimiter
from crypto_pipeline.simulator.binance.parameters import Query, RequestError
from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.wire.answers import (
    JSON,
    Answer,
    Request,
    json_answer,
    missing_page,
)
from crypto_pipeline.simulator.wire.limits import Limiter
from crypto_pipeline.simulator.wire.rules import Rules

_FAULT_WAIT = 60
_DOCUMENTED = {
    405: (-1000, "Only GET is offered."),
    451: (
        0,
        "Service unavailable from a restricted location according to 'b. Eligibility' in "
        "https://www.binance.com/en/terms. Please contact customer service if you believe you "
        "received this message in error.",
    ),
    500: (-1000, "An unknown error occurred while processing the request."),
    503: (-1008, "Server is currently overloaded with other requests. Please try again later."),
}
_USED_WEIGHT = ("X-MBX-USED-WEIGHT", "X-MBX-USED-WEIGHT-1M")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a route sees it.

    Attributes:
        query: its parameters.
        headers: its headers, names in any case.
        now_us: simulated µs since the epoch.
        per_ms: 1 if times are to be in ms, 1000 for µs.
    """

    query: Query
    headers: Mapping[str, str]
    now_us: int
    per_ms: int

    @property
    def now_ms(self) -> int:
        """Simulated ms since the epoch."""
        return self.now_us // 1000

    @property
    def now(self) -> int:
        """The simulated instant in the unit asked for."""
        return self.now_us * self.per_ms // 1000


Reply = bytes | Sequence[bytes] | Mapping[str, object] | Sequence[Mapping[str, object]]
"""JSON text, the texts of an array's items, or a document to be written as JSON."""


def _one(_: Query) -> int:
    return 1


def _never(_: Query) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Route:
    """What one path answers.

    Attributes:
        reply: the answer; may raise a `RequestError`.
        weight: what a request costs.
        slow: whether it may take more than some ms.
        allowance: a limit of its own, by client.
    """

    reply: Callable[[Call], Reply]
    weight: Callable[[Query], int] = _one
    slow: Callable[[Query], bool] = _never
    allowance: Limiter | None = field(default=None)


class RestHost:
    """One REST host.

    Args:
        routes: by path.
        weight_limit: REQUEST_WEIGHT allowed in a minute.
        clock: its time.
        rules: whether limits are enforced.
        microseconds: whether the header X-MBX-TIME-UNIT is heard; perpetuals do not.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        weight_limit: int,
        clock: SimulatorClock,
        rules: Rules,
        *,
        microseconds: bool,
    ) -> None:
        self.routes, self.clock, self.microseconds = routes, clock, microseconds
        self.limiter = WeightLimiter(weight_limit, rules)

    def slow(self, request: Request) -> bool:
        """Whether the path says so."""
        route = self.routes.get(request.path)
        return route is not None and route.slow(request.query)

    def answer(self, request: Request) -> Answer:
        """Answer a GET, its weight counted first."""
        route = self.routes.get(request.path)
        weight = 1 if route is None else route.weight(request.query)
        verdict = self.limiter.charge(request.client, weight)
        if verdict.status != 200:
            answer = self._refusal(request.client, verdict)
        else:
            answer = missing_page() if route is None else self._routed(route, request)
        used = dict.fromkeys(_USED_WEIGHT, str(verdict.used))
        return replace(answer, headers={**answer.headers, **used}, weight=weight)

    def refusal(self, status: int) -> Answer | None:
        """The body of an error that a fault rule asks for; None where the exchange sends HTML."""
        if status in (418, 429):
            return self._refusal("127.0.0.1", Verdict(0, status, _FAULT_WAIT))
        known = _DOCUMENTED.get(status)
        return None if known is None else json_answer({"code": known[0], "msg": known[1]}, status)

    def _routed(self, route: Route, request: Request) -> Answer:
        if route.allowance is not None:
            allowed = route.allowance.take(request.client)
            if not allowed.allowed:
                verdict = Verdict(0, 429, ceil(allowed.wait), route.allowance)
                return self._refusal(request.client, verdict)
        unit = next((v for k, v in request.headers.items() if k.lower() == "x-mbx-time-unit"), "")
        per_ms = 1000 if self.microseconds and unit.upper() == "MICROSECOND" else 1
        try:
            call = Call(request.query, request.headers, self.clock.now_us(), per_ms)
            return worded(route.reply(call))
        except RequestError as error:
            return json_answer({"code": error.code, "msg": error.message}, error.status)

    def _refusal(self, client: str, verdict: Verdict) -> Answer:
        banned_until = self.clock.now_ms() + verdict.retry_after * 1000
        broken = verdict.broken or self.limiter.weights
        minutes = int(broken.window // MINUTE)
        window = "minute" if minutes == 1 else f"{minutes} minutes"
        message = (
            f"Way too many requests; IP({client}) banned until {banned_until}. Please use the "
            f"websocket for live updates to avoid bans."
            if verdict.status == 418
            else f"Too many requests; current limit of IP({client}) is "
            f"{broken.limit:.0f} requests per {window}. Please use the websocket for live updates "
            f"to avoid polling the API."
        )
        refusal = json_answer({"code": -1003, "msg": message}, verdict.status)
        headers = {**refusal.headers, "Retry-After": str(verdict.retry_after)}
        return replace(refusal, headers=headers, violation=True)


def worded(reply: Reply) -> Answer:
    """A reply as an HTTP answer."""
    if isinstance(reply, bytes):
        return Answer(200, reply, {"Content-Type": JSON})
    if isinstance(reply, list) and reply and isinstance(reply[0], bytes):
        return Answer(200, b"[" + b",".join(reply) + b"]", {"Content-Type": JSON})
    return json_answer(reply)
