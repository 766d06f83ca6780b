"""Exchange's REST: products, candles, trades by cursor, books."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from crypto_pipeline_tests.simulated import SimulatorProcess
from crypto_pipeline_tests.simulator.coinbase.asking import (
    EXCHANGE,
    NOW_SECONDS,
    advanced,
    ask,
    exchange,
)
from crypto_pipeline_tests.simulator.coinbase.logics import traded

CANDLES, TRADES = "/products/BTC-USD/candles", "/products/BTC-USD/trades"


def test_time_given_a_standing_clock_is_that_instant(coinbase: SimulatorProcess) -> None:
    assert exchange(coinbase, "/time") == {
        "iso": "2025-02-10T12:34:30.000Z",
        "epoch": float(NOW_SECONDS),
    }


def test_products_given_a_delisting_keep_the_product(coinbase: SimulatorProcess) -> None:
    rows = {row["id"]: row for row in exchange(coinbase, "/products")}
    assert rows["BTC-USD"]["status"] == "online"
    assert (rows["XMR-USD"]["status"], rows["XMR-USD"]["trading_disabled"]) == ("delisted", True)
    assert "BTC-USDC" not in rows
    assert exchange(coinbase, "/products/BTC-USD") == rows["BTC-USD"]


def test_currencies_given_the_listings_hold_every_coin(coinbase: SimulatorProcess) -> None:
    known = {row["id"] for row in exchange(coinbase, "/currencies")}
    rows = exchange(coinbase, "/products")
    assert {row["base_currency"] for row in rows} | {"USD", "USDT"} <= known


@pytest.mark.parametrize("path", ["/products/NO-USD", "/products/NO-USD/candles", "/nothing"])
def test_answer_given_an_unknown_thing_is_not_found(coinbase: SimulatorProcess, path: str) -> None:
    reply = ask(coinbase, EXCHANGE, path)
    assert (reply.status, reply.json()) == (404, {"message": "NotFound"})


def test_candles_given_no_range_are_the_newest_350(coinbase: SimulatorProcess) -> None:
    rows = exchange(coinbase, CANDLES, granularity=60)
    starts = [row[0] for row in rows]
    assert starts == traded("BTC-USD", 60, starts[-1], NOW_SECONDS)
    assert len(starts) == 350


def test_candles_given_a_range_hold_both_bounds(coinbase: SimulatorProcess) -> None:
    start, end = "2025-02-10T10:00:00Z", "2025-02-10T10:05:00.000Z"
    rows = exchange(coinbase, CANDLES, granularity=60, start=start, end=end)
    first = NOW_SECONDS // 3600 * 3600 - 2 * 3600
    assert [row[0] for row in rows] == traded("BTC-USD", 60, first, first + 359)
    unix = exchange(coinbase, CANDLES, granularity=60, start=first, end=first + 300)
    assert unix == rows


def test_candles_given_their_columns_are_time_low_high_open_close_volume(
    coinbase: SimulatorProcess,
) -> None:
    for _, low, high, opening, close, volume in exchange(coinbase, CANDLES, granularity=300):
        assert low <= min(opening, close) <= max(opening, close) <= high
        assert volume > 0


def test_candles_given_more_than_300_intervals_are_refused(coinbase: SimulatorProcess) -> None:
    asked = {"granularity": 60, "start": NOW_SECONDS - 301 * 60, "end": NOW_SECONDS}
    reply = ask(coinbase, EXCHANGE, CANDLES, **asked)
    assert reply.status == 400
    assert reply.json()["message"] == (
        "granularity too small for the requested time range. "
        "Count of aggregations requested exceeds 300"
    )


@pytest.mark.parametrize("granularity", [1800, 7200, 14400, "x", "", 61])
def test_candles_given_another_granularity_are_refused(
    coinbase: SimulatorProcess, granularity: object
) -> None:
    reply = ask(coinbase, EXCHANGE, CANDLES, granularity=granularity)
    assert (reply.status, reply.json()) == (400, {"message": "Unsupported granularity"})


@pytest.mark.parametrize("granularity", [60, 300, 900, 3600, 21600, 86400])
def test_candles_given_each_granularity_are_on_its_grid(
    coinbase: SimulatorProcess, granularity: int
) -> None:
    start = NOW_SECONDS // granularity * granularity - 5 * granularity
    asked = {"start": start, "end": NOW_SECONDS}
    rows = exchange(coinbase, CANDLES, granularity=granularity, **asked)
    starts = [row[0] for row in rows]
    assert starts == traded("BTC-USD", granularity, start, NOW_SECONDS)
    assert len(starts) > 2


def test_candles_given_an_unreadable_bound_are_refused(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, EXCHANGE, CANDLES, granularity=60, start="soon", end=NOW_SECONDS)
    assert reply.status == 400


def test_books_given_a_halt_stand_still(coinbase: SimulatorProcess) -> None:
    told = []
    for now in ("2023-03-04T18:10:00Z", "2023-03-04T19:20:00Z"):
        coinbase.set_clock(now)
        best = exchange(coinbase, "/products/BTC-USD/book", level=1)
        whole = exchange(coinbase, "/products/BTC-USD/book", level=2)
        other = advanced(coinbase, "/product_book", product_id="BTC-USD", limit=1)["pricebook"]
        told.append((best, whole["bids"][:5], whole["time"], other))

    assert told[0] == told[1]
    assert told[0][0]["bids"][0][0] == told[0][1][0][0]


def test_candles_given_a_halt_leave_it_out(coinbase: SimulatorProcess) -> None:
    asked = {"start": "2023-03-04T17:58:00Z", "end": "2023-03-04T19:27:00Z"}
    rows = exchange(coinbase, CANDLES, granularity=60, **asked)
    minutes = {(row[0] - 1_677_952_680) // 60 for row in rows}
    assert minutes
    assert minutes <= {0, 1, 87, 88, 89}


def test_trades_given_no_cursor_are_the_newest_thousand(coinbase: SimulatorProcess) -> None:
    reply = ask(coinbase, EXCHANGE, TRADES)
    ids = [row["trade_id"] for row in reply.json()]
    assert ids == list(range(ids[0], ids[0] - 1000, -1))
    assert (reply.headers["cb-before"], reply.headers["cb-after"]) == (str(ids[0]), str(ids[-1]))


def test_trades_given_after_are_older_down_to_the_first(coinbase: SimulatorProcess) -> None:
    rows = exchange(coinbase, TRADES, after=4, limit=10)
    assert [row["trade_id"] for row in rows] == [3, 2, 1]
    reply = ask(coinbase, EXCHANGE, TRADES, after=1)
    assert reply.json() == []
    assert "cb-after" not in reply.headers


def test_trades_given_before_are_the_newest_page_not_the_next(coinbase: SimulatorProcess) -> None:
    newest = exchange(coinbase, TRADES, limit=1)[0]["trade_id"]
    rows = exchange(coinbase, TRADES, before=newest - 50, limit=10)
    assert [row["trade_id"] for row in rows] == list(range(newest, newest - 10, -1))
    few = exchange(coinbase, TRADES, before=newest - 3, limit=10)
    assert [row["trade_id"] for row in few] == [newest, newest - 1, newest - 2]
    assert exchange(coinbase, TRADES, before=newest) == []


def test_trades_given_both_cursors_lie_between(coinbase: SimulatorProcess) -> None:
    rows = exchange(coinbase, TRADES, before=100, after=105)
    assert [row["trade_id"] for row in rows] == [104, 103, 102, 101]


def test_trades_given_a_malformed_cursor_are_refused(coinbase: SimulatorProcess) -> None:
    assert ask(coinbase, EXCHANGE, TRADES, after="x").status == 400


def test_book_given_level_1_is_the_best_of_the_whole(coinbase: SimulatorProcess) -> None:
    best, whole = (exchange(coinbase, "/products/BTC-USD/book", level=level) for level in (1, 2))
    assert best["bids"] == whole["bids"][:1]
    assert best["asks"] == whole["asks"][:1]
    assert len(whole["bids"]) == len(whole["asks"]) == 10_000
    assert exchange(coinbase, "/products/BTC-USD/book") == best


def summed(orders: list[Any]) -> dict[str, tuple[Decimal, int]]:
    sizes, counts = defaultdict[str, Decimal](Decimal), defaultdict[str, int](int)
    for price, size, _ in orders:
        sizes[price] += Decimal(size)
        counts[price] += 1
    return {price: (sizes[price], counts[price]) for price in sizes}


def test_book_given_level_3_adds_up_to_level_2(coinbase: SimulatorProcess) -> None:
    levels, orders = (exchange(coinbase, "/products/ENJ-USD/book", level=level) for level in (2, 3))
    for side in ("bids", "asks"):
        told = {price: (Decimal(size), count) for price, size, count in levels[side]}
        assert summed(orders[side]) == told


def test_book_given_another_level_is_refused(coinbase: SimulatorProcess) -> None:
    assert ask(coinbase, EXCHANGE, "/products/BTC-USD/book", level=4).status == 400


def test_ticker_given_the_market_is_its_last_trade(coinbase: SimulatorProcess) -> None:
    told, last = exchange(coinbase, "/products/BTC-USD/ticker"), exchange(coinbase, TRADES)[0]
    assert (told["trade_id"], told["price"], told["time"]) == (
        last["trade_id"],
        last["price"],
        last["time"],
    )


def test_stats_given_the_market_agree_with_its_candles(coinbase: SimulatorProcess) -> None:
    told = exchange(coinbase, "/products/BTC-USD/stats")
    assert float(told["low"]) <= float(told["open"]) <= float(told["high"])
    assert float(told["volume"]) < float(told["volume_30day"])


@pytest.mark.parametrize("what", ["book", "ticker"])
def test_quote_given_a_delisted_product_is_not_found(coinbase: SimulatorProcess, what: str) -> None:
    assert ask(coinbase, EXCHANGE, f"/products/XMR-USD/{what}").status == 404
    assert exchange(coinbase, "/products/XMR-USD/candles", granularity=86400)
    assert exchange(coinbase, "/products/XMR-USD/trades")
