"""OKX's trades: pages over REST, and what the websocket merges."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, pairwise

from crypto_pipeline_tests.simulator.okx.asking import (
    BTC,
    DAY,
    NOW_MS,
    SWAP,
    Okx,
    data_of,
    iso,
)


def _ids(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["tradeId"]) for row in rows]


def _newest(okx: Okx) -> int:
    return int(okx.rows("market/trades", instId=SWAP, limit=1)[0]["tradeId"])


def test_trades_given_no_limit_are_the_newest_hundred_newest_first(okx: Okx) -> None:
    ids = _ids(okx.rows("market/trades", instId=SWAP))
    assert ids == [ids[0] - n for n in range(100)]


def test_trades_given_more_than_the_most_are_clipped(okx: Okx) -> None:
    assert len(okx.rows("market/trades", instId=SWAP, limit=2000)) == 500
    assert len(okx.rows("market/history-trades", instId=SWAP, limit=500)) == 100


def test_history_given_after_an_id_is_what_is_older(okx: Okx) -> None:
    newest = _newest(okx)
    ids = _ids(okx.rows("market/history-trades", instId=SWAP, after=newest - 10, limit=3))
    assert ids == [newest - 11, newest - 12, newest - 13]


def test_history_given_before_an_id_alone_is_the_newest_page(okx: Okx) -> None:
    newest = _newest(okx)
    ids = _ids(okx.rows("market/history-trades", instId=SWAP, before=newest - 50, limit=3))
    assert ids == [newest, newest - 1, newest - 2]
    assert _ids(okx.rows("market/history-trades", instId=SWAP, before=newest - 1)) == [newest]


def test_history_given_both_ids_excludes_both(okx: Okx) -> None:
    newest = _newest(okx)
    bounds = {"after": newest - 5, "before": newest - 8}
    ids = _ids(okx.rows("market/history-trades", instId=SWAP, **bounds))
    assert ids == [newest - 6, newest - 7]


def test_history_given_a_time_is_what_is_older(okx: Okx) -> None:
    after = NOW_MS - DAY
    rows = okx.rows("market/history-trades", instId=SWAP, type=2, after=after)
    assert len(rows) == 100
    assert all(int(row["ts"]) < after for row in rows)
    following = _ids(rows)[0] + 1
    (newer,) = okx.rows("market/history-trades", instId=SWAP, after=following + 1, limit=1)
    assert int(newer["ts"]) >= after


def test_history_given_more_than_three_months_is_empty(okx: Okx) -> None:
    old = NOW_MS - 90 * DAY
    assert okx.rows("market/history-trades", instId=SWAP, type=2, after=old) == []
    rows = okx.rows("market/history-trades", instId=SWAP, type=2, after=old + 60_000)
    assert all(int(row["ts"]) >= old for row in rows)


def test_trades_given_a_whole_minute_add_up_to_its_candle(okx: Okx) -> None:
    (candle,) = okx.rows("market/history-candles", instId=SWAP, after=NOW_MS - 60_000, limit=1)
    start = int(candle[0])
    trades: list[dict[str, str]] = []
    page = okx.rows("market/history-trades", instId=SWAP, type=2, after=start + 60_000)
    while page and int(page[0]["ts"]) >= start:
        trades += [row for row in page if int(row["ts"]) >= start]
        page = okx.rows("market/history-trades", instId=SWAP, after=page[-1]["tradeId"])
    prices = [Decimal(row["px"]) for row in trades]
    assert [Decimal(text) for text in candle[1:5]] == [
        prices[-1],
        max(prices),
        min(prices),
        prices[0],
    ]
    assert Decimal(candle[5]) == sum(Decimal(row["sz"]) for row in trades)


def test_all_trades_given_some_seconds_are_every_fill_in_order(okx: Okx) -> None:
    with okx.channel("trades-all", base="business") as talk:
        okx.process.set_clock(iso(NOW_MS + 10_000))
        rows = data_of([talk.hear() for _ in range(20)])
    assert all(older + 1 == newer for older, newer in pairwise(_ids(rows)))
    over_rest = okx.rows("market/history-trades", instId=SWAP, after=_ids(rows)[-1] + 1, limit=20)
    assert [{**row, "count": ""} for row in rows] == [
        {**row, "count": ""} for row in reversed(over_rest)
    ]


def test_trades_given_fills_of_one_order_are_merged(okx: Okx) -> None:
    with okx.channel("trades") as talk:
        okx.process.set_clock(iso(NOW_MS + 10_000))
        rows = data_of([talk.hear() for _ in range(20)])[1:]
    last = int(rows[-1]["tradeId"])
    fills = okx.rows("market/history-trades", instId=SWAP, after=last + 1, limit=100)[::-1]
    by_count = iter(fills[-sum(int(row["count"]) for row in rows) :])
    for row in rows:
        parts = [next(by_count) for _ in range(int(row["count"]))]
        assert {(part["px"], part["side"], part["ts"]) for part in parts} == {
            (row["px"], row["side"], row["ts"])
        }
        assert Decimal(row["sz"]) == sum(Decimal(part["sz"]) for part in parts)
        assert row["tradeId"] == parts[-1]["tradeId"]
    assert any(int(row["count"]) > 1 for row in rows)


def test_trades_given_a_subscription_begin_with_the_newest(okx: Okx) -> None:
    newest = okx.rows("market/trades", instId=BTC, limit=1)[0]
    with okx.channel("trades", BTC) as talk:
        (row,) = talk.hear()["data"]
    assert (row["tradeId"], row["px"], row["ts"]) == (newest["tradeId"], newest["px"], newest["ts"])


def test_trades_given_their_seq_ids_never_descend(okx: Okx) -> None:
    with okx.channel("trades") as talk:
        okx.process.set_clock(iso(NOW_MS + 10_000))
        rows = data_of([talk.hear() for _ in range(20)])
    seq_ids = [row["seqId"] for row in rows]
    assert seq_ids == sorted(seq_ids)
    for _, group in groupby(rows, key=lambda row: row["ts"]):
        assert len({row["seqId"] for row in group}) == 1
