"""OKX's candles over REST: pages, bars, the open candle."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from crypto_pipeline.simulator.okx.candles import BARS
from crypto_pipeline_tests.simulator.okx.asking import (
    BTC,
    DAY,
    HOUR,
    MINUTE,
    NOW_MS,
    SWAP,
    Okx,
    iso,
)

THIS_MINUTE = NOW_MS // MINUTE * MINUTE


def _opens(rows: list[list[str]]) -> list[int]:
    return [int(row[0]) for row in rows]


def test_candles_given_no_bounds_are_the_newest_hundred_newest_first(okx: Okx) -> None:
    opens = _opens(okx.rows("market/candles", instId=BTC))
    assert opens == [THIS_MINUTE - n * MINUTE for n in range(100)]


def test_candles_given_more_than_the_most_are_clipped(okx: Okx) -> None:
    assert len(okx.rows("market/candles", instId=BTC, limit=1000)) == 300


def test_candles_given_both_bounds_exclude_both(okx: Okx) -> None:
    after, before = THIS_MINUTE - 5 * MINUTE, THIS_MINUTE - 9 * MINUTE
    opens = _opens(okx.rows("market/candles", instId=BTC, after=after, before=before))
    assert opens == [after - n * MINUTE for n in (1, 2, 3)]


def test_candles_given_before_alone_are_the_newest_page(okx: Okx) -> None:
    opens = _opens(okx.rows("market/candles", instId=BTC, before=NOW_MS - DAY, limit=2))
    assert opens == [THIS_MINUTE, THIS_MINUTE - MINUTE]


def test_candles_given_old_bounds_are_empty_beyond_1440_bars(okx: Okx) -> None:
    oldest = THIS_MINUTE - 1439 * MINUTE
    assert _opens(okx.rows("market/candles", instId=BTC, after=oldest + 1)) == [oldest]
    assert okx.rows("market/candles", instId=BTC, after=oldest) == []
    assert len(okx.rows("market/history-candles", instId=BTC, after=oldest, limit=3)) == 3


def test_history_given_a_walk_backwards_has_each_bar_once(okx: Okx) -> None:
    walked: list[int] = []
    after = THIS_MINUTE - 3 * DAY
    while len(walked) < 1000:
        page = _opens(okx.rows("market/history-candles", instId=BTC, after=after, limit=300))
        walked += page
        after = page[-1]
    assert all(newer - older == MINUTE for newer, older in pairwise(walked))


def test_candle_given_the_running_minute_is_not_confirmed(okx: Okx) -> None:
    newest, older = okx.rows("market/candles", instId=BTC, limit=2)
    assert (newest[8], older[8]) == ("0", "1")
    okx.process.set_clock(iso(NOW_MS + MINUTE))
    assert okx.rows("market/candles", instId=BTC, limit=2)[1][8] == "1"


def test_candle_given_a_new_minute_without_a_trade_is_flat_at_the_last_close(okx: Okx) -> None:
    okx.process.set_clock(iso(THIS_MINUTE))
    newest, older = okx.rows("market/candles", instId="ANKR-USDT", limit=2)
    assert newest[1:] == [older[4]] * 4 + ["0", "0", "0", "0"]


def test_candle_given_spot_has_quote_volume_twice(okx: Okx) -> None:
    row = okx.rows("market/candles", instId=BTC, limit=2)[1]
    assert row[6] == row[7]
    assert Decimal(row[3]) <= Decimal(row[7]) / Decimal(row[5]) <= Decimal(row[2])


def test_candle_given_a_swap_has_contracts_and_coins(okx: Okx) -> None:
    row = okx.rows("market/candles", instId=SWAP, limit=2)[1]
    assert Decimal(row[5]) * Decimal("0.01") == Decimal(row[6])
    assert Decimal(row[3]) <= Decimal(row[7]) / Decimal(row[6]) <= Decimal(row[2])


@pytest.mark.parametrize("bar", ["6H", "12H", "1D", "1W"])
def test_bar_given_no_utc_opens_on_the_grid_of_hong_kong(okx: Okx, bar: str) -> None:
    (local,) = okx.rows("market/candles", instId=BTC, bar=bar, limit=1)
    (utc,) = okx.rows("market/candles", instId=BTC, bar=f"{bar}utc", limit=1)
    step = BARS[bar].step
    monday = 4 * DAY if bar == "1W" else 0
    assert (int(local[0]) + 8 * HOUR - monday) % step == 0
    assert (int(utc[0]) - monday) % step == 0


@pytest.mark.parametrize(
    ("bar", "opening"),
    [
        ("1M", "2025-01-31T16:00:00"),
        ("1Mutc", "2025-02-01T00:00:00"),
        ("3M", "2024-12-31T16:00:00"),
        ("3Mutc", "2025-01-01T00:00:00"),
    ],
)
def test_bar_given_months_opens_on_their_first_day(okx: Okx, bar: str, opening: str) -> None:
    (row,) = okx.rows("market/candles", instId="ETH-USDT", bar=bar, limit=1)
    assert iso(int(row[0])).startswith(opening)


@pytest.mark.parametrize("bar", ["5m", "4H", "12H", "1Dutc"])
def test_bar_given_longer_ones_is_its_minutes_together(okx: Okx, bar: str) -> None:
    row = okx.rows("market/history-candles", instId=SWAP, bar=bar, limit=2)[1]
    start, end = int(row[0]), BARS[bar].following(int(row[0]))
    minutes: list[list[str]] = []
    while end > start:
        minutes += okx.rows(
            "market/history-candles", instId=SWAP, after=end, before=start - 1, limit=300
        )
        end = int(minutes[-1][0])
    assert row[1] == minutes[-1][1]
    assert Decimal(row[2]) == max(Decimal(minute[2]) for minute in minutes)
    assert Decimal(row[3]) == min(Decimal(minute[3]) for minute in minutes)
    assert row[4] == minutes[0][4]
    assert Decimal(row[5]) == sum(Decimal(minute[5]) for minute in minutes)


def test_seconds_given_a_minute_add_up_to_it(okx: Okx) -> None:
    start = THIS_MINUTE - MINUTE
    bounds = {"after": THIS_MINUTE, "before": start - 1}
    seconds = okx.rows("market/history-candles", instId=SWAP, bar="1s", **bounds)
    (minute,) = okx.rows("market/history-candles", instId=SWAP, **bounds)
    assert len(seconds) == 60
    assert seconds[0][4] == minute[4]
    assert sum(Decimal(row[5]) for row in seconds) == Decimal(minute[5])


def test_seconds_given_more_than_three_months_are_empty(okx: Okx) -> None:
    old = NOW_MS - 91 * DAY
    assert okx.rows("market/history-candles", instId=SWAP, bar="1s", after=old) == []
    assert (
        len(okx.rows("market/history-candles", instId=SWAP, bar="1s", after=old + 3 * DAY)) == 100
    )


def test_candles_given_a_halt_are_flat(okx: Okx) -> None:
    start = 1_671_332_400_000
    rows = okx.rows("market/history-candles", instId=BTC, after=start + HOUR, before=start - 1)
    assert len(rows) == 60
    assert {row[5] for row in rows} == {"0"}
    assert len({row[4] for row in rows}) == 1


def test_candles_given_a_listing_begin_after_it(okx: Okx) -> None:
    listed_at = 1_690_189_200_000
    bounds = {"after": listed_at + HOUR, "before": listed_at - HOUR}
    opens = _opens(okx.rows("market/history-candles", instId="WLD-USDT", **bounds))
    assert opens == [listed_at + n * MINUTE for n in reversed(range(60 - len(opens), 60))]
    assert opens[-1] >= listed_at


@pytest.mark.parametrize(
    ("path", "symbol"),
    [("market/mark-price-candles", SWAP), ("market/index-candles", BTC)],
)
def test_quotes_given_longer_bars_are_their_minutes_together(
    okx: Okx, path: str, symbol: str
) -> None:
    row = okx.rows(path, instId=symbol, bar="1H", limit=2)[1]
    start = int(row[0])
    minutes = okx.rows(path, instId=symbol, after=start + HOUR, before=start - 1)
    assert len(minutes) == 60
    assert (row[1], row[4], row[5]) == (minutes[-1][1], minutes[0][4], "1")
    assert Decimal(row[2]) == max(Decimal(minute[2]) for minute in minutes)
    assert Decimal(row[3]) == min(Decimal(minute[3]) for minute in minutes)
