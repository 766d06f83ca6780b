"""Settled funding whose rows changed in the course of the years."""

from __future__ import annotations

from crypto_pipeline_tests.simulator.binance.market_of import FAPI, world

NOW = 1_739_190_870_000_000
HOUR_MS = 3_600_000


def test_funding_given_old_settlements_has_no_mark_price() -> None:
    first = 1_698_768_000_000
    query = f"symbol=BTCUSDT&startTime={first - 10 * HOUR_MS}&limit=3"
    marks = [row["markPrice"] for row in world().json(FAPI, f"/fapi/v1/fundingRate?{query}", NOW)]

    assert [bool(mark) for mark in marks] == [False, True, True]
