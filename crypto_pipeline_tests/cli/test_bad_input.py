"""What cannot be loaded: refused before anything is asked, or an empty result that is explained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto_pipeline.cli.asked import Asked, days_asked, series_asked
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings import load_settings
from crypto_pipeline_tests.command import crypto_pipeline, environment, pointed_at
from crypto_pipeline_tests.history.own import ask
from crypto_pipeline_tests.simulated import SimulatorProcess, simulator

TODAY = datetime.now(UTC).date()


def asked(
    exchange: str = "binance",
    symbol: str = "BTC/USDT",
    interval: str = "1m",
    *,
    kind: str = "klines",
    start: str | None = None,
    end: str | None = None,
) -> Asked:
    return Asked([exchange], [symbol], [interval], start, end, [kind])


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (asked("mtgox"), "exchange 'mtgox' is not known; known are binance"),
        (asked(symbol="BTCUSDT"), "write BASE/QUOTE for a spot pair"),
        (asked(symbol="BTC/USD:BTC"), "only linear perpetuals"),
        (asked(interval="7m"), "interval '7m' is not known; valid are 1m 3m 5m"),
        (asked(interval="1w"), "interval '1w' is not known"),
        (asked("coinbase", "BTC/USD", "3m"), "coinbase has no 3m klines of spot"),
        (asked("coinbase", "BTC/USD:USD"), "coinbase has no perp instruments"),
        (asked("coinbase", "BTC/USD", kind="agg_trades"), "coinbase has no agg_trades"),
        (asked(kind="order_book"), "--kind 'order_book' has no past to load"),
        (asked(kind="candles"), "--kind 'candles' has no past to load; valid are klines"),
    ],
)
def test_series_given_what_there_is_not_say_what_there_is(
    home: Path, what: Asked, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        series_asked(what, load_settings(home=str(home)))

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2023-03-02", "2023-03-01", "--start 2023-03-02 is not before --end 2023-03-01"),
        ("2023-03-02", "2023-03-02", "the end day is exclusive"),
        ("2999-01-01", "2999-01-02", "is not before --end"),
        ("2023-03-01T10:00", None, "is not a day; write it as YYYY-MM-DD"),
        ("2023-03-01 10:00:00+00:00", None, "is not a day; write it as YYYY-MM-DD"),
        ("03/01/2023", None, "is not a day; write it as YYYY-MM-DD"),
        ("2023-02-30", None, "is not a day; write it as YYYY-MM-DD"),
        ("2001-01-01", None, "lies before history_start"),
    ],
)
def test_days_given_what_cannot_be_say_what_is_valid(
    home: Path, start: str, end: str | None, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        days_asked(asked(start=start, end=end), load_settings(home=str(home)))

    assert said in str(refused.value)


def test_days_given_an_end_in_the_future_are_cut_to_the_running_day(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, end = days_asked(
        asked(start=f"{TODAY - timedelta(days=3)}", end="2999-01-01"),
        load_settings(home=str(home)),
    )

    assert start == TODAY - timedelta(days=3)
    assert end in (TODAY + timedelta(days=1), TODAY + timedelta(days=2))  # midnight may pass
    assert "the future has no rows" in capsys.readouterr().err


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with simulator(now=datetime(2026, 3, 5, 12, tzinfo=UTC)) as running:
        yield running


def load(market: SimulatorProcess, home: Path, *args: str) -> tuple[int, str, str]:
    env = environment(home, CRYPTO_EXCHANGES="binance,okx,bybit,coinbase", **pointed_at(market))
    done = crypto_pipeline("backfill", *args, "--interval", "1h", env=env)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_load_given_a_symbol_that_is_not_listed_names_near_ones(
    market: SimulatorProcess, home: Path
) -> None:
    code, _, said = load(market, home, "--exchange", "binance", "--symbol", "BTD/USDT")

    assert code == 2
    assert "binance does not list BTD/USDT (near are" in said
    assert "BTC/USDT" in said


def test_load_given_a_range_over_the_listing_explains_what_is_not_there(
    market: SimulatorProcess, home: Path
) -> None:
    what = ("--exchange", "okx", "--symbol", "WLD/USDT")

    code, told, _ = load(market, home, *what, "--start", "2023-07-22", "--end", "2023-07-25")

    assert code == 0
    assert "57 not listed yet" in told
    assert ask(
        home,
        "SELECT day::VARCHAR, expected, present, not_listed, missing FROM market.coverage "
        "ORDER BY day",
    ) == [
        ("2023-07-22", 24, 0, 24, 0),
        ("2023-07-23", 24, 0, 24, 0),
        ("2023-07-24", 24, 15, 9, 0),
    ]


def test_load_given_a_delisted_symbol_has_its_days_and_fails_after_them(
    market: SimulatorProcess, home: Path
) -> None:
    luna = ("--exchange", "binance", "--symbol", "LUNA/USDT")

    before = load(market, home, *luna, "--start", "2022-05-11", "--end", "2022-05-12")
    after = load(market, home, *luna, "--start", "2022-06-01", "--end", "2022-06-02")

    assert (before[0], after[0]) == (0, 1)
    assert "24 of 24" in before[1]
    assert "binance LUNA/USDT 1h: no source has a single row in 2022-06-01T00:00Z" in after[2]
    assert "check the symbol, and that it was listed then" in after[2]
