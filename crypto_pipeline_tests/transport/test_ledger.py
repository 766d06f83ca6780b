"""The count of one limit: when a request passes, who goes next, what a header corrects."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crypto_pipeline.transport.ledger import Claim, Ledger, Ticket
from crypto_pipeline.transport.ledger_file import CLAIMS, UNDER_WAY, LedgerFile

ALLOWED, WINDOW, SLICE = 10, 62.5, 0.125
START = 1000.0


class Clock:
    """A clock that goes only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return open_ledger(tmp_path, clock)


def open_ledger(folder: Path, clock: Clock) -> Ledger:
    path = folder / "a.limit"
    return Ledger(path, clock, allowed=ALLOWED, seconds=WINDOW, grace=1.0, lost=120.0)


def taken(ledger: Ledger, cost: int = 1) -> Ticket:
    """A request that passes."""
    ticket = ledger.take(cost, Claim(START))
    assert isinstance(ticket, Ticket)
    return ticket


def waited(ledger: Ledger, claim: Claim, cost: int = 1) -> float:
    """The wait of a request that does not pass."""
    wait = ledger.take(cost, claim)
    assert isinstance(wait, float)
    return wait


def used_up(ledger: Ledger) -> None:
    """Use all that is allowed now, and get the answer now."""
    assert ledger.settle(taken(ledger, ALLOWED))


def test_take_given_room_passes_until_it_is_used_up(ledger: Ledger) -> None:
    for _ in range(ALLOWED):
        taken(ledger)

    assert waited(ledger, Claim(START)) > 0
    assert ledger.use() == 1.0


def test_take_given_a_used_up_limit_waits_a_window_from_the_answer(
    ledger: Ledger, clock: Clock
) -> None:
    ticket = taken(ledger, ALLOWED)
    clock.now += 7.0
    ledger.settle(ticket)
    clock.now += WINDOW - 1.0

    wait = waited(ledger, Claim(clock.now))

    assert wait == pytest.approx(1.0, abs=2 * SLICE)
    clock.now += wait
    assert ledger.use() == 0.0
    taken(ledger, ALLOWED)


def test_take_given_requests_without_an_answer_counts_them(ledger: Ledger, clock: Clock) -> None:
    taken(ledger, ALLOWED)
    clock.now += WINDOW + 1.0

    assert waited(ledger, Claim(clock.now)) == WINDOW


def test_take_given_a_lost_request_counts_it_from_when_that_is_noticed(
    ledger: Ledger, clock: Clock
) -> None:
    taken(ledger, ALLOWED)
    clock.now += 121.0
    waited(ledger, Claim(clock.now))
    clock.now += WINDOW + SLICE

    taken(ledger, ALLOWED)


