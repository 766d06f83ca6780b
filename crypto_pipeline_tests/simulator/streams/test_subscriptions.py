"""The feeds of a connection merged, over a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from crypto_pipeline.simulator.clock import SimulatorClock, SkewedClock
from crypto_pipeline.simulator.streams.feeds import Feed, Frame, instants
from crypto_pipeline.simulator.streams.subscriptions import Subscriptions

NOON = datetime(2025, 2, 10, 12, tzinfo=UTC)
SECOND = 1_000_000


class Beat(Feed):
    """A frame each so many simulated seconds, and one at its opening."""

    def __init__(self, name: str, seconds: int) -> None:
        self.name, self.seconds, self.at = name, seconds, 0

    def opening(self, now: int) -> Sequence[Frame]:
        """Say where it starts."""
        self.at = now
        return [Frame(f"{self.name} opens".encode(), now)]

    def until(self, now: int) -> Sequence[Frame]:
        """The beats since the last call."""
        after, self.at = self.at, now
        return [Frame(self.name.encode(), at) for at in instants(after, now, self.seconds * SECOND)]


class Poured(Beat):
    """A beat that a firehose pours."""

    firehose = True


class Sink:
    """A connection whose firehose counts what is poured."""

    def __init__(self) -> None:
        self.on, self.poured = True, [0, 0]

    def pours(self) -> bool:
        """Whether the firehose is on."""
        return self.on

    def hose(self, frames: Sequence[Frame]) -> Callable[[], None]:
        """Count turns."""
        self.poured[0] = len(frames)

        def pour() -> None:
            self.poured[1] += 1

        return pour


@pytest.fixture
def clock() -> SimulatorClock:
    return SimulatorClock(NOON, 0.0)


def moved(clock: SimulatorClock, seconds: float) -> None:
    clock.set(clock.now() + timedelta(seconds=seconds), 0.0)


def texts(frames: Sequence[Frame]) -> list[str]:
    return [frame.text.decode() for frame in frames]


def test_advance_given_two_feeds_merges_them_by_time(clock: SimulatorClock) -> None:
    held = Subscriptions(clock)
    opened = [*held.add("slow", Beat("slow", 3)), *held.add("fast", Beat("fast", 2))]
    moved(clock, 6)

    assert texts(opened) == ["slow opens", "fast opens"]
    assert texts(held.advance()) == ["fast", "slow", "fast", "slow", "fast"]
    assert held.advance() == []


def test_advance_given_a_jump_of_minutes_delivers_all_in_between(clock: SimulatorClock) -> None:
    held = Subscriptions(clock)
    held.add("beat", Beat("beat", 10))
    moved(clock, 3600)

    calls = [len(held.advance()) for _ in range(61)]

    assert calls == [6] * 60 + [0]


@pytest.mark.parametrize("seconds", [3601, -1])
def test_advance_given_a_long_or_backward_jump_opens_anew(
    clock: SimulatorClock, seconds: int
) -> None:
    held = Subscriptions(clock)
    held.add("beat", Beat("beat", 10))
    moved(clock, seconds)

    assert texts(held.advance()) == ["beat opens"]
    moved(clock, 10)
    assert texts(held.advance()) == ["beat"]


def test_advance_given_a_skew_backwards_opens_anew(clock: SimulatorClock) -> None:
    skews = [0.0]
    held = Subscriptions(SkewedClock(clock, lambda: skews[-1], lambda: len(skews)))
    held.add("beat", Beat("beat", 10))
    skews.append(-5.0)

    assert texts(held.advance()) == ["beat opens"]


def test_add_given_a_jump_that_was_not_seen_keeps_the_others_openings(
    clock: SimulatorClock,
) -> None:
    held = Subscriptions(clock)
    held.add("old", Beat("old", 10))
    moved(clock, -60)

    assert texts(held.add("new", Beat("new", 10))) == ["new opens"]
    assert texts(held.advance()) == ["old opens"]


def test_add_given_time_passed_without_feeds_starts_now(clock: SimulatorClock) -> None:
    held = Subscriptions(clock)
    moved(clock, 600)
    opening = held.add("beat", Beat("beat", 10))

    assert opening[0].at == clock.now_us()
    assert held.advance() == []


def test_remove_given_a_key_ends_its_frames(clock: SimulatorClock) -> None:
    held = Subscriptions(clock)
    held.add("beat", Beat("beat", 1))

    assert held.remove("beat")
    assert not held.remove("beat")
    moved(clock, 5)
    assert (held.advance(), held.keys(), len(held), "beat" in held) == ([], [], 0, False)


def test_firehose_given_a_feed_that_is_poured_sends_it_no_other_way(clock: SimulatorClock) -> None:
    sink = Sink()
    held = Subscriptions(clock, sink)
    held.add("poured", Poured("poured", 600))
    held.add("beat", Beat("beat", 10))
    moved(clock, 10)

    assert texts(held.advance()) == ["beat"]
    assert sink.poured == [143, 1]

    sink.on = False
    moved(clock, 590)
    assert texts(held.advance())[-1] == "beat"
    assert sink.poured == [143, 1]


def test_firehose_given_its_end_after_hours_goes_on_from_now(clock: SimulatorClock) -> None:
    sink = Sink()
    held = Subscriptions(clock, sink)
    held.add("poured", Poured("poured", 1))
    for _ in range(50 * 60):
        clock.set(clock.now() + timedelta(minutes=1), 0.0)
        held.advance()
    sink.on = False
    clock.set(clock.now() + timedelta(seconds=10), 0.0)

    assert texts(held.advance()) == ["poured"] * 10


def test_firehose_given_another_feed_of_a_key_pours_that_one(clock: SimulatorClock) -> None:
    sink = Sink()
    held = Subscriptions(clock, sink)
    held.add("key", Poured("first", 600))
    held.advance()
    held.add("key", Beat("second", 10))
    moved(clock, 10)

    assert texts(held.advance()) == ["second"]
    assert sink.poured == [143, 1]
