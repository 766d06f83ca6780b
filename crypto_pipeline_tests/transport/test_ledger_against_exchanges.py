"""Any traffic, any travel times: no window of an exchange ever holds more than its limit.

Clients, travel and exchange are played on a clock that leaps from event to event; the exchange
counts as the simulator does: by calendar minute, rolling window or bucket.
"""

from __future__ import annotations

import heapq
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_pipeline.simulator.wire.limits import Bucket, FixedWindow, Limiter, RollingWindow
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline.transport.ledger import Claim, Ledger, Ticket

LIMIT, WINDOW, SLICE = 12, 10.0, 10.0 / 500
LONG = 8 * WINDOW
LIMITERS: dict[str, Callable[[Rules], Limiter]] = {
    "calendar": lambda rules: FixedWindow(rules, LIMIT, WINDOW),
    "rolling": lambda rules: RollingWindow(rules, LIMIT, WINDOW),
    "bucket": lambda rules: Bucket(rules, LIMIT, LIMIT / WINDOW),
}


@dataclass
class World:
    """A clock, what is to happen, and an exchange.

    Attributes:
        chance: of travel times, costs and late wake-ups.
        travel: the longest way to the exchange and back, each, in seconds.
        lateness: the longest time that a client oversleeps.
    """

    limiter: Callable[[Rules], Limiter]
    chance: random.Random
    travel: float
    lateness: float
    now: float = 1000.0
    broken: int = 0
    used: int = 0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """Open the exchange."""
        self.exchange = self.limiter(Rules(monotonic=lambda: self.now))

    def later(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self.events, (self.now + seconds, next(self.order), event))

    def run(self) -> None:
        """Play until the end."""
        until = self.now + LONG
        while self.events and self.events[0][0] < until:
            self.now, _, event = heapq.heappop(self.events)
            event()

    def ask(self, ledger: Ledger, costs: list[int], claim: Claim | None = None) -> None:
        """Let a client ask, as soon as it may, and again as soon as it has the answer."""
        mine = claim or Claim(self.now)
        cost = costs[0]
        answer = ledger.take(cost, mine)
        if isinstance(answer, Ticket):
            way = self.chance.uniform(0, self.travel)
            self.later(way, lambda: self.arrive(ledger, costs, answer))
        else:
            late = self.chance.uniform(0, self.lateness)
            self.later(answer + late, lambda: self.ask(ledger, costs, mine))

    def arrive(self, ledger: Ledger, costs: list[int], ticket: Ticket) -> None:
        """Let the exchange count, and answer."""
        self.broken += not self.exchange.take("me", ticket.cost).allowed
        self.used += ticket.cost
        self.later(self.chance.uniform(0, self.travel), lambda: self.answer(ledger, costs, ticket))

    def answer(self, ledger: Ledger, costs: list[int], ticket: Ticket) -> None:
        """Let the client have the answer, and ask for the next thing."""
        assert ledger.settle(ticket)
        self.ask(ledger, costs[1:] + costs[:1])


def played(world: World, clients: list[list[int]]) -> World:
    """Let clients ask for things of these costs, over and over."""
    with tempfile.TemporaryDirectory() as folder:
        ledgers = [
            Ledger(
                Path(folder) / "a.limit",
                lambda: world.now,
                allowed=LIMIT,
                seconds=WINDOW,
                grace=0.01,
                lost=120.0,
            )
            for _ in clients
        ]
        for ledger, costs in zip(ledgers, clients, strict=True):
            world.ask(ledger, costs)
        world.run()
        for ledger in ledgers:
            ledger.close()
    return world


@pytest.mark.parametrize("kind", LIMITERS)
@given(
    seed=st.integers(0, 2**32),
    travel=st.floats(0, 5),
    lateness=st.floats(0, 2),
    clients=st.lists(
        st.lists(st.integers(1, LIMIT), min_size=1, max_size=3), min_size=1, max_size=6
    ),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ledger_given_any_traffic_breaks_no_limit(
    kind: str, seed: int, travel: float, lateness: float, clients: list[list[int]]
) -> None:
    world = World(LIMITERS[kind], random.Random(seed), travel, lateness)  # noqa: S311 a seed

    played(world, clients)

    assert world.broken == 0
    assert world.used > 0


@pytest.mark.parametrize("kind", LIMITERS)
def test_ledger_given_short_ways_uses_nearly_all_of_the_limit(kind: str) -> None:
    world = World(LIMITERS[kind], random.Random(7), 0.05, 0.0)  # noqa: S311 a seed

    played(world, [[1]] * 24)

    assert world.broken == 0
    assert world.used >= 0.97 * LIMIT * LONG / WINDOW


def test_ledger_given_costly_and_cheap_requests_starves_neither() -> None:
    world = World(LIMITERS["rolling"], random.Random(7), 0.05, 0.0)  # noqa: S311 a seed
    passed: dict[int, int] = {1: 0, LIMIT: 0}
    arrive = world.arrive

    def counted(ledger: Ledger, costs: list[int], ticket: Ticket) -> None:
        passed[ticket.cost] += 1
        arrive(ledger, costs, ticket)

    world.arrive = counted  # type: ignore[method-assign]
    played(world, [[LIMIT], *[[1]] * 12])

    assert passed[LIMIT] >= 3
    assert passed[1] >= 3 * LIMIT
