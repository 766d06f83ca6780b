"""What Dagster's event log costs a run: wall and CPU time of its writes, by what was written.

What belongs here: timing the writes of an instance's storage. What does not: the run
(`dagster_cost.py`), and what Dagster does around its events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dagster import DagsterInstance, EventLogEntry

from crypto_pipeline.defs.event_log import BATCHED


@dataclass(slots=True)
class Cost:
    """What some writes took.

    Attributes:
        events: how many were written.
        seconds: wall time, the wait for the disk and for other processes included.
        cpu_seconds: of the thread that wrote.
    """

    events: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def add(self, more: Cost, *, less: Cost | None = None) -> None:
        """Add what other writes took, without a part of them."""
        less = less or Cost()
        self.events += more.events - less.events
        self.seconds += more.seconds - less.seconds
        self.cpu_seconds += more.cpu_seconds - less.cpu_seconds


@dataclass(slots=True)
class EventCost:
    """What the event log took, from when `measure` was called.

    Attributes:
        partitions: events of single partitions: each planned, then each materialised.
        others: everything else, of steps, checks and the run.
    """

    partitions: Cost = field(default_factory=Cost)
    others: Cost = field(default_factory=Cost)
    _inside: dict[int, list[Cost]] = field(default_factory=dict)

    def timed(self, write: Callable[[list[EventLogEntry]], None]) -> Callable[..., None]:
        """The same write, added up; what it writes through another one is that one's cost."""

        def timed_write(events: list[EventLogEntry]) -> None:
            writes = self._inside.setdefault(threading.get_ident(), [])
            writes.append(Cost())
            start, cpu_start = time.perf_counter(), time.thread_time()
            try:
                write(events)
            finally:
                took = time.perf_counter() - start, time.thread_time() - cpu_start
                inner, whole = writes.pop(), Cost(len(events), *took)
                self._of(events).add(whole, less=inner)
                if writes:
                    writes[-1].add(whole)

        return timed_write

    def _of(self, events: Sequence[EventLogEntry]) -> Cost:
        kinds = {entry.dagster_event_type for entry in events if entry.is_dagster_event}
        return self.partitions if kinds & BATCHED else self.others


def measure(instance: DagsterInstance) -> EventCost:
    """Time all writes of this instance's event log from now on."""
    cost, log = EventCost(), instance.event_log_storage
    one, many = log.store_event, log.store_event_batch
    timed_one = cost.timed(lambda events: one(events[0]))
    replaced = {
        "store_event": lambda event: timed_one([event]),
        "store_event_batch": cost.timed(lambda events: many(events)),
    }
    vars(log).update(replaced)
    return cost
