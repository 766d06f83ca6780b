"""The comparisons see what is lost, doubled or wrong."""

from __future__ import annotations

from crypto_pipeline_tests.clients.comparisons import bars_of, is_run_of, rows_of
from crypto_pipeline_tests.clients.expected import Expected, Row, best, minutes_of
from crypto_pipeline_tests.clients.kept import Kept

ROWS: list[Row] = [(at, 10.0 + at, 1.0, "buy") for at in range(5)]


def test_run_given_the_last_rows_holds() -> None:
    assert is_run_of(ROWS[2:], ROWS, settled=4)


def test_run_given_a_lost_or_doubled_row_does_not_hold() -> None:
    assert not is_run_of([ROWS[2], ROWS[4]], ROWS, settled=4)
    assert not is_run_of([ROWS[3], ROWS[4], ROWS[4]], ROWS, settled=4)
    assert not is_run_of([], ROWS, settled=4)


def test_run_given_the_newest_are_missing_holds_until_they_are_settled() -> None:
    assert is_run_of(ROWS[1:4], ROWS, settled=4)
    assert not is_run_of(ROWS[1:4], ROWS, settled=5)


def test_rows_given_makers_sides_turn_them() -> None:
    trade = {"time": 1.9, "price": "2.50", "amount": 3, "side": "sell"}

    assert rows_of([trade], maker_side=True) == [(1, 2.5, 3.0, "buy")]
    assert rows_of([trade], maker_side=False) == [(1, 2.5, 3.0, "sell")]


def test_minutes_given_trades_are_exact_bars() -> None:
    trades = [
        {"time": 60_000, "price": "1.5", "amount": "0.1"},
        {"time": 60_001, "price": "1.0", "amount": "0.2"},
        {"time": 119_999, "price": "2.0", "amount": "0.3"},
        {"time": 120_000, "price": "9.0", "amount": "1"},
    ]

    assert minutes_of(trades)[60_000] == (1.5, 2.0, 1.0, 2.0, 0.6)


def test_bars_given_one_is_missing_show_none() -> None:
    wanted = {60_000: (1.0, 1.0, 1.0, 1.0, 1.0), 120_000: (1.0, 1.0, 1.0, 1.0, 1.0)}

    assert bars_of({"60000": ["1"] * 5}, wanted)[120_000] is None


def test_kept_book_given_a_zero_deletes_the_level() -> None:
    kept = Kept()
    kept.change_book("bids", [("1.0", "2"), ("1.10", "3")])
    kept.change_book("bids", [("1.00", "0.0000")])

    assert best(kept.report("book"), 5)["bids"] == [[1.1, 3.0]]  # type: ignore[arg-type]


def test_expected_given_longer_bars_agrees_with_the_market_on_them() -> None:
    expected, start = Expected("binance", "ETHUSDT"), 1_704_067_200_000
    (hour,) = expected.bars("1h", start, start + 1, start * 2000).values()

    assert expected.whole(start, start + 3_600_000, start * 2000) == hour
