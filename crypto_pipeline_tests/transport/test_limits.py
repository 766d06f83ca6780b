"""One process within its limits: waits, headers, ledgers, the folder that is shared."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from crypto_pipeline.errors import SourceError, UsageError
from crypto_pipeline.transport import limits
from crypto_pipeline.transport.exchange import Exchange
from crypto_pipeline.transport.ledger_file import LedgerFile
from crypto_pipeline.transport.limits import Limits, key_of
from crypto_pipeline.venues.capabilities import Request
from crypto_pipeline.venues.records import Endpoints
from crypto_pipeline.venues.venue import Venue
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator
from crypto_pipeline_tests.transport.asking import (
    INFO,
    OKX_TIME,
    SPOT,
    answered,
    quick,
    venue,
)

SHARED_FOLDER = limits.shared_folder
UNASKED = "http://127.0.0.1:1"
"""Where nobody listens."""
SLOW = 0.01
"""Of the exchange's clock: its minute does not end within a test."""


@pytest.fixture
def market() -> Iterator[SimulatorProcess]:
    with simulator(hurry=SLOW) as running:
        yield running


def the_ledger(folder: Path) -> LedgerFile:
    """The only ledger there is."""
    (path,) = folder.glob("*.limit")
    return LedgerFile(path)


def asked_for(seconds: float, asked: Venue, folder: Path, requests: int) -> tuple[int, float]:
    """How many of so many requests at once were answered in so many seconds; then the use."""

    async def ask_all() -> tuple[int, float]:
        async with Exchange(asked, patience=quick(), limits_folder=folder) as exchange:
            tasks = [asyncio.create_task(exchange.get(INFO)) for _ in range(requests)]
            done, waiting = await asyncio.wait(tasks, timeout=seconds)
            use = exchange.limit_use()
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return sum(not one.exception() for one in done), use

    return asyncio.run(ask_all())


def test_get_given_another_client_of_this_address_leaves_it_what_it_used(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    for _ in range(200):
        assert market.get(SPOT, "/api/v3/exchangeInfo?symbol=BTCUSDT").status == 200
    asked = venue("binance", market.endpoints, hurry=SLOW)

    answers, use = asked_for(3.0, asked, tmp_path, 150)

    assert market.counters()[SPOT]["violations"] == 0
    assert 90 < answers <= 100  # of 6000, 4000 are gone
    assert use > 0.99


def test_get_given_a_wait_for_its_turn_can_be_cancelled_and_leaves_no_claim(
    market: SimulatorProcess, tmp_path: Path
) -> None:
    asked = venue("binance", market.endpoints, hurry=SLOW)
    asked_for(3.0, asked, tmp_path, 300)

    ledger = the_ledger(tmp_path)
    assert not any(ledger.claimed)
    assert not any(ledger.sent)
    ledger.close()


def test_charged_given_a_turn_that_does_not_come_says_which_limit(tmp_path: Path) -> None:
    asked = venue("binance", {SPOT: UNASKED}, hurry=SLOW)

    async def charge_all() -> list[str]:
        kept, errors = Limits(asked, 8, tmp_path, longest_turn=0.5), []
        for _ in range(298):
            try:
                async with kept.charged(UNASKED, INFO):
                    pass
            except SourceError as error:
                errors.append(str(error))
        await kept.close()
        return errors

    (error,) = asyncio.run(charge_all())
    assert "its limit 'spot_weight' was used up by others for 0 s" in error


def test_charged_given_a_ledger_in_use_settles_a_moment_later(tmp_path: Path) -> None:
    kept = Limits(venue("binance", {SPOT: UNASKED}), 1, tmp_path)

    async def charge() -> list[bool]:
        async with AsyncExitStack() as charged:
            await charged.enter_async_context(kept.charged(UNASKED, INFO))
            ledger = the_ledger(tmp_path)
            with ledger.locked():
                await charged.aclose()
                await asyncio.sleep(0.02)
                found = [any(ledger.sent)]
            for _ in range(100):
                await asyncio.sleep(0.01)
                if not any(ledger.sent):
                    break
            found.append(any(ledger.sent))
            await kept.close()
        return found

    assert asyncio.run(charge()) == [True, False]


def test_close_given_an_answer_not_settled_yet_settles_it(tmp_path: Path) -> None:
    kept = Limits(venue("binance", {SPOT: UNASKED}), 1, tmp_path)

    async def charge() -> bool:
        async with AsyncExitStack() as charged:
            await charged.enter_async_context(kept.charged(UNASKED, INFO))
            ledger = the_ledger(tmp_path)
            with ledger.locked():
                await charged.aclose()
            await kept.close()
        return any(ledger.sent)

    assert not asyncio.run(charge())


def test_get_given_a_request_that_costs_more_than_the_limit_is_an_error(tmp_path: Path) -> None:
    asked = venue("okx", {"www.okx.com": UNASKED})

    with pytest.raises(ValueError, match="costs 11, of 10 of time"):
        answered(asked, replace(OKX_TIME, costs={"time": 11}), folder=tmp_path)


def test_limit_use_given_no_request_is_nothing(market: SimulatorProcess, tmp_path: Path) -> None:
    assert Exchange(venue("binance", market.endpoints), limits_folder=tmp_path).limit_use() == 0.0


@pytest.mark.parametrize(("most_open", "use"), [(1, 0.1), (2, 1.0)])
def test_charged_given_many_ledgers_keeps_few_open(
    tmp_path: Path, most_open: int, use: float
) -> None:
    asked = venue("okx", {"www.okx.com": UNASKED}, hurry=SLOW)
    kept = Limits(asked, 1, tmp_path, most_open=most_open)

    async def charge_two() -> float:
        for name, cost in (("A-SWAP", 10), ("B-SWAP", 1)):
            request = Request("rest", "/x", {"instId": name}, {"funding-rate-history": cost})
            async with kept.charged(UNASKED, request):
                pass
        open_ones = kept.use()
        await kept.close()
        return open_ones

    assert asyncio.run(charge_two()) == use
    assert len(list(tmp_path.glob("*.limit"))) == 2


def test_shared_folder_given_none_is_made_for_this_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    folder = SHARED_FOLDER()

    assert folder.is_relative_to(tmp_path)
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]


