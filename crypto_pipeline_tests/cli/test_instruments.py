"""`instruments` as a person runs it: before a look, with one, and asked for what is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(seed=7) as running:
        running.set_clock("2025-02-10T12:34:30+00:00")
        yield running


def test_instruments_given_a_refresh_shows_members_first_with_what_is_listed(
    market: SimulatorProcess, home: Path
) -> None:
    env = environment(
        home,
        **pointed_at(market),
        CRYPTO_CLOCK_URL=market.url,
        CRYPTO_EXCHANGES="binance",
        CRYPTO_VENUES__BINANCE__SYMBOLS="ETH/USDT",
        CRYPTO_VENUES__BINANCE__UNIVERSE__TOP="1",
    )

    ended = crypto_pipeline("instruments", "--refresh", "--format", "json", env=env)

    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert [row["symbol"] for row in found[:3]] == ["BTC/USDT", "BTC/USDT:USDT", "ETH/USDT"]
    assert [row["collected"] for row in found[:4]] == ["1m", "1m, funding", "1m", None]
    assert found[0]["status"] == "trading"
    assert found[0]["tick_size"] == 0.01
    assert len(found) > 60

    again = crypto_pipeline("instruments", "--format", "json", env=env)

    assert json.loads(again.stdout) == found


def test_instruments_given_nothing_was_asked_yet_says_how(home: Path) -> None:
    ended = crypto_pipeline("instruments", env=environment(home))

    assert ended.returncode == 0
    assert "binance was not asked yet: crypto-pipeline instruments --refresh" in ended.stderr


def test_instruments_given_an_exchange_that_is_off_is_a_usage_error(home: Path) -> None:
    env = environment(home, CRYPTO_EXCHANGES="binance")
    ended = crypto_pipeline("instruments", "--exchange", "okx", env=env)

    assert ended.returncode == 2
    assert "exchange 'okx' is not on; on are binance" in ended.stderr
