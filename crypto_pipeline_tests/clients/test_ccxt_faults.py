"""What ccxt.pro notices when an exchange's stream goes wrong, and that it finds its way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_pipeline_tests.clients.ccxt_markets import MARKETS, Market
from crypto_pipeline_tests.clients.comparisons import assert_book
from crypto_pipeline_tests.clients.scripts import running_script
from crypto_pipeline_tests.clients.steering import START, begin, run_until, stand_at
from crypto_pipeline_tests.simulated import SimulatorProcess

pytestmark = pytest.mark.timeout(900)

TEN_SECONDS = 10_000_000
"""In µs."""
CHECKED = [market for market in MARKETS if market.name in ("binance-spot", "binanceusdm-perp")]
CHECKED += [market for market in MARKETS if market.venue == "okx"]
UNCHECKED = [market for market in MARKETS if market.venue == "bybit"]


def errors_after_a_gap(venue: SimulatorProcess, market: Market, folder: Path) -> list[str]:
    """What ccxt raises after a frame of the book was left out; where it checks, it finds back."""
    venue.post_faults([])
    stand_at(venue, START)
    asked = {"endpoints": dict(venue.endpoints), "exchange": market.exchange}
    watch = {"symbol": market.symbol, "watch": [("watch_order_book", list[str]())]}
    with running_script("ccxt", "watch", {**asked, "config": {}, **watch}, folder) as script:
        minute = begin(venue, script, ("watch_order_book",))
        venue.post_faults([{"kind": "sequence_gap", "exchange": market.venue, "times": 1}])
        now = run_until(venue, minute + TEN_SECONDS)
        if market in CHECKED:
            script.until("errors", bool)
            now = run_until(venue, now + TEN_SECONDS)
            assert_book(script, market.expected(), now, 50)
        assert venue.faults()[0]["struck"] == 1
        return [str(error) for error in script.ask("errors")]


@pytest.mark.parametrize("market", CHECKED, ids=lambda market: market.name)
def test_sequence_gap_given_ccxt_checks_it_is_an_error_and_mended(
    venue: SimulatorProcess, market: Market, tmp_path: Path
) -> None:
    errors = errors_after_a_gap(venue, market, tmp_path)

    wanted = "InvalidNonce" if market.venue == "okx" else "ChecksumError"
    assert [error.split(":")[0] for error in errors] == [wanted]


@pytest.mark.parametrize("market", UNCHECKED, ids=lambda market: market.name)
def test_sequence_gap_given_bybit_is_not_noticed_by_ccxt(
    venue: SimulatorProcess, market: Market, tmp_path: Path
) -> None:
    assert errors_after_a_gap(venue, market, tmp_path) == []