def test_shared_folder_given_one_that_others_may_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    SHARED_FOLDER().chmod(0o777)

    with pytest.raises(UsageError, match="nobody else may enter"):
        SHARED_FOLDER()


def test_shared_folder_given_what_nobody_wrote_for_long_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, three_days = 2 * limits.KEPT, 3 * 86_400.0
    ages = {"a.limit": old, "a.ban": old, "a.stop": old, "a.7-c0ffee00": old}
    for name, age in {**ages, "b.limit": 0.0, "b.ban": three_days}.items():
        path = SHARED_FOLDER() / name
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))

    assert {path.name for path in SHARED_FOLDER().iterdir()} == {"b.limit", "b.ban"}


def test_shared_folder_given_an_old_ledger_in_use_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = SHARED_FOLDER() / "a.limit"
    ledger = LedgerFile(path)
    with ledger.locked():
        ledger.cells[0] = 1.0
    os.utime(path, (1.0, 1.0))
    # What is written to a page of the map that is in memory already leaves no mark on the file.
    with ledger.locked():
        ledger.cells[0] = 2.0
    kept = list(SHARED_FOLDER().iterdir())
    ledger.close()

    assert kept == [path]


def test_key_given_other_hosts_ways_paces_and_names_differs() -> None:
    plain = Endpoints(None, {})
    keys = {
        key_of(plain, "binance", "a:1", "w"),
        key_of(plain, "binance", "a:2", "w"),
        key_of(plain, "okx", "a:1", "w"),
        key_of(plain, "binance", "a:1", "w", "BTC"),
        key_of(Endpoints(None, {}, hurry=2), "binance", "a:1", "w"),
        key_of(Endpoints(None, {}, proxy="http://p:1"), "binance", "a:1", "w"),
    }

    assert len(keys) == 6
    named = "http://u:secret@p:1"  # pragma: allowlist secret
    assert key_of(Endpoints(None, {}, proxy=named), "binance", "a:1", "w") in keys
