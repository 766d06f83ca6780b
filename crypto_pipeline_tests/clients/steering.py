"""The simulator's clock in a client's test: it runs fast, and stands while both sides compare.

What belongs here: moving it. What does not: what a client must hold (`comparisons.py`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from crypto_pipeline_tests.clients.scripts import PATIENCE, RunningScript
from crypto_pipeline_tests.simulated import SimulatorProcess, ask

MINUTE_US = 60_000_000
START = 1_739_190_885_000_000
"""2025-02-10T12:34:45Z in µs: a whole minute comes soon after a client has subscribed."""
BEFORE = 10 * MINUTE_US
"""Trades of before a subscription may come with it."""
TENTH_US, LATE_US = 100_000, 80_000
SLOW = 5.0
"""Simulated seconds in a real one while a client connects and subscribes."""
FAST = 20.0
"""And while it follows the market."""


def microseconds_now(running: SimulatorProcess) -> int:
    """The simulator's instant, µs since the epoch."""
    return int(ask(f"{running.url}/clock").json()["epoch_us"])


def set_speed(running: SimulatorProcess, speed: float) -> int:
    """Go on from where the clock is, at this speed; the instant in µs."""
    return int(ask(f"{running.url}/clock", "POST", {"speed": speed}).json()["epoch_us"])


def stand_at(running: SimulatorProcess, at: int) -> None:
    """Stop the clock at an instant, µs since the epoch."""
    text = datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="milliseconds")
    running.set_clock(text)


def run_until(running: SimulatorProcess, at: int) -> int:
    """Run fast until the clock is past an instant, then let it stand; where it stands, in µs.

    It stands late in a tenth of a second, when the book's frame of that tenth has been sent.
    """
    now = set_speed(running, FAST)
    end = time.monotonic() + PATIENCE + (at - now) / FAST / 1_000_000
    while now < at and time.monotonic() < end:
        time.sleep(0.05)
        now = microseconds_now(running)
    stood = (set_speed(running, 0.0) // TENTH_US + 1) * TENTH_US + LATE_US
    stand_at(running, stood)
    return stood


def begin(running: SimulatorProcess, script: RunningScript, kinds: tuple[str, ...]) -> int:
    """Run slowly until a client has seen something of each kind; the next whole minute in µs."""
    set_speed(running, SLOW)
    seen: Any = script.until("seen", lambda held: all(held.get(kind) for kind in kinds))
    if not all(seen.get(kind) for kind in kinds):
        errors = script.ask("errors")
        raise AssertionError(f"wanted {kinds}, saw {seen}, errors {errors}: {script.complaints()}")
    return -(-set_speed(running, FAST) // MINUTE_US) * MINUTE_US
