"""A clock that goes as fast as the feeds are read."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from crypto_pipeline.domain.intervals import EPOCH
from crypto_pipeline.simulator.recordings.pace import AwaitingClock, ReaderPacedClock
from crypto_pipeline.simulator.streams.subscriptions import LONGEST_STEP

SECOND = 1_000_000
NOW = 1_723_161_600 * SECOND
DAY = 86_400 * SECOND
PATIENCE = 10.0


class Read:
    """A feed that was read up to an instant and has frames at some later ones."""

    def __init__(self, seen: int, *frames: int) -> None:
        self.seen, self.frames = seen, frames

    def coming(self, count: int) -> tuple[int, int] | None:
        """The next frame's instant, and the last one's."""
        left = [at for at in self.frames if at > self.seen]
        return (left[0], left[min(count, len(left)) - 1]) if left else None


def clock_of(*readers: Read, speed: float = 1.0, patience: float = 60.0) -> ReaderPacedClock:
    start = EPOCH + timedelta(microseconds=NOW)
    clock = ReaderPacedClock(start, speed, settling=0.0, patience=patience)
    for reader in readers:
        clock.watch(reader)
    return clock


def test_now_given_no_reader_stands() -> None:
    clock = clock_of()
    assert [clock.now_us() for _ in range(3)] == [NOW] * 3


def test_now_given_a_reader_that_read_all_steps_to_its_next_frames() -> None:
    reader = Read(NOW, NOW + 5, NOW + 9)
    clock = clock_of(reader)
    assert clock.now_us() == NOW + 9
    assert clock.settings == 0


def test_now_given_one_reader_that_is_behind_waits_for_it() -> None:
    ahead, behind = Read(NOW, NOW + 5), Read(NOW - 1, NOW, NOW + 5)
    clock = clock_of(ahead, behind)
    assert clock.now_us() == NOW
    behind.seen = NOW
    assert clock.now_us() == NOW + 5


def test_now_given_a_reader_that_has_nothing_due_does_not_wait_for_it() -> None:
    ahead, idle = Read(NOW, NOW + 5), Read(NOW - 1, NOW + 9)
    clock = clock_of(ahead, idle)
    assert clock.now_us() == NOW + 5


def test_now_given_a_reader_that_is_gone_waits_no_longer() -> None:
    ahead, behind = Read(NOW, NOW + 5), Read(NOW - 1, NOW)
    clock = clock_of(ahead, behind)
    del behind
    assert clock.now_us() == NOW + 5


def test_now_given_a_reader_that_reads_nothing_for_long_forgets_it() -> None:
    ahead, behind = Read(NOW, NOW + 5), Read(NOW - 1, NOW)
    clock = clock_of(ahead, behind, patience=0.0)
    assert clock.now_us() == NOW + 5


def test_now_given_nothing_more_recorded_stands_at_the_end() -> None:
    reader = Read(NOW)
    clock = clock_of(reader)
    assert [clock.now_us() for _ in range(3)] == [NOW] * 3


def test_now_given_another_thread_than_the_readers_does_not_step() -> None:
    reader = Read(NOW, NOW + 5)
    clock = clock_of(reader)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(clock.now_us).result(PATIENCE) == NOW
    assert clock.now_us() == NOW + 5
    with ThreadPoolExecutor(1) as other:
        assert other.submit(clock.now_us).result(PATIENCE) == NOW + 5


def test_now_given_a_long_silence_leaps_over_it_as_if_set() -> None:
    reader = Read(NOW, NOW + 400 * DAY, NOW + 401 * DAY)
    clock = clock_of(reader)
    assert clock.now_us() == NOW + 400 * DAY
    assert clock.settings == 1


def test_now_given_many_frames_steps_no_further_than_a_minute() -> None:
    reader = Read(NOW, NOW + 1, NOW + 300 * SECOND)
    clock = clock_of(reader)
    assert clock.now_us() == NOW + LONGEST_STEP


def test_now_given_speed_zero_stands_until_another() -> None:
    reader = Read(NOW, NOW + 5)
    clock = clock_of(reader, speed=0.0)
    assert clock.now_us() == NOW
    clock.set(EPOCH + timedelta(microseconds=NOW), 1.0)
    assert clock.now_us() == NOW + 5


def test_now_given_a_client_that_just_subscribed_stands_for_the_rest_of_its_requests() -> None:
    reader = Read(NOW, NOW + 5)
    clock = ReaderPacedClock(EPOCH + timedelta(microseconds=NOW), settling=60.0)
    clock.watch(reader)
    assert clock.now_us() == NOW


def test_now_given_a_clock_that_awaits_a_client_stands_until_one_subscribes() -> None:
    clock = AwaitingClock(EPOCH + timedelta(microseconds=NOW), speed=1000.0, settling=0.0)
    assert [clock.now_us() for _ in range(3)] == [NOW] * 3
    clock.watch(Read(NOW))
    end = time.monotonic() + PATIENCE
    while clock.now_us() == NOW and time.monotonic() < end:
        time.sleep(0.001)
    assert clock.now_us() > NOW
    assert clock.settings == 0


def test_now_given_a_clock_that_awaits_a_client_and_is_set_awaits_it_there() -> None:
    clock = AwaitingClock(EPOCH + timedelta(microseconds=NOW), speed=0.0, settling=0.0)
    clock.set(EPOCH + timedelta(microseconds=NOW + 5), 1000.0)
    assert [clock.now_us() for _ in range(3)] == [NOW + 5] * 3
    clock.watch(Read(NOW))
    clock.set(EPOCH + timedelta(microseconds=NOW + 9), 0.0)
    assert clock.now_us() == NOW + 9