def test_take_given_a_dead_process_counts_its_request_from_when_that_is_noticed(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    source = (
        "import sys; from pathlib import Path; "
        "from crypto_pipeline.transport.ledger import Claim, Ledger; "
        f"ledger = Ledger(Path(sys.argv[1]), lambda: {START}, allowed={ALLOWED}, "
        f"seconds={WINDOW}, grace=1.0, lost=120.0); ledger.take({ALLOWED}, Claim({START}))"
    )
    command = [sys.executable, "-c", source, str(tmp_path / "a.limit")]
    subprocess.run(command, check=True, timeout=60)
    assert ledger.use() == 1.0

    waited(ledger, Claim(START))
    clock.now += WINDOW + SLICE

    taken(ledger, ALLOWED)


def test_take_given_an_older_claim_keeps_behind_it(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    other = open_ledger(tmp_path, clock)
    used_up(ledger)
    clock.now += 1.0
    costly = Claim(clock.now)
    clock.now += waited(other, costly, cost=8)

    assert waited(ledger, Claim(clock.now), cost=3) > 0
    assert isinstance(other.take(8, costly), Ticket)
    taken(ledger, 2)


def test_take_given_a_late_claim_passes_it_and_lets_it_go_first_later(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    other = open_ledger(tmp_path, clock)
    used_up(ledger)
    clock.now += 1.0
    late = Claim(clock.now)
    clock.now += waited(other, late, cost=8) + 1.5

    passing = ledger.take(3, Claim(clock.now))
    assert isinstance(passing, Ticket)
    ledger.settle(passing)
    waited(other, late, cost=8)
    assert waited(ledger, Claim(clock.now)) > 0


def test_withdraw_given_a_claim_lets_others_go(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    other = open_ledger(tmp_path, clock)
    used_up(ledger)
    claim = Claim(clock.now)
    clock.now += waited(other, claim, cost=8)
    other.withdraw(claim)

    taken(ledger, 10)


def test_take_given_all_claims_taken_waits_without_one(ledger: Ledger, clock: Clock) -> None:
    used_up(ledger)
    claims = [Claim(clock.now + number) for number in range(CLAIMS + 1)]
    for claim in claims:
        waited(ledger, claim)

    assert [claim.place for claim in claims] == [*range(CLAIMS), None]


def test_take_given_all_places_under_way_waits(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "b.limit"
    wide = Ledger(path, clock, allowed=10_000, seconds=WINDOW, grace=1.0, lost=120.0)
    tickets = [taken(wide) for _ in range(UNDER_WAY)]

    assert waited(wide, Claim(START)) == pytest.approx(SLICE)
    wide.settle(tickets[3])
    assert taken(wide).place == tickets[3].place


def test_take_given_a_file_in_use_does_not_wait(ledger: Ledger, tmp_path: Path) -> None:
    ticket = taken(ledger)
    with LedgerFile(tmp_path / "a.limit").locked() as mine:
        assert mine
        assert ledger.take(1, Claim(START)) == 0.0
        assert not ledger.settle(ticket)

    assert ledger.settle(ticket)


def test_settle_given_a_rolling_count_of_the_exchange_adds_what_others_used(
    ledger: Ledger,
) -> None:
    ledger.settle(taken(ledger), 7, rolling=True)

    assert ledger.use() == 0.7


def test_settle_given_a_count_of_its_own_requests_adds_nothing(ledger: Ledger) -> None:
    first, second = taken(ledger), taken(ledger)
    ledger.settle(first, 2, rolling=True)
    ledger.settle(second, 1, rolling=True)

    assert ledger.use() == 0.2


def test_settle_given_a_count_that_started_anew_holds_only_later_use_against_it(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.settle(taken(ledger, 6), 6)
    clock.now += 10.0
    anew = taken(ledger)
    clock.now += 1.0

    ledger.settle(anew, 3)

    assert ledger.use() == 0.9  # 6 of before, 1 of ours, 2 of others


def test_settle_given_an_answer_that_was_overtaken_does_not_heed_its_count(
    ledger: Ledger, clock: Clock
) -> None:
    slow = taken(ledger)
    clock.now += 1.0
    ledger.settle(taken(ledger, 4), 5)
    clock.now += 1.0

    ledger.settle(slow, 1)
    ledger.settle(taken(ledger), 6)

    assert ledger.use() == 0.6


def test_take_given_a_file_of_before_a_restart_begins_anew(ledger: Ledger, clock: Clock) -> None:
    used_up(ledger)
    clock.now = 3.0

    taken(ledger, ALLOWED)


def test_take_given_a_file_that_was_removed_goes_on_in_the_new_one(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    used_up(ledger)
    (tmp_path / "a.limit").unlink()
    other = open_ledger(tmp_path, clock)
    taken(other, 4)

    assert waited(ledger, Claim(START), cost=7) > 0
    assert ledger.use() == 0.4


def test_file_given_one_is_for_its_user_alone(ledger: Ledger, tmp_path: Path) -> None:
    taken(ledger)

    assert (tmp_path / "a.limit").stat().st_mode & 0o777 == 0o600


def test_file_given_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "link.limit").symlink_to(tmp_path / "target")

    with pytest.raises(OSError, match=os.strerror(40)):
        LedgerFile(tmp_path / "link.limit")
